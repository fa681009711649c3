use std::collections::{HashMap, HashSet};

use encoding_rs::WINDOWS_1252;
use proptest::prelude::*;

use super::{
    Refused,
    lines::Line,
    plan::{Step, Stored},
    table::{COLUMNS, read},
};
use crate::{PartnerId, sentence::Language};

const NOW_MS: i64 = 1_790_000_000_000;

const FRENCH: &str = "kind;externalId;Name;Street;Postal code;City;Latitude;Longitude;establishment;Title;Category;Percentage;Valid from;Valid until;Conditions;active\n\
    etablissement;bar-1;Le Bar d’Élise;1 rue de Rivoli;75004;Paris;48,8566;2,3522;;;;;;;;\n\
    offre;menu;;;;;;;bar-1;Menu du midi;restaurant;20 %;01/01/2026;31/12/2026;\"Sur place\nHors boissons\";oui\n";

fn stored() -> Stored {
    Stored {
        partner: PartnerId::derive("partner", "1"),
        places: HashMap::new(),
        offers: HashMap::new(),
        open_offers: 0,
        seen: HashSet::new(),
    }
}

/// Plans a file and does it as an import does: establishments first. Gives the steps as the lines come.
fn import(stored: &mut Stored, file: &[u8]) -> Vec<Step> {
    stored.seen.clear();
    let records = read(file).unwrap_or_else(|refused| panic!("{refused:?}"));
    let lines = records
        .into_iter()
        .map(|record| record.cells.and_then(|cells| Line::read(&cells)));
    let mut numbered: Vec<_> = lines.enumerate().collect();
    numbered.sort_by_key(|(_, line)| matches!(line, Ok(Line::Offer { .. })));
    let mut steps: Vec<(usize, Step)> = numbered
        .into_iter()
        .map(|(number, line)| (number, step(stored, line)))
        .collect();
    steps.sort_by_key(|(number, _)| *number);
    steps.into_iter().map(|(_, step)| step).collect()
}

fn step(stored: &mut Stored, line: Result<Line, Refused>) -> Step {
    let step = match line {
        Ok(line) => stored.step(&line, NOW_MS),
        Err(refused) => Step::Refuse(refused),
    };
    match &step {
        Step::EditPlace { id, edit, .. } => {
            let after = edit.clone().apply(&stored.places[id]);
            stored.places.insert(id.clone(), after);
        }
        Step::EditOffer { id, edit, .. } => {
            let after = edit.clone().apply(&stored.offers[id], 0).unwrap();
            stored.offers.insert(id.clone(), after);
        }
        Step::AddPlace { .. } | Step::AddOffer(_) | Step::Nothing { .. } | Step::Refuse(_) => {}
    }
    stored.done(&step);
    step
}

fn code(step: &Step) -> &'static str {
    match step {
        Step::AddPlace { .. } | Step::AddOffer(_) => "CREATE",
        Step::EditPlace { .. } | Step::EditOffer { .. } => "UPDATE",
        Step::Nothing { .. } => "NONE",
        Step::Refuse(refused) => refused.code.as_str(),
    }
}

fn codes(file: &str) -> Vec<&'static str> {
    import(&mut stored(), file.as_bytes())
        .iter()
        .map(code)
        .collect()
}

#[test]
fn a_french_spreadsheet_makes_an_establishment_and_its_offer() {
    let mut stored = stored();
    let steps = import(&mut stored, FRENCH.as_bytes());
    let [Step::AddPlace { place, locate }, Step::AddOffer(offer)] = steps.as_slice() else {
        panic!("{steps:?}");
    };
    assert!(!locate);
    assert_eq!(
        (place.name.as_str(), place.location.lat),
        ("Le Bar d’Élise", 48.8566)
    );
    assert_eq!(
        (place.address.country.as_str(), &offer.establishment_id),
        ("FR", &place.id)
    );
    assert_eq!((offer.discount.percentage, offer.is_active), (20, true));
    assert_eq!(offer.conditions, ["Sur place", "Hors boissons"]);
    assert_eq!(offer.location, place.location);
}

