//! Templates of an administrator.

use domain::{
    messages::{
        kind::{Channel, Kind},
        part::Part,
    },
    sentence::Language,
};
use templates::{Cause, Overrides, Rendered, samples::samples};

use crate::{links, templates};

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
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/files");
    let file = |part| match part {
        Part::Subject => "subject.txt",
        Part::Text => "body.txt",
        Part::Html => "body.html",
        Part::Sms => "sms.txt",
        Part::Title => "push_title.txt",
        Part::Body => "push_body.txt",
    };
    for kind in Kind::ALL {
        for language in Language::ALL {
            for part in Part::ALL.iter().filter(|part| kind.has(**part)) {
                let (kind_word, language_word) = (kind.as_str(), language.as_str());
                let path = format!("{root}/{kind_word}/{language_word}/{}", file(*part));
                let source = std::fs::read_to_string(&path).unwrap();
                let checked = templates().check(*kind, *language, *part, &source);
                assert!(checked.is_ok(), "{path}: {:?}", checked.err());
            }
        }
    }
}
