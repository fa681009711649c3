//! Idempotency keys: a client that heard no answer sends the same key again, and what it asked for is
//! made once.
//!
//! A booking stores its key. What a partner creates has an id that is made of the key, so that the
//! second request finds what the first one made, and of two at once one fails to insert.

use async_graphql::Result;
use domain::broken::Rule;

use super::errors::broken;

/// Maximum length of a client's `idempotencyKey`, which is a UUID or similar.
const MAX_KEY_BYTES: usize = 100;
const KEY: Rule = Rule::new(
    "IDEMPOTENCY_KEY",
    "compte de 1 à 100 caractères ASCII, sans espace",
    "has 1 to 100 ASCII characters and no space",
);

/// What an id is derived from: the key, and whose it is. Ids have no line break.
pub fn seed(owner: &impl AsRef<str>, key: &str) -> String {
    format!("{}\n{key}", owner.as_ref())
}

/// Checks a client's key.
pub fn key(given: Option<String>) -> Result<Option<String>> {
    let is_good = |key: &str| {
        (1..=MAX_KEY_BYTES).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic())
    };
    match given {
        Some(key) if !is_good(&key) => Err(broken(vec![KEY.at("idempotencyKey").into()])),
        given => Ok(given),
    }
}
