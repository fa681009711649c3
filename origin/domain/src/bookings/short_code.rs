//! The code that a guest says at the door when none can be scanned.

use sha2::{Digest as _, Sha256};
use unicode_normalization::UnicodeNormalization as _;

use crate::BookingId;

/// Without what looks alike in print or on a bad screen: 0 O, 1 I L, 2 Z, 5 S, 8 B, V U.
const ALPHABET: &[u8; 24] = b"34679ACDEFGHJKMNPQRTUWXY";
const LENGTH: usize = 6;
/// How many codes are tried for one booking, should others of the night have them.
pub const ATTEMPTS: u8 = 4;

/// Six characters, of which one partner's bookings of a night have different ones. It proves nothing: who
/// works for the partner may see it in the list of the night.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ShortCode(String);

impl ShortCode {
    /// The code of a booking; `attempt` is 0, and more if other bookings of the night have it.
    pub fn of(booking: &BookingId, attempt: u8) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"yousoon short code 1\0");
        hash.update(booking.as_str());
        hash.update([attempt]);
        let digest = hash.finalize();
        let first = digest.iter().take(8);
        let mut number = first.fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let size = ALPHABET.len() as u64;
        let code = (0..LENGTH).map(|_| {
            let at = usize::try_from(number % size).unwrap_or(0);
            number /= size;
            char::from(ALPHABET[at])
        });
        Self(code.collect())
    }

    /// The code as somebody types it: in small letters, in groups, full width.
    pub fn parse(text: &str) -> Option<Self> {
        // Nobody types more, with all signs between.
        if text.len() > 100 {
            return None;
        }
        let code: String = text
            .nfkc()
            .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '.' | '_'))
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let is_code = code.len() == LENGTH && code.bytes().all(|b| ALPHABET.contains(&b));
        is_code.then_some(Self(code))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_six_letters_that_read_back_and_differ() {
        let id = BookingId::derive("booking", "1");
        let codes: HashSet<ShortCode> = (0..ATTEMPTS).map(|n| ShortCode::of(&id, n)).collect();
        assert_eq!(codes.len(), usize::from(ATTEMPTS));
        for code in codes {
            assert_eq!(ShortCode::parse(code.as_str()), Some(code));
        }
        // Stored codes must not change.
        assert_eq!(ShortCode::of(&id, 0), ShortCode::of(&id, 0));
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = ShortCode("A3CD4E".to_owned());
        for typed in ["A3CD4E", " a3c d4e ", "a3c-d4e", "Ａ３ＣＤ４Ｅ"] {
            assert_eq!(ShortCode::parse(typed), Some(code.clone()), "{typed}");
        }
        for bad in [
            "",
            "A3CD4",
            "A3CD4EF",
            "A3CD40",
            "A3CD4O",
            "A3CD4é",
            &"A".repeat(101),
        ] {
            assert_eq!(ShortCode::parse(bad), None, "{bad}");
        }
    }
}
