//! Rules of what somebody types to look for a place.

use crate::{
    broken::{BrokenRule, Rule},
    texts::line,
};

/// The fewest characters that are looked for: fewer mean too much.
pub const SHORTEST: usize = 3;
const LONGEST_SESSION: usize = 36;

const TEXT: Rule = Rule::new(
    "LINE_LENGTH",
    "compte de 1 à 200 caractères sur une ligne",
    "has 1 to 200 characters on one line",
);
const SESSION: Rule = Rule::new(
    "SESSION_TOKEN",
    "compte de 1 à 36 lettres sans accent, chiffres, « - » ou « _ »",
    "has 1 to 36 letters without accents, digits, `-` or `_`",
);

pub fn text(given: &str) -> Result<String, BrokenRule> {
    line(given, 1..=200).ok_or(TEXT.at("text"))
}

/// What the map service accepts as the name of a session.
pub fn session(given: &str) -> Result<String, BrokenRule> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_good = (1..=LONGEST_SESSION).contains(&given.len()) && given.bytes().all(is_plain);
    if is_good {
        Ok(given.to_owned())
    } else {
        Err(SESSION.at("sessionToken"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_a_word() {
        for (given, is_good) in [
            ("01890a5d-ac96-774b-bcce-b302099a8057", true),
            ("A_b-9", true),
            ("", false),
            ("é", false),
            ("a b", false),
            ("a/b", false),
        ] {
            assert_eq!(session(given).is_ok(), is_good, "{given}");
        }
        assert!(session(&"a".repeat(37)).is_err());
    }

    #[test]
    fn a_text_is_one_line() {
        assert_eq!(text(" 2 rue ").unwrap(), "2 rue");
        for given in ["", " ", "a\nb", &"a".repeat(201)] {
            assert!(text(given).is_err(), "{given:?}");
        }
    }
}
