//! Validates what guests, partners and administrators write.

use super::review::Stars;
use crate::{
    broken::{BrokenField, BrokenRule, Rule},
    messages::letter::ReviewRemoved,
    texts::{self, line},
};

const MOST_CHARS: usize = 2_000;
const MOST_REASON_CHARS: usize = ReviewRemoved::MOST_REASON_CHARS;

const STARS: Rule = Rule::new("STARS", "est de 1 à 5", "is 1 to 5");
const TEXT: Rule = Rule::new(
    "REVIEW_TEXT",
    "compte au plus 2000 caractères, sans lien ni caractère de contrôle",
    "has at most 2000 characters, without links and control characters",
);
const REPLY: Rule = Rule::new(
    "REPLY_TEXT",
    "compte de 1 à 2000 caractères, sans lien ni caractère de contrôle",
    "has 1 to 2000 characters, without links and control characters",
);
const CONTEST: Rule = Rule::new(
    "CONTEST_TEXT",
    "compte de 1 à 2000 caractères, sans caractère de contrôle",
    "has 1 to 2000 characters, without control characters",
);
const REASON: Rule = Rule::new(
    "LINE_LENGTH",
    "compte de 3 à 500 caractères sur une ligne",
    "has 3 to 500 characters on one line",
);

/// A review, or every rule that it breaks.
pub fn review(
    number: i32,
    given: Option<&str>,
) -> Result<(Stars, Option<String>), Vec<BrokenField>> {
    match (Stars::new(number).ok_or(STARS.at("stars")), text(given)) {
        (Ok(stars), Ok(text)) => Ok((stars, text)),
        (stars, text) => {
            let broken = [stars.err(), text.err()].into_iter().flatten();
            Err(broken.map(BrokenField::from).collect())
        }
    }
}

/// What a review says; none if it says nothing but its stars.
fn text(given: Option<&str>) -> Result<Option<String>, BrokenRule> {
    let text = given.map(composed).unwrap_or_default();
    if is_plain(&text) {
        Ok(Some(text).filter(|text| !text.is_empty()))
    } else {
        Err(TEXT.at("text"))
    }
}

/// What a partner answers.
pub fn reply(given: &str) -> Result<String, BrokenRule> {
    let text = composed(given);
    if is_plain(&text) && !text.is_empty() {
        Ok(text)
    } else {
        Err(REPLY.at("text"))
    }
}

/// What somebody adds to a report; none if nothing.
pub fn report(given: Option<&str>) -> Result<Option<String>, BrokenRule> {
    let text = given.map(composed).unwrap_or_default();
    // Only administrators read it: it may say where something was copied from.
    if text.chars().count() <= MOST_CHARS && !text.contains(is_hidden) {
        Ok(Some(text).filter(|text| !text.is_empty()))
    } else {
        Err(TEXT.at("text"))
    }
}

/// What an author says against a removal. Only administrators read it, so it may have links.
pub fn contest(given: &str) -> Result<String, BrokenRule> {
    let text = composed(given);
    let is_good = text.chars().count() <= MOST_CHARS && !text.contains(is_hidden);
    if is_good && !text.is_empty() {
        Ok(text)
    } else {
        Err(CONTEST.at("text"))
    }
}

/// Why an administrator decides.
pub fn reason(given: &str) -> Result<String, BrokenRule> {
    line(given, 3..=MOST_REASON_CHARS).ok_or(REASON.at("reason"))
}

/// Trimmed and composed, with one kind of line break.
fn composed(text: &str) -> String {
    texts::composed(text).replace("\r\n", "\n")
}

/// Every client shows it as text. Links are refused, because reviews would be written for them.
fn is_plain(text: &str) -> bool {
    text.chars().count() <= MOST_CHARS && !text.contains(is_hidden) && !has_link(text)
}

/// Control characters but for breaks of lines, and marks that turn the direction of what follows around.
fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn has_link(text: &str) -> bool {
    let text = texts::as_link(text);
    text.contains("://") || text.contains("www.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_review_says_something_plain_or_nothing() {
        for (given, read) in [
            (None, None),
            (Some("  "), None),
            (Some(" Très bon accueil ! "), Some("Très bon accueil !")),
            (Some("Une ligne\r\nune autre"), Some("Une ligne\nune autre")),
            (Some("e\u{301}te\u{301}"), Some("été")),
            (Some("<b>5 € & 🧑🏽‍🍳</b>"), Some("<b>5 € & 🧑🏽‍🍳</b>")),
        ] {
            assert_eq!(text(given).unwrap().as_deref(), read, "{given:?}");
        }
        for bad in [
            "voir https://x.example",
            "WWW.x.example",
            "ｗｗｗ。x。example",
            "ww\u{200b}w.x.example",
            "HTTP://x",
            "a\u{0}b",
            "a\tb",
            "a\u{202e}b",
            "a\u{2028}b",
            &"x".repeat(2_001),
        ] {
            assert!(text(Some(bad)).is_err(), "{bad}");
            assert!(reply(bad).is_err(), "{bad}");
        }
        assert!(text(Some(&"é".repeat(2_000))).is_ok());
        assert_eq!(review(5, None).unwrap().0.number(), 5);
        let broken = review(6, Some("www.x.example")).unwrap_err();
        let paths: Vec<&str> = broken.iter().map(|field| field.path.as_str()).collect();
        assert_eq!(paths, ["stars", "text"]);
    }

    #[test]
    fn a_reply_says_something_and_a_reason_is_one_line() {
        assert!(reply(" \n ").is_err());
        assert_eq!(reply(" Merci ").unwrap(), "Merci");
        assert!(reason("ab").is_err() && reason("a\nbc").is_err());
        assert!(reason(&"x".repeat(501)).is_err() && reason("Injures").is_ok());
        assert_eq!(report(None).unwrap(), None);
        assert!(contest(" ").is_err() && contest("a\u{7}").is_err());
        assert!(contest(&"x".repeat(2_001)).is_err());
        assert_eq!(
            contest(" Voir https://x.example\r\n ").unwrap(),
            "Voir https://x.example"
        );
        assert!(report(Some("https://x.example")).is_ok() && report(Some("a\u{7}")).is_err());
    }
}
