//! The crate from outside: every template with sample letters, hostile ones, and an administrator's.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod hostile;
mod overriding;
mod shown;
mod sms;

use std::sync::LazyLock;

use domain::{
    messages::{
        kind::{Channel, Kind},
        letter::Letter,
    },
    sentence::Language,
};
use templates::{EmailText, Links, Rendered, ShortText, SmsText, Templates};

static TEMPLATES: LazyLock<Templates> = LazyLock::new(|| Templates::new().unwrap());

fn templates() -> Templates {
    TEMPLATES.clone()
}

fn links() -> Links {
    Links::new(
        "https://www.yousoon.example",
        "https://partner.yousoon.example",
    )
    .unwrap()
}

fn render(letter: &Letter, language: Language, channel: Channel) -> Rendered {
    let rendered = templates().render(letter, language, channel, &links());
    rendered.unwrap()
}

fn email(letter: &Letter, language: Language) -> EmailText {
    match render(letter, language, Channel::Email) {
        Rendered::Email(email) => email,
        other => panic!("{other:?}"),
    }
}

fn sms(letter: &Letter, language: Language) -> SmsText {
    match render(letter, language, Channel::Sms) {
        Rendered::Sms(sms) => sms,
        other => panic!("{other:?}"),
    }
}

fn push(letter: &Letter, language: Language) -> ShortText {
    match render(letter, language, Channel::Push) {
        Rendered::Push(push) => push,
        other => panic!("{other:?}"),
    }
}

/// What the e-mail's HTML says, without the layout around it.
fn content(html: &str) -> &str {
    let from = html.find("Yousoon</p>\n").unwrap() + "Yousoon</p>\n".len();
    let until = html.find("\n</td></tr>\n<tr><td class=\"foot\"").unwrap();
    &html[from..until]
}

/// Everything that is sent for a letter, in one text.
fn all_parts(letter: &Letter, language: Language) -> String {
    let channels = letter.kind().channels();
    let mut parts = Vec::new();
    let mut add = |name: &str, text: &str| parts.push(format!("--- {name}\n{text}\n"));
    if channels.contains(&Channel::Email) {
        let email = email(letter, language);
        add("subject", &email.subject);
        add("text", &email.text);
        add("html", content(&email.html));
    }
    if channels.contains(&Channel::Sms) {
        add("sms", &sms(letter, language).text);
    }
    if channels.contains(&Channel::Push) {
        let push = push(letter, language);
        add("title", &push.title);
        add("body", &push.body);
        add("link", push.link.as_deref().unwrap_or("none"));
    }
    parts.concat()
}

fn all_kinds() -> impl Iterator<Item = (Kind, Language)> {
    let kinds = Kind::ALL.iter();
    kinds.flat_map(|kind| {
        let languages = Language::ALL.iter();
        languages.map(|language| (*kind, *language))
    })
}
