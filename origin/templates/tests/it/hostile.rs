//! Letters whose values try to be more than values.

use domain::{
    messages::{
        kind::{Channel, Kind},
        letter::Letter,
    },
    sentence::Language,
};
use proptest::prelude::*;
use templates::samples::samples;

use crate::{all_kinds, all_parts, content, email, push, sms};

const MARKUP: &str = "<b>x</b>\r\nBcc: a@b";
const TEMPLATE: &str = "{{ link }}{% if x %}\"'&amp;|safe";
const RTL: &str = "דנה \u{202e}evil\u{202c} سارة";
const EMOJI: &str = "👩\u{200d}🚀🍻";

/// The letter with this text wherever somebody typed one.
fn with_text(letter: &Letter, text: &str) -> Letter {
    let mut letter = letter.clone();
    let typed = text.to_owned();
    match &mut letter {
        Letter::VerifyEmail(l) => l.first_name = typed,
        Letter::ResetPassword(l) => l.first_name = typed,
        Letter::EmailChanged(l) => l.first_name = typed,
        Letter::PhoneCode(_) | Letter::ChangeEmail(_) => {}
        Letter::Invitation(l) => l.partner = typed,
        Letter::NewDevice(l) => {
            (l.first_name, l.device) = (typed.clone(), Some(typed));
        }
        Letter::BookingConfirmed(l) => {
            l.first_name.clone_from(&typed);
            fill(&mut l.booking, &typed);
        }
        Letter::BookingToConfirm(l) => {
            l.guest.clone_from(&typed);
            fill(&mut l.booking, &typed);
        }
        Letter::BookingReminder(l) => {
            l.first_name.clone_from(&typed);
            fill(&mut l.booking, &typed);
        }
        Letter::BookingCancelledByVenue(l) => {
            l.first_name.clone_from(&typed);
            l.reason = Some(typed.clone());
            fill(&mut l.booking, &typed);
        }
        Letter::BookingExpired(l) => {
            l.first_name.clone_from(&typed);
            fill(&mut l.booking, &typed);
        }
        Letter::FavouritePartnerOffer(l) => {
            l.first_name.clone_from(&typed);
            (l.offer.title, l.offer.partner) = (typed.clone(), typed);
        }
        Letter::FavouriteEndsSoon(l) => {
            l.first_name.clone_from(&typed);
            (l.offer.title, l.offer.partner) = (typed.clone(), typed);
        }
        Letter::IdentityResult(l) => l.first_name = typed,
        Letter::PaymentResult(l) => {
            l.first_name.clone_from(&typed);
            (l.offer, l.partner) = (typed.clone(), typed);
        }
        Letter::PaymentDisputed(l) => {
            l.first_name.clone_from(&typed);
            l.offer = typed;
        }
        Letter::ReviewRequest(l) => {
            l.first_name.clone_from(&typed);
            fill(&mut l.booking, &typed);
        }
        Letter::ReviewReplied(l) => {
            l.first_name.clone_from(&typed);
            l.partner = typed;
        }
        Letter::ReviewRemoved(l) => {
            l.first_name.clone_from(&typed);
            (l.partner, l.reason) = (typed.clone(), typed);
        }
        Letter::PartnerReviewed(l) => {
            l.first_name.clone_from(&typed);
            l.partner.clone_from(&typed);
            l.reason = Some(typed);
        }
        Letter::ReviewContestAnswered(l) => {
            l.first_name.clone_from(&typed);
            (l.partner, l.answer) = (typed.clone(), Some(typed));
        }
        Letter::News(l) => {
            l.first_name.clone_from(&typed);
            l.title.clone_from(&typed);
            l.paragraphs = vec![typed.clone()];
            l.path = Some(typed);
        }
    }
    letter
}

fn fill(booking: &mut domain::messages::letter::BookingDetails, text: &str) {
    text.clone_into(&mut booking.offer);
    text.clone_into(&mut booking.partner);
    booking.address = Some(text.to_owned());
}

fn first(kind: Kind, language: Language) -> Letter {
    samples(kind, language).swap_remove(0)
}

#[test]
fn hostile_texts_are_as_their_snapshots() {
    for kind in Kind::ALL {
        let letter = first(*kind, Language::French);
        let texts = [MARKUP, TEMPLATE, RTL, EMOJI]
            .map(|text| all_parts(&with_text(&letter, text), Language::French));
        insta::assert_snapshot!(
            format!("hostile_{}", kind.as_str()),
            texts.join("\n=====\n")
        );
    }
}

/// The names of all tags, in order.
fn tags(html: &str) -> Vec<&str> {
    let tags = html.split('<').skip(1);
    tags.map(|tag| tag.split(['>', ' ']).next().unwrap_or_default())
        .collect()
}

/// Asserts what must hold whatever the values say.
fn assert_harmless(letter: &Letter, plain: &Letter, language: Language) {
    let channels = letter.kind().channels();
    if channels.contains(&Channel::Email) {
        let (email, plain) = (email(letter, language), email(plain, language));
        assert!(
            !email.subject.contains(char::is_control),
            "{:?}",
            email.subject
        );
        assert!(email.subject.chars().count() <= 90);
        assert_eq!(tags(content(&email.html)), tags(content(&plain.html)));
        assert_eq!(
            email.text.lines().count(),
            plain.text.lines().count(),
            "{}",
            email.text
        );
    }
    if channels.contains(&Channel::Sms) {
        let text = sms(letter, language).text;
        assert!(!text.contains(char::is_control), "{text:?}");
    }
    if channels.contains(&Channel::Push) {
        let push = push(letter, language);
        assert!(!push.title.contains(char::is_control), "{:?}", push.title);
        assert!(!push.body.contains(char::is_control), "{:?}", push.body);
        assert!(push.title.chars().count() <= 50 && push.body.chars().count() <= 150);
        let link = push.link.unwrap();
        assert!(
            link.starts_with("https://www.yousoon.example/")
                || link.starts_with("https://partner.yousoon.example/"),
            "{link}"
        );
        assert!(link.bytes().all(|b| b.is_ascii_graphic()), "{link}");
    }
}

#[test]
fn values_are_never_markup_lines_or_templates() {
    for (kind, language) in all_kinds() {
        let letter = first(kind, language);
        let plain = with_text(&letter, "Plain");
        for text in [
            MARKUP,
            TEMPLATE,
            RTL,
            EMOJI,
            "\u{301}a",
            "é".repeat(10_000).as_str(),
        ] {
            assert_harmless(&with_text(&letter, text), &plain, language);
        }
    }
}

/// Anybody can ask for this message to an address of somebody else.
#[test]
fn a_name_does_not_bring_a_link_into_a_message() {
    let letter = first(Kind::VerifyEmail, Language::French);
    let spam = with_text(&letter, "Gagnez 1000 € sur https://evil.example");
    let email = email(&spam, Language::French);
    assert!(!email.html.contains("evil") && !email.text.contains("evil"));
    assert!(email.text.starts_with("Bonjour,\n"), "{}", email.text);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_value_is_harmless(text in "\\PC*|[\\s<>&\"'{}%a.\u{202e}\r\n\u{0}]{0,40}", at in 0..Kind::ALL.len()) {
        let kind = Kind::ALL[at];
        let letter = first(kind, Language::French);
        // An empty value takes other branches; so does a name that is left out because it has a
        // domain.
        let text = format!("x{}", text.replace(['.', ':', '。', '．'], "_"));
        assert_harmless(&with_text(&letter, &text), &with_text(&letter, "Plain"), Language::French);
    }
}
