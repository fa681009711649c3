//! Templates of an administrator.

use domain::{
    messages::{
        kind::{Channel, Kind},
        letter::{Letter, Proof, VerifyEmail},
        part::Part,
    },
    sentence::Language,
};
use proptest::prelude::*;
use templates::{Cause, Overrides, Rendered, Shape, original, samples::samples, variables};

use crate::{all_kinds, links, templates};

fn problems(kind: Kind, part: Part, source: &str) -> Vec<Cause> {
    let checked = templates().check(kind, Language::French, part, source);
    let problems = checked.err().unwrap_or_default();
    problems.into_iter().map(|problem| problem.cause).collect()
}

#[test]
fn a_template_that_is_right_is_previewed_with_every_sample() {
    let source = "<p>Bonjour {{ first_name }} ! Montant : {{ amount }}</p>{% if failed %}<p>Raté</p>{% endif %}";
    let checked = templates().check(Kind::PaymentResult, Language::French, Part::Html, source);
    let preview = checked.unwrap();
    assert_eq!(preview.texts.len(), 4);
    let failed = preview.texts.iter().filter(|text| text.contains("Raté"));
    assert_eq!(failed.count(), 1);
    assert!(preview.texts[0].starts_with("<!DOCTYPE html>"));
    assert!(preview.texts[0].contains("Bonjour Zoé\u{202f}!"));
}

#[test]
fn a_template_that_is_wrong_is_refused() {
    use Part::{Html, Sms, Subject, Text, Title};
    let missing = |name| Cause::Missing(name);
    let long = "a".repeat(91);
    let huge = "a".repeat(20_001);
    let costly = format!("{{{{ link }}}}{}", "{{ first_name }}".repeat(1_100));
    for (kind, part, source, cause) in [
        (
            Kind::VerifyEmail,
            Text,
            "Bonjour {{ first_name }}",
            missing("link"),
        ),
        (Kind::VerifyEmail, Html, "<p>Bonjour</p>", missing("link")),
        // Only where there is a name.
        (
            Kind::VerifyEmail,
            Text,
            "a{% if first_name %}{{ link }}{% endif %}",
            missing("link"),
        ),
        (Kind::PhoneCode, Sms, "Bonjour", missing("code")),
        (Kind::BookingReminder, Text, "{{ when }}", missing("offer")),
        (
            Kind::VerifyEmail,
            Text,
            "{{ link }} {{ code }}",
            Cause::UnknownVariable("code".into()),
        ),
        (
            Kind::VerifyEmail,
            Html,
            "<p>{{ link|safe }}</p>",
            Cause::Filter("link|safe".into()),
        ),
        (
            Kind::VerifyEmail,
            Html,
            "<script>",
            Cause::Markup("<script>".into()),
        ),
        (
            Kind::VerifyEmail,
            Subject,
            &long,
            Cause::TooLong { most_chars: 90 },
        ),
        (Kind::VerifyEmail, Subject, " \n ", Cause::Empty),
        (
            Kind::NewDevice,
            Title,
            "{% if device %}a{% endif %}",
            Cause::Empty,
        ),
        (Kind::VerifyEmail, Sms, "a", Cause::NoSuchPart),
        (
            Kind::VerifyEmail,
            Text,
            &huge,
            Cause::SourceTooLong { most_bytes: 20_000 },
        ),
        (
            Kind::VerifyEmail,
            Html,
            &format!("<p>{costly}</p>"),
            Cause::TooCostly,
        ),
    ] {
        let found = problems(kind, part, source);
        assert!(found.contains(&cause), "{kind:?}: {found:?}");
    }
    let found = problems(Kind::VerifyEmail, Text, "{% if first_name %}a");
    assert!(matches!(&found[..], [Cause::Syntax(_)]), "{found:?}");
    let found = problems(Kind::VerifyEmail, Text, "a{% endif %}");
    assert!(matches!(&found[..], [Cause::Syntax(_)]), "{found:?}");
}

/// Nested loops end by the engine's fuel, not by the reader's patience.
#[test]
fn nested_loops_are_refused_when_they_cost_too_much() {
    let names = ["a", "b", "c", "d", "e", "f"];
    let begin = names.map(|name| format!("{{% for {name} in paragraphs %}}"));
    let source = format!("{}x{}", begin.concat(), "{% endfor %}".repeat(names.len()));
    assert_eq!(
        problems(Kind::News, Part::Text, &source),
        [Cause::TooCostly]
    );
}

