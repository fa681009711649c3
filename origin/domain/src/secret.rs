//! Secret bytes that are never logged.

use std::fmt;

/// The minimum length of a secret in bytes: a shorter one can be guessed.
pub const MIN_SECRET_BYTES: usize = 16;
/// The prefix of the secrets that `cargo xtask up` generates.
const DEVELOPMENT_MARK: &[u8] = b"dev-";
/// A random secret of [`MIN_SECRET_BYTES`] has more distinct bytes than this.
const FEW_BYTES: usize = 7;

#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Why the secret may not be used in production; none if it may.
    pub fn weakness(&self) -> Option<&'static str> {
        let mut different = self.0.clone();
        different.sort_unstable();
        different.dedup();
        if self.0.starts_with(DEVELOPMENT_MARK) {
            Some("is a development secret")
        } else if different.len() <= FEW_BYTES {
            Some("is not random")
        } else {
            None
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
