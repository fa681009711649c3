//! Digests tell two purge logs apart that have the same identity and the same revisions.
//!
//! A server that takes over from another one may lack its newest records. It then gives their
//! revisions out again, to other records. So a position alone does not say which records come before
//! it; a position with its digest does.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::revision::Revision;

/// Stands for one record and all the records before it: each record's digest is made from the digest
/// before it, the record, and a random number.
///
/// 64 bits are enough. Two digests are only compared at the same revision of the same log, and can
/// only differ there after a server has lost records. Then one comparison in 2^64 goes wrong. Nobody
/// can look for a match, because the writer draws the random number for each append.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 8]);

/// The text is not 16 hexadecimal digits.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("a digest is 16 hexadecimal digits")]
pub struct DigestError;

impl Digest {
    /// From 8 bytes.
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let mut bytes = [0; 8];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| DigestError)?;
        Ok(Self(bytes))
    }
}

/// A position in a purge log, and the digest of its record. Two copies of a log that have the same tip
/// have the same records up to there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tip {
    /// The position.
    pub revision: Revision,
    /// The digest of the record there.
    pub digest: Digest,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_survives_as_text_and_nothing_else_is_one() {
        let digest = Digest::from_bytes([0, 1, 2, 3, 0xfc, 0xfd, 0xfe, 0xff]);
        assert_eq!(digest.to_string(), "00010203fcfdfeff");
        assert_eq!("00010203fcfdfeff".parse(), Ok(digest));
        for bad in [
            "",
            "00010203fcfdfef",
            "00010203fcfdfeff00",
            "x0010203fcfdfeff",
        ] {
            assert_eq!(bad.parse::<Digest>(), Err(DigestError), "{bad}");
        }
    }
}
