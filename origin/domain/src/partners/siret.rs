//! The number that the French register gives an establishment: SIRET.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::broken::{BrokenRule, Rule};

const DIGITS: usize = 14;
/// La Poste has more establishments than its SIREN has numbers that pass Luhn's check.
const LA_POSTE: &str = "356000000";

const SIRET: Rule = Rule::new(
    "SIRET",
    "est un numéro SIRET : 14 chiffres, dont le dernier vérifie les autres",
    "is a SIRET: 14 digits, of which the last one checks the others",
);

/// 14 digits that pass the register's check.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Siret(String);

impl Siret {
    /// Reads a SIRET; spaces between digits are left out.
    pub fn parse(text: &str) -> Option<Self> {
        // Nobody means a longer text.
        let digits: String = text
            .chars()
            .take(4 * DIGITS)
            .filter(|letter| !letter.is_whitespace())
            .collect();
        let values: Option<Vec<u32>> = digits
            .chars()
            .map(|letter| letter.is_ascii_digit().then(|| letter.to_digit(10))?)
            .collect();
        let values = values.filter(|values| values.len() == DIGITS)?;
        // Zeros alone pass both checks, and are nobody's.
        let is_somebodys = values.iter().any(|value| *value != 0);
        (is_somebodys && (passes_luhn(&values) || is_la_postes(&digits, &values)))
            .then_some(Self(digits))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reads what somebody entered.
pub fn siret(text: &str) -> Result<Siret, BrokenRule> {
    Siret::parse(text).ok_or(SIRET.at("siret"))
}

/// From the right, every second digit counts twice, by the sum of its own digits.
fn passes_luhn(values: &[u32]) -> bool {
    let counted = values.iter().rev().enumerate().map(|(place, value)| {
        let doubled = value * (1 + u32::from(place % 2 == 1));
        doubled / 10 + doubled % 10
    });
    counted.sum::<u32>() % 10 == 0
}

/// The sum of the digits of an establishment of La Poste is a multiple of five.
fn is_la_postes(digits: &str, values: &[u32]) -> bool {
    digits.starts_with(LA_POSTE) && values.iter().sum::<u32>() % 5 == 0
}

impl TryFrom<String> for Siret {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a SIRET")
    }
}

impl From<Siret> for String {
    fn from(siret: Siret) -> Self {
        siret.0
    }
}

impl fmt::Display for Siret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_siret_passes_luhns_check_and_loses_its_spaces() {
        for (text, stored) in [
            ("73282932000074", "73282932000074"),
            ("732 829 320 00074", "73282932000074"),
            (" 732\u{a0}829\u{a0}320\u{202f}00074 ", "73282932000074"),
            // The seat of La Poste passes it, as any other does.
            ("35600000000048", "35600000000048"),
            // Another of its establishments does not: its digits add up to 45.
            ("35600000049837", "35600000049837"),
        ] {
            let read = Siret::parse(text);
            assert_eq!(read.as_ref().map(Siret::as_str), Some(stored), "{text}");
        }
    }

    #[test]
    fn what_is_no_siret_is_refused() {
        for text in [
            "",
            "73282932000075",
            "7328293200007",
            "732829320000740",
            "7328293200007a",
            "732-829-320-00074",
            "00000000000000",
            // La Poste's, with digits that add up to no multiple of five.
            "35600000049838",
            // Other digits than ASCII's.
            "٧٣٢٨٢٩٣٢٠٠٠٠٧٤",
            &" ".repeat(100),
        ] {
            assert_eq!(Siret::parse(text), None, "{text}");
            assert_eq!(siret(text).unwrap_err().rule, SIRET);
        }
    }

    #[test]
    fn one_wrong_digit_and_two_neighbours_exchanged_are_found() {
        let good = "73282932000074";
        for at in 0..DIGITS {
            for digit in b'0'..=b'9' {
                let mut bytes = good.as_bytes().to_vec();
                if bytes[at] == digit {
                    continue;
                }
                bytes[at] = digit;
                let text = String::from_utf8(bytes).unwrap();
                assert_eq!(Siret::parse(&text), None, "{text}");
            }
        }
        assert_eq!(Siret::parse("37282932000074"), None);
    }
}