#[test]
fn a_file_that_comes_again_changes_nothing_in_whatever_way_it_was_saved() {
    let mut stored = stored();
    import(&mut stored, FRENCH.as_bytes());
    let (windows, _, _) = WINDOWS_1252.encode(FRENCH);
    let utf_16: Vec<u8> = std::iter::once(0xfeff)
        .chain(FRENCH.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let marked = [&b"\xef\xbb\xbf"[..], FRENCH.as_bytes()].concat();
    let lines = FRENCH.replace('\n', "\r\n");
    let tabs = FRENCH.replace(';', "\t");
    for file in [
        FRENCH.as_bytes(),
        &windows,
        &utf_16,
        &marked,
        lines.as_bytes(),
        tabs.as_bytes(),
    ] {
        let steps = import(&mut stored, file);
        let did: Vec<_> = steps.iter().map(code).collect();
        assert_eq!(did, ["NONE", "NONE"]);
    }
}

#[test]
fn json_says_the_same_as_a_spreadsheet() {
    let mut stored = stored();
    import(&mut stored, FRENCH.as_bytes());
    let place = r#"{"kind":"establishment","externalId":"bar-1","name":"Le Bar d’Élise","street":"1 rue de Rivoli","postalCode":"75004","city":"Paris","latitude":48.8566,"longitude":2.3522}"#;
    let offer = r#"{"kind":"offer","externalId":"menu","establishment":"bar-1","title":"Menu du midi","category":"RESTAURANT","percentage":20,"validFrom":"2026-01-01","validUntil":"31/12/2026","conditions":["Sur place","Hors boissons"],"active":true}"#;
    for file in [format!("[{place},{offer}]"), format!("{place}\n{offer}\n")] {
        let steps = import(&mut stored, file.as_bytes());
        let did: Vec<_> = steps.iter().map(code).collect();
        assert_eq!(did, ["NONE", "NONE"], "{steps:?}");
    }
    assert_eq!(
        codes("[1, {\"colour\": \"red\"}]"),
        ["IMPORT_LINE_MALFORMED"; 2]
    );
}

#[test]
fn a_changed_line_says_which_fields_change() {
    let mut stored = stored();
    import(&mut stored, FRENCH.as_bytes());
    let changed = FRENCH.replace("20 %", "30").replace("75004", "75001");
    let steps = import(&mut stored, changed.as_bytes());
    let [
        Step::EditPlace { fields, locate, .. },
        Step::EditOffer {
            fields: of_offer, ..
        },
    ] = steps.as_slice()
    else {
        panic!("{steps:?}");
    };
    assert_eq!(
        (fields.as_slice(), of_offer.as_slice()),
        (&["address"][..], &["discount"][..])
    );
    // The line says where it is.
    assert_eq!(*locate, None);
}

#[test]
fn one_bad_line_refuses_itself_alone() {
    let lines = [
        "externalId;name;street;postalCode;city",
        "a;Bar A;1 rue;75001;Paris",
        ";Bar B;1 rue;75001;Paris",
        "c;B;1 rue;75001;Paris",
        "a;Bar A;1 rue;75001;Paris",
        "e;Bar E;1 rue",
        "f;Bar F;;75001;Paris",
        "g;Bar G;1 rue;75001;Paris",
        ";;;;",
    ];
    let expected = [
        "CREATE",
        "BAD_USER_INPUT",
        "BAD_USER_INPUT",
        "IMPORT_LINE_REPEATED",
        "IMPORT_LINE_MALFORMED",
        "BAD_USER_INPUT",
        "CREATE",
    ];
    assert_eq!(codes(&lines.join("\n")), expected);
}

#[test]
fn an_offer_needs_an_establishment_of_the_partner() {
    let header = "externalId;establishment;title;category;percentage;validFrom;validUntil\n";
    for (line, expected) in [
        (
            "a;nowhere;Menu;BAR;20;01/01/2026;31/12/2026",
            "ESTABLISHMENT_NOT_FOUND",
        ),
        ("a;;Menu;BAR;20;01/01/2026;31/12/2026", "BAD_USER_INPUT"),
        (
            "a;nowhere;Menu;PUB;20;01/01/2026;31/12/2026",
            "BAD_USER_INPUT",
        ),
        (
            "a;nowhere;Menu;BAR;120;01/01/2026;31/12/2026",
            "BAD_USER_INPUT",
        ),
        (
            "a;nowhere;Menu;BAR;20;32/01/2026;31/12/2026",
            "BAD_USER_INPUT",
        ),
    ] {
        assert_eq!(codes(&format!("{header}{line}")), [expected], "{line}");
    }
}

#[test]
fn a_discount_is_what_its_filled_cells_say() {
    let header = "externalId;establishment;title;category;percentage;discountKind;amount;price;original;item;validFrom;validUntil\n";
    for (cells, expected) in [
        ("20;;;;;", Ok((20, None))),
        (";;5,00;;20;", Ok((25, Some("AMOUNT")))),
        (";;;9,90;;", Ok((0, Some("FIXED_PRICE")))),
        (";;;;;Un café", Ok((0, Some("FREE_ITEM")))),
        (";TWO_FOR_ONE;;;;", Ok((50, Some("TWO_FOR_ONE")))),
        ("20;TWO_FOR_ONE;;;;", Err("percentage")),
        (";;;;;", Err("percentage")),
        (";HALF;;;;", Err("discountKind")),
    ] {
        let mut stored = stored();
        import(&mut stored, FRENCH.as_bytes());
        let file = format!("{header}x;bar-1;Menu;BAR;{cells};01/01/2026;31/12/2026");
        let steps = import(&mut stored, file.as_bytes());
        match (&steps[0], expected) {
            (Step::AddOffer(offer), Ok((percentage, kind))) => {
                let terms = offer
                    .discount
                    .terms
                    .as_ref()
                    .map(|terms| terms.kind().as_str());
                assert_eq!(
                    (offer.discount.percentage, terms),
                    (percentage, kind),
                    "{cells}"
                );
            }
            (Step::Refuse(refused), Err(column)) => {
                let text = refused.why.text(Language::English);
                assert!(text.contains(&format!("`{column}`")), "{text}");
            }
            (step, _) => panic!("{cells}: {step:?}"),
        }
    }
}

#[test]
fn a_quota_below_what_is_booked_has_the_code_that_it_has_in_the_portal() {
    let mut stored = stored();
    import(&mut stored, FRENCH.as_bytes());
    let header = "kind;externalId;establishment;quota\n";
    import(
        &mut stored,
        format!("{header}offer;menu;bar-1;10").as_bytes(),
    );
    let offer = stored.offers.values_mut().next().unwrap();
    offer.quota.as_mut().unwrap().remaining = 7;
    for (quota, expected) in [(2, "QUOTA_BELOW_BOOKED"), (3, "UPDATE")] {
        let steps = import(
            &mut stored,
            format!("{header}offer;menu;bar-1;{quota}").as_bytes(),
        );
        assert_eq!(code(&steps[0]), expected, "{quota}");
    }
}

#[test]
fn an_empty_cell_leaves_an_offer_active_or_not() {
    let mut stored = stored();
    import(&mut stored, FRENCH.as_bytes());
    let header = "kind;externalId;establishment;active\n";
    for (cell, expected) in [
        ("", "NONE"),
        ("non", "UPDATE"),
        ("", "NONE"),
        ("oui", "UPDATE"),
    ] {
        let steps = import(
            &mut stored,
            format!("{header}offer;menu;bar-1;{cell}").as_bytes(),
        );
        assert_eq!(code(&steps[0]), expected, "{cell}");
    }
}

#[test]
fn a_message_names_every_wrong_cell_in_both_languages() {
    let steps = import(
        &mut stored(),
        b"externalId;name;street;postalCode;city;email\na;B;1 rue;75001;Paris;nobody",
    );
    let Step::Refuse(refused) = &steps[0] else {
        panic!("{steps:?}");
    };
    for language in [Language::French, Language::English] {
        let text = refused.why.text(language);
        assert!(
            text.contains("`name`") && text.contains("`email`"),
            "{text}"
        );
    }
}

#[test]
fn a_file_that_is_no_table_is_refused_as_a_whole() {
    for file in [
        "",
        "name;city\na;b",
        "externalId;colour\na;b",
        "externalId;externalId\na;b",
        "{\"externalId\": ",
    ] {
        let refused = read(file.as_bytes()).unwrap_err();
        assert_eq!(refused.code.as_str(), "IMPORT_UNREADABLE", "{file}");
    }
    let long = format!("externalId\n{}", "a\n".repeat(super::MAX_LINES + 1));
    assert!(read(long.as_bytes()).is_err());
}

#[test]
fn an_unclosed_quote_refuses_the_line_that_opened_it() {
    let file = "externalId;name;street;postalCode;city\na;Bar A;1 rue;75001;Paris\nb;\"Bar B;1 rue;75001;Paris\nc;Bar C;1 rue;75001;Paris";
    assert_eq!(codes(file), ["CREATE", "IMPORT_LINE_MALFORMED"]);
}

#[test]
fn a_column_that_is_not_there_keeps_what_is_stored_and_an_empty_cell_clears_it() {
    let mut stored = stored();
    let whole = "externalId;name;street;postalCode;city;latitude;longitude;phone\na;Bar A;1 rue;75001;Paris;48,8;2,3;01 23 45 67 89";
    import(&mut stored, whole.as_bytes());
    let without = "externalId;name\na;Bar A";
    assert_eq!(
        import(&mut stored, without.as_bytes())
            .iter()
            .map(code)
            .collect::<Vec<_>>(),
        ["NONE"]
    );
    let steps = import(&mut stored, b"externalId;name;phone\na;Bar A;");
    assert!(
        matches!(&steps[0], Step::EditPlace { fields, .. } if *fields == ["phone"]),
        "{steps:?}"
    );
}

#[test]
fn a_translation_comes_with_its_own_columns() {
    let mut stored = stored();
    let file = FRENCH
        .replacen(";active", ";active;titleEn;descriptionEn", 1)
        .replacen(
            "Paris;48,8566;2,3522;;;;;;;;",
            "Paris;48,8566;2,3522;;;;;;;;;;",
            1,
        )
        .replacen(";oui", ";oui;Lunch menu;Every day", 1);
    let steps = import(&mut stored, file.as_bytes());
    let Step::AddOffer(offer) = &steps[1] else {
        panic!("{steps:?}");
    };
    assert_eq!(offer.wording.translations[0].title, "Lunch menu");
}

proptest! {
    /// Whatever a file says, importing it twice is importing it once.
    #[test]
    fn twice_is_once(rows in proptest::collection::vec(
        (0..4_u8, 0..3_u8, "[a-zé ]{0,12}", prop_oneof![Just(""), Just("20"), Just("7,5"), Just("x")]), 0..12)) {
        let mut file = "kind;externalId;establishment;name;street;postalCode;city;latitude;longitude;title;category;percentage;validFrom;validUntil\n".to_owned();
        for (id, kind, text, number) in rows {
            let line = match kind {
                0 => format!("establishment;{id};;Bar {text};1 rue {text};7500{id};Paris;48,8;2,3;;;;;"),
                1 => format!("offer;{id};{id};;;;;;;Menu {text};BAR;{number};01/01/2026;31/12/2026"),
                _ => format!("{text};{id};;;;;;;;;;;;"),
            };
            file.push_str(&line);
            file.push('\n');
        }
        let mut stored = stored();
        let first = import(&mut stored, file.as_bytes());
        let (places, offers) = (stored.places.clone(), stored.offers.clone());
        let second = import(&mut stored, file.as_bytes());
        prop_assert_eq!((&stored.places, &stored.offers), (&places, &offers));
        for (first, second) in first.iter().zip(&second) {
            match code(first) {
                "CREATE" | "UPDATE" | "NONE" => prop_assert_eq!(code(second), "NONE"),
                refused => prop_assert_eq!(code(second), refused),
            }
        }
    }

    #[test]
    fn no_file_makes_it_panic(file in proptest::collection::vec(any::<u8>(), 0..300), header in 0..40_usize) {
        let columns = COLUMNS[..header.min(COLUMNS.len())].join(";");
        let file = [columns.as_bytes(), b"\n", &file].concat();
        if read(&file).is_ok() {
            import(&mut stored(), &file);
        }
    }
}

#[test]
fn a_column_says_how_many_may_come_together() {
    let mut stored = stored();
    import(&mut stored, FRENCH.as_bytes());
    let header = "kind;externalId;establishment;title;category;percentage;validFrom;validUntil;\
        Max party size\n";
    let most = |cell: &str| {
        format!(
            "{header}offre;menu;bar-1;Menu du midi;restaurant;20 %;01/01/2026;31/12/2026;{cell}\n"
        )
    };
    for (cell, expected, party) in [
        ("4", "UPDATE", Some(4)),
        ("4", "NONE", Some(4)),
        ("51", "BAD_USER_INPUT", Some(4)),
        ("0", "BAD_USER_INPUT", Some(4)),
        ("", "UPDATE", None),
    ] {
        let steps = import(&mut stored, most(cell).as_bytes());
        let did: Vec<_> = steps.iter().map(code).collect();
        let now: Vec<_> = stored.offers.values().collect();
        assert_eq!(
            (did.as_slice(), now[0].limits.party),
            (&[expected][..], party),
            "{cell}"
        );
    }
}
