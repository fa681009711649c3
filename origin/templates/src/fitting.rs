//! How long each part may be, and how a text is made to fit.

use domain::messages::part::Part;

use crate::{
    clean::shortened,
    gsm7::{folded, is_one_sms},
};

/// What typed values are shortened to, one after the other, until the text fits.
pub(crate) const VALUE_CHARS: [usize; 5] = [usize::MAX, 60, 40, 25, 15];

/// The maximum length in characters. Phones cut off longer titles and bodies, mail programs longer
/// subjects.
pub(crate) const fn most_chars(part: Part) -> Option<usize> {
    match part {
        Part::Subject => Some(90),
        Part::Title => Some(50),
        Part::Body => Some(150),
        Part::Sms => Some(160),
        // Only the engine's limit is for these.
        Part::Text | Part::Html => None,
    }
}

pub(crate) fn fits(part: Part, text: &str) -> bool {
    match (part, most_chars(part)) {
        (Part::Sms, _) => is_one_sms(text),
        (_, Some(most)) => text.chars().count() <= most,
        (_, None) => true,
    }
}

/// The rendered text as its channel takes it: single lines, the alphabet of SMS, no empty lines that
/// branches left behind.
pub(crate) fn finished(part: Part, text: &str) -> String {
    match part {
        Part::Subject | Part::Title | Part::Body => single_line(text),
        Part::Sms => folded(&single_line(text)),
        Part::Text | Part::Html => {
            let mut text = text.trim().to_owned();
            while text.contains("\n\n\n") {
                text = text.replace("\n\n\n", "\n\n");
            }
            text
        }
    }
}

/// The text that no shortening of values made fit. An SMS stays as it is, and is sent as several:
/// its end may be a code or a link.
pub(crate) fn cut(part: Part, text: String) -> String {
    match (part, most_chars(part)) {
        (Part::Sms, _) | (_, None) => text,
        (_, Some(most)) => shortened(&text, most),
    }
}

/// No-break spaces stay.
fn single_line(text: &str) -> String {
    let words = text.split([' ', '\n', '\r', '\t']);
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_what_their_channel_takes() {
        for (part, text, expected) in [
            (Part::Subject, " a\n b\u{202f}!\n", "a b\u{202f}!"),
            (Part::Sms, "ça\n  va\u{202f}?", "ca va ?"),
            (Part::Text, "\na\n\n\n\nb\n", "a\n\nb"),
        ] {
            assert_eq!(finished(part, text), expected);
        }
    }

    #[test]
    fn what_does_not_fit_is_cut_except_an_sms() {
        let long = "a".repeat(200);
        assert!(!fits(Part::Title, &long));
        assert_eq!(cut(Part::Title, long.clone()).chars().count(), 50);
        assert_eq!(cut(Part::Sms, long.clone()), long);
        assert!(fits(Part::Text, &long));
    }
}
