//! Where a processed picture lies: under a hash of its content, so that a key never means another
//! picture and caches may keep it for ever.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::{Purpose, variant::Variant};

/// SHA-256 of a purpose and of all variants.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentHash([u8; 32]);

impl ContentHash {
    /// Of every byte that is going to be served under it: another version of the encoder makes
    /// another hash. The purpose is part of it, so that deleting a partner's logo does not delete
    /// the same picture of an offer.
    pub(crate) fn of(purpose: Purpose, variants: &[Variant]) -> Self {
        let mut hash = Sha256::new();
        hash.update(purpose.as_str());
        hash.update([0]);
        for variant in variants {
            hash.update(variant.width.to_le_bytes());
            hash.update((variant.webp.len() as u64).to_le_bytes());
            hash.update(&variant.webp);
        }
        Self(hash.finalize().into())
    }

    /// The same picture of another owner has another hash, so that deleting the one does not delete the
    /// other, and nobody learns whether somebody else has it.
    #[must_use]
    pub fn of_owner(self, owner: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(owner);
        Self(hash.finalize().into())
    }

    /// 64 hexadecimal digits, in lower case.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 32] = hex::decode(text).ok()?.try_into().ok()?;
        let hash = Self(bytes);
        (hash.to_string() == text).then_some(hash)
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentHash({self})")
    }
}

/// The key of one variant. The folders of two digits keep listings short.
pub fn key(hash: &ContentHash, width: u32) -> String {
    let hash = hash.to_string();
    format!("pictures/{}/{hash}/{width}.webp", &hash[..2])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variants(webp: &[u8]) -> Vec<Variant> {
        vec![Variant {
            width: 320,
            height: 200,
            webp: webp.to_vec(),
        }]
    }

    /// Keys are stored in buckets: they do not change.
    #[test]
    fn a_key_is_of_the_content() {
        let hash = ContentHash::of(Purpose::Offer, &variants(b"webp"));
        insta::assert_snapshot!(
            key(&hash, 320),
            @"pictures/9c/9cded78d9d5a27e1f619f06c22543dca804e9864dc8abffdfadc083968403049/320.webp"
        );
        assert_ne!(hash, ContentHash::of(Purpose::Logo, &variants(b"webp")));
        assert_ne!(hash, ContentHash::of(Purpose::Offer, &variants(b"other")));
        let owned = |owner| hash.of_owner(owner);
        assert_eq!(owned("partner:1"), owned("partner:1"));
        assert_ne!(owned("partner:1"), owned("partner:2"));
        assert_ne!(owned("partner:1"), hash);
    }

    #[test]
    fn a_hash_is_read_as_it_is_written() {
        let hash = ContentHash::of(Purpose::Offer, &[]);
        let text = hash.to_string();
        assert_eq!(ContentHash::parse(&text), Some(hash));
        assert_eq!(ContentHash::parse(&text.to_uppercase()), None);
        assert_eq!(ContentHash::parse(&text[1..]), None);
        assert_eq!(ContentHash::parse("../../../etc/passwd"), None);
    }
}
