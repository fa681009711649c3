use std::fmt::Write as _;

use encoding_rs::WINDOWS_1252;
use proptest::prelude::*;

use super::*;

const NOW_MS: i64 = 1_790_000_000_000;
const LINES: [&str; 4] = [
    "RESTAURANT,crepe,48.858246,2.309831,du Gros-Caillou,75007",
    "BAR,,48.859386,2.348953,des Champs-Élysées,75004",
    "BAR,,48.859386,2.348953,des Champs-Élysées,75004",
    "RESTAURANT,,48.8,2.3,,",
];

fn file(lines: &[&str]) -> String {
    format!("{}\n{}\n", HEADER.join(","), lines.join("\n"))
}

fn read(file: impl AsRef<[u8]>) -> Places {
    Places::read(file.as_ref()).expect("the header is right")
}

fn bad_lines(read: &Places) -> Vec<(u64, &str)> {
    let lines = read.bad_lines.iter();
    lines.map(|(line, why)| (*line, why.as_str())).collect()
}

#[test]
fn bad_lines_are_reported_and_the_rest_is_read() {
    let mut bytes = file(&[
        LINES[1],
        "DISCO,,48.8,2.3,x,75001",
        "BAR,,98.8,2.3,x,75001",
        "",
        "BAR,,48.8,2.3,x",
        "BAR,,48.8,2.3,\u{1},75001",
        "BAR,,north,2.3,x,75001",
        "BAR,,48.8,NaN,x,75001",
        LINES[0],
    ])
    .into_bytes();
    for byte in &mut bytes {
        if *byte == 1 {
            *byte = 0xff;
        }
    }
    let read = read(bytes);
    assert_eq!((read.places.len(), read.left_out()), (2, 6));
    assert_eq!(read.format.encoding, "UTF-8", "one line is wrong, not all");
    assert_eq!(
        bad_lines(&read),
        [
            (3, "unknown category `DISCO`"),
            (4, "latitude 98.8 is out of range"),
            (6, "5 columns instead of 6"),
            (7, "not UTF-8"),
            (8, "latitude `north` is not a number"),
            (9, "longitude NaN is out of range"),
        ]
    );
}

/// D1.
#[test]
fn a_quote_that_is_not_closed_is_named_with_the_lines_that_it_swallows() {
    let mut lines = vec![LINES[0]; 199];
    for (line, bad, why) in [
        (
            3,
            "BAR,\"pub,48.8,2.3,x,75001",
            "a quote that is opened on this line is not closed on it: it swallows 197 lines, up to line 200",
        ),
        // With the rest of the file in its last column it would be a valid place.
        (
            199,
            "BAR,,48.8,2.3,x,\"75001",
            "a quote that is opened on this line is not closed on it: it swallows 1 line, up to line 200",
        ),
    ] {
        lines.fill(LINES[0]);
        lines[line - 2] = bad;
        for text in [
            file(&lines),
            file(&lines).trim_end().to_owned(),
            file(&lines).replace('\n', "\r\n"),
            file(&lines).replace('\n', "\r"),
        ] {
            let read = read(text);
            assert_eq!(bad_lines(&read), [(line as u64, why)]);
            assert_eq!(read.places.len(), line - 2);
            assert_eq!(read.left_out(), 201 - line as u64);
        }
    }
    // The last line swallows nothing, but the file ends in it: the rest may not have arrived.
    for cut in ["BAR,,48.8,2.3,\"x,75001", "BAR,,48.8,2.3,x,\"75001"] {
        let last = read(file(&[LINES[0], cut]).trim_end());
        let why = "a quote that is opened on this line is not closed: the file ends there";
        assert_eq!(bad_lines(&last), [(3, why)], "{cut}");
    }
    let inches = read(file(&[LINES[0], "BAR,,48.8,2.3,x,75\""]).trim_end());
    assert_eq!(inches.places.len(), 2);
    // A quote further down closes it, and what follows is read.
    let closed = ["", "BAR,\"pub,48.8,2.3,x,75001", LINES[0], "\"", LINES[0]];
    let closed = read(file(&closed));
    assert_eq!((closed.places.len(), closed.swallowed_lines), (1, 2));
    assert_eq!(closed.bad_lines[0].0, 3);
}

