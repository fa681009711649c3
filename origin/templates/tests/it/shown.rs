//! Every text as people get it.

use domain::{
    messages::{kind::Channel, kind::Kind, letter::Letter},
    sentence::Language,
};
use templates::{TemplateError, samples::samples};

use crate::{all_kinds, all_parts, email, links, push, render, templates};

#[test]
fn every_text_is_as_its_snapshot() {
    for (kind, language) in all_kinds() {
        let letters = samples(kind, language);
        let texts: Vec<String> = letters
            .iter()
            .enumerate()
            .map(|(at, letter)| format!("===== letter {at}\n{}", all_parts(letter, language)))
            .collect();
        let name = format!("{}_{}", kind.as_str(), language.as_str());
        insta::assert_snapshot!(name, texts.join("\n"));
    }
}

#[test]
fn the_layout_is_as_its_snapshot() {
    for language in Language::ALL {
        let letter = &samples(Kind::News, *language)[0];
        let name = format!("layout_{}", language.as_str());
        insta::assert_snapshot!(name, email(letter, *language).html);
    }
}

#[test]
fn a_letter_has_no_text_for_a_channel_that_its_kind_does_not_use() {
    let code = &samples(Kind::PhoneCode, Language::French)[0];
    let refused = templates().render(code, Language::French, Channel::Email, &links());
    assert!(matches!(refused, Err(TemplateError::NoChannel { .. })));
}

#[test]
fn the_inbox_shows_what_a_push_says() {
    let letter = &samples(Kind::BookingConfirmed, Language::French)[0];
    let inbox = match render(letter, Language::French, Channel::Inbox) {
        templates::Rendered::Inbox(text) => text,
        other => panic!("{other:?}"),
    };
    assert_eq!(inbox, push(letter, Language::French));
}

#[test]
fn only_what_can_be_switched_off_has_an_address_to_unsubscribe() {
    let address = "https://api.yousoon.example/unsubscribe?t=abc&k=1";
    let with = links().with_unsubscribe(address).unwrap();
    for (kind, language) in
        all_kinds().filter(|(kind, _)| kind.channels().contains(&Channel::Email))
    {
        let letter = &samples(kind, language)[0];
        let rendered = templates().render(letter, language, Channel::Email, &with);
        let templates::Rendered::Email(email) = rendered.unwrap() else {
            panic!("not an e-mail");
        };
        assert_eq!(email.unsubscribe.is_some(), kind.can_be_switched_off());
        let is_shown = email.html.contains("unsubscribe?t=abc&amp;k=1");
        assert_eq!(is_shown, kind.needs_consent(Channel::Email), "{kind:?}");
        assert_eq!(email.text.contains(address), is_shown, "{kind:?}");
        let sent = email.to("a@b.example".into());
        assert_eq!(sent.to, "a@b.example");
    }
}

/// In French a space before these signs does not break, and there is one.
#[test]
fn french_is_spaced_as_it_is_printed() {
    for kind in Kind::ALL {
        for letter in samples(*kind, Language::French) {
            let all = all_parts(&letter, Language::French);
            for line in visible(&all)
                .lines()
                .filter(|line| !line.starts_with("---"))
            {
                for word in line.split(' ').filter(|word| !word.contains("://")) {
                    assert!(!word.starts_with([':', ';', '!', '?', '»']), "{line}");
                    assert!(!word.contains('\''), "{line}");
                }
                assert!(!line.contains("« "), "{line}");
            }
        }
    }
}

/// Without tags, and without the SMS, whose alphabet has no narrow spaces.
fn visible(parts: &str) -> String {
    let mut visible = String::new();
    let mut rest = parts;
    while let Some((text, after)) = rest.split_once('<') {
        visible.push_str(text);
        rest = after.split_once('>').map_or("", |(_, rest)| rest);
    }
    visible.push_str(rest);
    match (visible.find("--- sms"), visible.find("--- title")) {
        (Some(from), Some(until)) => visible.replace_range(from..until, ""),
        (Some(from), None) => visible.truncate(from),
        (None, _) => {}
    }
    visible
}

#[test]
fn no_code_and_no_token_is_printed() {
    for (kind, language) in all_kinds() {
        for letter in samples(kind, language) {
            let token = match &letter {
                Letter::VerifyEmail(letter) => &letter.token,
                Letter::ResetPassword(letter) => &letter.token,
                Letter::Invitation(letter) => &letter.token,
                Letter::ChangeEmail(letter) => &letter.token,
                Letter::EmailChanged(letter) => &letter.token,
                Letter::PhoneCode(letter) => &letter.code,
                _ => continue,
            };
            let channel = kind.channels()[0];
            let rendered = render(&letter, language, channel);
            let printed = format!("{rendered:?} {letter:?}");
            assert!(!printed.contains(token.expose()), "{printed}");
        }
    }
}

/// A file that no template uses would be edited in vain.
#[test]
fn there_is_no_other_file() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/files");
    let mut files = 0;
    let mut folders = vec![std::path::PathBuf::from(root)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files += 1;
            }
        }
    }
    let parts = |kind: &Kind| {
        let parts = domain::messages::part::Part::ALL.iter();
        parts.filter(|part| kind.has(**part)).count()
    };
    let expected: usize = Kind::ALL.iter().map(parts).sum();
    // The footers and the layout.
    assert_eq!(files, 2 * (expected + 2) + 1);
}
