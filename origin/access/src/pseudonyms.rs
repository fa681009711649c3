//! What the taker of product events knows of people and events: names that lead to nobody without the
//! servers' key.

use std::fmt;

use domain::{UserId, secret::Secret};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

/// Names are cut to this many hexadecimal digits.
const DIGITS: usize = 32;

/// Makes the names. The key must stay: with another one a person has another name, and nobody can have the
/// first one forgotten.
#[derive(Clone)]
pub struct Pseudonyms {
    key: Secret,
}

impl Pseudonyms {
    pub const fn new(key: Secret) -> Self {
        Self { key }
    }

    /// The same for a person each time.
    pub fn person(&self, id: &UserId) -> String {
        self.name(b"person\0", id.as_str())
    }

    /// The same for a task each time; its key has the id of a person or a booking.
    pub fn event(&self, task: &str) -> String {
        self.name(b"event\0", task)
    }

    fn name(&self, what: &[u8], text: &str) -> String {
        // A key may have any length.
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(self.key.expose()) else {
            return String::new();
        };
        let mac = mac.chain_update(what).chain_update(text).finalize();
        let mut name = hex::encode(mac.into_bytes());
        name.truncate(DIGITS);
        name
    }
}

impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pseudonyms(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_to_nobody_and_stays() {
        let (ana, ben) = (UserId::derive("user", "ana"), UserId::derive("user", "ben"));
        let of = |key: &str| Pseudonyms::new(Secret::new(key));
        let names = of("one key of this test");
        let name = names.person(&ana);
        assert_eq!(name.len(), DIGITS);
        assert_eq!(name, of("one key of this test").person(&ana));
        assert!(!name.contains(ana.as_str()));
        let others = [
            names.person(&ben),
            names.event(ana.as_str()),
            of("another key of this test").person(&ana),
        ];
        assert!(!others.contains(&name), "{others:?}");
    }
}
