//! The cache key: what an entry is stored under.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use thiserror::Error;

/// Raised whenever the meaning of a key's parts changes, so that entries stored under the old
/// meaning are never found.
const VERSION: u8 = 1;

/// The SHA-256 of a version byte and length-prefixed parts; 64 hexadecimal digits as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CacheKey([u8; 32]);

impl CacheKey {
    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// The text is not 64 hexadecimal digits.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("a cache key is 64 hexadecimal digits")]
pub struct CacheKeyError;

impl FromStr for CacheKey {
    type Err = CacheKeyError;

    fn from_str(text: &str) -> Result<Self, CacheKeyError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| CacheKeyError)?;
        Ok(Self(bytes))
    }
}

impl fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CacheKey({self})")
    }
}

/// Builds a key from its parts. Each part is prefixed by its length as a 64-bit little-endian
/// number (never `usize`: it differs on wasm32), so no two lists of parts collide.
#[derive(Clone, Debug)]
pub struct KeyBuilder(Sha256);

impl Default for KeyBuilder {
    fn default() -> Self {
        Self(Sha256::new_with_prefix([VERSION]))
    }
}

impl KeyBuilder {
    /// A builder without any parts yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a part.
    #[must_use]
    pub fn part(mut self, bytes: &[u8]) -> Self {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    /// The key.
    pub fn finish(self) -> CacheKey {
        CacheKey(self.0.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(parts: &[Vec<u8>]) -> CacheKey {
        parts
            .iter()
            .fold(KeyBuilder::new(), |builder, part| builder.part(part))
            .finish()
    }

    #[test]
    fn a_key_survives_its_text() {
        let key = key(&[vec![1, 2]]);
        assert_eq!(key.to_string().parse(), Ok(key));
        for bad in ["", "00", &"g".repeat(64), &"0".repeat(66)] {
            assert_eq!(bad.parse::<CacheKey>(), Err(CacheKeyError), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn different_parts_have_different_keys(
            a in prop::collection::vec(prop::collection::vec(0u8..3, 0..4), 0..4),
            b in prop::collection::vec(prop::collection::vec(0u8..3, 0..4), 0..4),
        ) {
            prop_assert_eq!(a == b, key(&a) == key(&b));
        }
    }
}