/// D2.
#[test]
fn what_spreadsheets_save_is_read_to_the_same_rows() {
    let plain = read(file(&LINES));
    assert_eq!((plain.places.len(), plain.left_out()), (4, 0));
    let french = file(&LINES).replace('.', "\u{1}").replace(',', ";");
    let french = french.replace('\u{1}', ",").replace('\n', "\r\n");
    let utf_16 = |text: &str| -> Vec<u8> {
        let units = "\u{feff}".encode_utf16().chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect()
    };
    let cases: [(Vec<u8>, &str); 6] = [
        (french.clone().into(), "UTF-8 separated by `;`"),
        (format!("\u{feff}{french}").into(), "UTF-8 separated by `;`"),
        (
            WINDOWS_1252.encode(&french).0.into_owned(),
            "windows-1252 separated by `;`",
        ),
        (
            utf_16(&french.replace(';', "\t")),
            "UTF-16LE separated by tabs",
        ),
        (
            file(&LINES).replace('\n', "\r").into(),
            "UTF-8 separated by `,`",
        ),
        (
            file(&LINES).replace(',', "|").into(),
            "UTF-8 separated by `|`",
        ),
    ];
    for (bytes, format) in cases {
        let read = read(bytes);
        assert_eq!(read.format.to_string(), format);
        assert_eq!(read.places, plain.places, "{format}");
        assert_eq!(bad_lines(&read), [], "{format}");
    }
}

/// D2.
#[test]
fn another_header_is_refused_with_how_it_was_read() {
    for (bytes, refusal) in [
        (
            &b"lat;lng\n1;2\n"[..],
            "read as UTF-8 separated by `;`, it is `lat;lng`",
        ),
        (
            b"cat\xe9gorie;cuisine\r\nBAR;x",
            "read as windows-1252 separated by `;`, it is `catégorie;cuisine`",
        ),
        (b"", "read as UTF-8 separated by `,`, it is ``"),
    ] {
        let error = Places::read(bytes).expect_err("refused").to_string();
        assert!(error.ends_with(refusal), "{error}");
        assert!(error.contains("category,cuisine,latitude"), "{error}");
    }
}

#[test]
fn a_line_always_gives_the_same_rows() {
    let places = read(file(&LINES)).places;
    let family = places[0].family(NOW_MS);
    assert_eq!(family, places[0].family(NOW_MS));
    let Family {
        partner,
        establishments,
        offers,
    } = family;
    let (place, offer) = (&establishments[0], &offers[0]);
    assert!(partner.name.starts_with("Crêperie "), "{}", partner.name);
    assert!(place.name.ends_with("(Gros-Caillou)"), "{}", place.name);
    assert!(offer.is_active && offer.valid_from_ms <= NOW_MS && NOW_MS < offer.valid_until_ms);
    assert_ne!(
        places[1].family(NOW_MS).offers[0].id,
        places[2].family(NOW_MS).offers[0].id
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Every line is a place or left out, whatever the quotes do.
    #[test]
    fn no_line_is_lost(lines in prop::collection::vec("[A\",;\n\r é]{0,12}", 0..12)) {
        let mut text = file(&[LINES[1]]);
        for line in &lines {
            let _ = writeln!(text, "{line}");
        }
        let read = read(&text);
        let normal = text.replace("\r\n", "\n").replace('\r', "\n");
        let given = normal.lines().skip(1).filter(|line| !line.is_empty()).count() as u64;
        let found = read.places.len() as u64 + read.left_out();
        // Blank lines within a quote are swallowed too.
        prop_assert!(found >= given && read.places.len() == 1, "{read:?}");
    }
}
