//! Validates what an operator enters.

use crate::{
    broken::{BrokenRule, Rule},
    texts::line,
};

/// The most characters of a reason.
pub const MOST_REASON_CHARS: usize = 300;

const REASON: Rule = Rule::new(
    "LINE_LENGTH",
    "compte de 3 à 300 caractères sur une ligne",
    "has 3 to 300 characters on one line",
);

/// Why an operator does something.
pub fn reason(text: &str) -> Result<String, BrokenRule> {
    line(text, 3..=MOST_REASON_CHARS).ok_or(REASON.at("reason"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_line_that_says_something() {
        assert_eq!(reason(" ticket 12 ").unwrap(), "ticket 12");
        for bad in ["", "  a ", "two\nlines", &"a".repeat(301)] {
            assert!(reason(bad).is_err(), "{bad}");
        }
    }
}
