//! The beginning of what a provider says, fit for logs.

const MOST_CHARS: usize = 160;
/// A longer word may be a key or a token, unless it has letters only: a name of an error.
const LONGEST_WORD: usize = 24;
const LONGEST_NAME: usize = 48;
/// A word with more digits may be a phone number.
const MOST_DIGITS: usize = 5;

/// Shortens a text and removes what could be an address, a phone number or a secret.
pub fn excerpt(text: &str) -> String {
    let mut excerpt = String::new();
    for word in text.split(|char: char| char.is_whitespace() || char.is_control()) {
        if word.is_empty() {
            continue;
        }
        let digits = word.chars().filter(char::is_ascii_digit).count();
        let harmless = !word.contains('@')
            && !word.contains("://")
            && digits <= MOST_DIGITS
            && (word.len() <= LONGEST_WORD || is_name(word));
        let word = if harmless { word } else { "…" };
        if excerpt.chars().count() + word.chars().count() >= MOST_CHARS {
            excerpt.push('…');
            break;
        }
        if !excerpt.is_empty() {
            excerpt.push(' ');
        }
        excerpt.push_str(word);
    }
    excerpt
}

fn is_name(word: &str) -> bool {
    word.len() <= LONGEST_NAME && word.bytes().all(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::{MOST_CHARS, excerpt};

    #[test]
    fn what_could_be_personal_is_removed() {
        for (text, expected) in [
            (
                "The 'To' number +33612345678 is not valid.",
                "The 'To' number … is not valid.",
            ),
            (
                "Email address is not verified: ada@example.com",
                "Email address is not verified: …",
            ),
            (
                "see https://example.com/?token=abc\r\nfor more",
                "see … for more",
            ),
            (
                "key os_v2_app_abcdefghijklmnopqrstuvwxyz234567 is wrong",
                "key … is wrong",
            ),
            ("", ""),
        ] {
            assert_eq!(excerpt(text), expected);
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        assert!(excerpt(&"é ".repeat(1000)).chars().count() <= MOST_CHARS);
    }
}
