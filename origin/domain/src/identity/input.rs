//! Validates what an operator enters.

use crate::{
    broken::{BrokenRule, Rule},
    paris::Day,
    texts::line,
};

const MOST_NOTE_CHARS: usize = 500;
/// No document is of somebody born earlier.
pub const FIRST_BIRTH_YEAR: i32 = 1900;

const NOTE: Rule = Rule::new(
    "LINE_LENGTH",
    "compte de 3 à 500 caractères sur une ligne",
    "has 3 to 500 characters on one line",
);
const BIRTH_YEAR: Rule = Rule::new(
    "BIRTH_YEAR",
    "est une année de 1900 à aujourd’hui, pour une identité acceptée",
    "is a year from 1900 to now, of an identity that is approved",
);

/// Why an operator decides.
pub fn note(text: &str) -> Result<String, BrokenRule> {
    line(text, 3..=MOST_NOTE_CHARS).ok_or(NOTE.at("reason"))
}

/// The year in which somebody was born.
pub fn birth_year(year: i32, now_ms: i64) -> Result<i32, BrokenRule> {
    if is_birth_year(year, now_ms) {
        Ok(year)
    } else {
        Err(BIRTH_YEAR.at("birthYear"))
    }
}

/// The refusal of a year for an identity that is not approved.
pub fn no_birth_year() -> BrokenRule {
    BIRTH_YEAR.at("birthYear")
}

pub fn is_birth_year(year: i32, now_ms: i64) -> bool {
    Day::of(now_ms).is_some_and(|today| (FIRST_BIRTH_YEAR..=today.year()).contains(&year))
}
