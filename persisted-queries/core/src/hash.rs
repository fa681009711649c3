//! The id of a persisted document: the SHA-256 of its exact bytes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// The length of a hash in hexadecimal digits.
const HEX_CHARS: usize = 64;

/// The SHA-256 of a document's bytes, written as 64 lowercase hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentHash([u8; 32]);

/// Why a string is not a document hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// The part before the colon is not `sha256`.
    #[error("the hash prefix {0:?} is not known, only \"sha256\" is")]
    UnknownPrefix(String),
    /// There are not exactly 64 characters after the optional prefix.
    #[error("a document hash has 64 hex characters, not {chars}")]
    WrongLength {
        /// The number of characters found.
        chars: usize,
    },
    /// A character that is not `0-9a-fA-F`.
    #[error("a document hash has only hex characters")]
    NotHex,
}

impl DocumentHash {
    /// The hash of a document, over its exact bytes.
    pub fn of(document: impl AsRef<[u8]>) -> Self {
        Self(Sha256::digest(document.as_ref()).into())
    }

    /// Reads `sha256:<64 hex>` or the bare 64 hex characters, in either case.
    pub fn parse(text: &str) -> Result<Self, HashError> {
        let hex_text = match text.split_once(':') {
            None => text,
            Some(("sha256", rest)) => rest,
            Some((prefix, _)) => return Err(HashError::UnknownPrefix(prefix.to_owned())),
        };
        let chars = hex_text.chars().count();
        if chars != HEX_CHARS {
            return Err(HashError::WrongLength { chars });
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(hex_text, &mut bytes).map_err(|_| HashError::NotHex)?;
        Ok(Self(bytes))
    }

    /// A hash from its 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes of the hash.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for DocumentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&hex::encode(self.0))
    }
}

impl fmt::Debug for DocumentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DocumentHash({self})")
    }
}

impl FromStr for DocumentHash {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Self, HashError> {
        Self::parse(text)
    }
}

impl Serialize for DocumentHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DocumentHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf '{ __typename }' | sha256sum`, the example of Apollo's documentation.
    const TYPENAME: &str = "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38";

    #[test]
    fn the_hash_is_sha256_of_the_bytes() {
        assert_eq!(DocumentHash::of("{__typename}").to_string(), TYPENAME);
        assert_eq!(
            DocumentHash::of(b"{__typename}"),
            DocumentHash::of("{__typename}")
        );
    }

    #[test]
    fn every_accepted_spelling_is_the_same_hash() {
        let expected = DocumentHash::of("{__typename}");
        for text in [
            TYPENAME.to_owned(),
            TYPENAME.to_uppercase(),
            format!("sha256:{TYPENAME}"),
            format!("sha256:{}", TYPENAME.to_uppercase()),
        ] {
            assert_eq!(DocumentHash::parse(&text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn each_refusal_has_its_own_error() {
        let cases = [
            (
                format!("md5:{TYPENAME}"),
                HashError::UnknownPrefix("md5".to_owned()),
            ),
            (
                format!("SHA256:{TYPENAME}"),
                HashError::UnknownPrefix("SHA256".to_owned()),
            ),
            (String::new(), HashError::WrongLength { chars: 0 }),
            ("sha256:".to_owned(), HashError::WrongLength { chars: 0 }),
            (
                TYPENAME[1..].to_owned(),
                HashError::WrongLength { chars: 63 },
            ),
            (format!("{TYPENAME}0"), HashError::WrongLength { chars: 65 }),
            (format!("g{}", &TYPENAME[1..]), HashError::NotHex),
            ("é".repeat(64), HashError::NotHex),
        ];
        for (text, error) in cases {
            assert_eq!(DocumentHash::parse(&text), Err(error), "{text}");
        }
    }

    #[test]
    fn json_is_the_bare_hex_string() {
        let hash = DocumentHash::of("{__typename}");
        let json = serde_json::to_string(&hash).unwrap();
        assert_eq!(json, format!("\"{TYPENAME}\""));
        assert_eq!(serde_json::from_str::<DocumentHash>(&json).unwrap(), hash);
        assert!(serde_json::from_str::<DocumentHash>("\"sha1:00\"").is_err());
    }
}
