//! The calendar feed of a user: an address with a secret, under which their calendar reads their
//! bookings.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

/// What a feed shows of the past.
pub const SHOWN_PAST_MS: i64 = 90 * 24 * 3_600_000;
/// How many bookings a feed shows, those that begin last.
pub const MOST_SHOWN: usize = 500;

/// The secret of a feed: 256 random bits. Whoever knows it reads the bookings, so `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct FeedSecret([u8; 32]);

impl FeedSecret {
    pub const fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    pub fn parse(text: &str) -> Option<Self> {
        let secret = URL_SAFE_NO_PAD.decode(text).ok()?;
        Some(Self(secret.try_into().ok()?))
    }

    /// The text of the address; it is shown once.
    pub fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    pub fn hash(&self) -> FeedHash {
        let mut hasher = Sha256::new();
        hasher.update(b"yousoon calendar feed\0");
        hasher.update(self.0);
        FeedHash(hex::encode(hasher.finalize()))
    }
}

impl fmt::Debug for FeedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FeedSecret(…)")
    }
}

/// What is stored of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedHash(String);

impl FeedHash {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_reads_back_and_is_not_printed() {
        let secret = FeedSecret::new([7; 32]);
        let text = secret.expose();
        assert_eq!(text.len(), 43);
        assert_eq!(FeedSecret::parse(&text), Some(secret.clone()));
        for bad in ["", &text[1..], &format!("{text}A"), &text.replace('B', "%")] {
            assert_eq!(FeedSecret::parse(bad), None, "{bad}");
        }
        assert_ne!(secret.hash(), FeedSecret::new([8; 32]).hash());
        assert!(!format!("{secret:?}").contains(&text));
    }
}