#[test]
fn an_administrators_template_is_used_in_its_language_only() {
    let mut overrides = Overrides::default();
    let (kind, part) = (Kind::BookingReminder, Part::Title);
    overrides.insert(
        kind,
        Language::French,
        part,
        "Ce soir, {{ partner }}".into(),
    );
    let (overridden, rejected) = templates().with(&overrides);
    assert_eq!(rejected, []);
    let title = |language| {
        let letter = &samples(kind, language)[0];
        let rendered = overridden.render(letter, language, Channel::Push, &links());
        match rendered.unwrap() {
            Rendered::Push(push) => push.title,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(title(Language::French), "Ce soir, Le Comptoir d’Oberkampf");
    assert_eq!(title(Language::English), "See you soon!");
}

/// A message must not fail because of a template that an older program accepted.
#[test]
fn a_stored_template_that_is_wrong_is_left_out_and_reported() {
    let (kind, part) = (Kind::PhoneCode, Part::Sms);
    let key = |language| (kind, language, part);
    let overrides: Overrides = [
        (key(Language::French), "Bonjour".to_owned()),
        (key(Language::English), "Code: {{ code }}".to_owned()),
    ]
    .into_iter()
    .collect();
    let (overridden, rejected) = templates().with(&overrides);
    assert_eq!(rejected.len(), 1);
    assert_eq!(rejected[0].language, Language::French);
    let text = |language| {
        let letter = &samples(kind, language)[0];
        match overridden.render(letter, language, Channel::Sms, &links()) {
            Ok(Rendered::Sms(sms)) => sms.text,
            other => panic!("{other:?}"),
        }
    };
    assert!(text(Language::French).starts_with("042317 est votre code"));
    assert_eq!(text(Language::English), "Code: 042317");
}

/// What the program itself sends passes what an administrator's templates must pass.
#[test]
fn the_programs_own_templates_pass() {
    for (kind, language) in all_kinds() {
        for part in Part::ALL {
            let Some(source) = original(kind, language, *part) else {
                assert!(!kind.has(*part), "{kind:?} {part:?}");
                continue;
            };
            let checked = templates().check(kind, language, *part, source);
            assert!(checked.is_ok(), "{kind:?} {part:?}: {:?}", checked.err());
        }
    }
}

/// Otherwise a template that was checked with one letter would fail with another.
#[test]
fn every_letter_of_a_kind_has_the_same_variables() {
    for kind in Kind::ALL {
        for (name, shape) in variables(*kind) {
            let source = match shape {
                Shape::Text | Shape::Link => format!("a{{{{ {name} }}}}"),
                Shape::Flag => format!("a{{% if {name} %}}b{{% endif %}}"),
                Shape::List => format!("a{{% for b in {name} %}}{{{{ b }}}}{{% endfor %}}"),
            };
            let mut parts = [Part::Text, Part::Sms, Part::Body].into_iter();
            let part = parts.find(|part| kind.has(*part)).unwrap();
            let found = problems(*kind, part, &source);
            let is_complete = |cause: &Cause| matches!(cause, Cause::Missing(_));
            assert!(found.iter().all(is_complete), "{kind:?} {name}: {found:?}");
        }
    }
}

/// What administrators may type, and what they may not.
const WORDS: [&str; 28] = [
    "{{ first_name }}",
    "{{ link }}",
    "{{link}}",
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "{",
    "}",
    "{% if first_name %}",
    "{% else %}",
    "{% endif %}",
    "{% for a in offer %}",
    "{% endfor %}",
    "|safe",
    " - ",
    "+",
    "<p>",
    "</p>",
    "<a href=\"{{ link }}\">",
    "</a>",
    "<strong>",
    "</strong>",
    "<",
    ">",
    "Bonjour ! ",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is typed is refused, or renders every letter and escapes its values.
    #[test]
    fn what_passes_the_check_is_harmless(words in prop::collection::vec(0..WORDS.len(), 1..8)) {
        let typed: String = words.into_iter().map(|at| WORDS[at]).collect();
        let source = format!("{typed}<p><a href=\"{{{{ link }}}}\">a</a></p>");
        let (kind, language, part) = (Kind::VerifyEmail, Language::French, Part::Html);
        let overrides = [((kind, language, part), source)].into_iter().collect();
        let (overridden, _) = templates().with(&overrides);
        let letter = Letter::VerifyEmail(VerifyEmail {
            first_name: "<script>{{ link }}".into(),
            token: Proof::new("t"),
        });
        let rendered = overridden.render(&letter, language, Channel::Email, &links());
        let Ok(Rendered::Email(email)) = rendered else {
            panic!("{rendered:?}");
        };
        prop_assert!(!email.html.contains("<script"));
        prop_assert!(email.html.contains("/verify-email?token=t"));
    }
}
