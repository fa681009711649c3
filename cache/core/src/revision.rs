//! Positions in the purge log.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A position in a purge log. 0 is before the first record; the first record of the first log has
/// revision 1.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Revision(pub u64);

impl Revision {
    /// Before the first record.
    pub const ZERO: Self = Self(0);

    /// The start of the log that replaces the last of `logs_before` logs. It is beyond every
    /// revision of those (each log has at most 2^32). So revisions also grow from log to log: a
    /// client that sends a revision of the new log as its minimum is not answered from a copy of
    /// the old log. A JavaScript number holds the result exactly for two million logs.
    #[must_use]
    pub const fn of_generation(logs_before: u32) -> Self {
        Self((logs_before as u64) << 32)
    }

    /// The position that follows this one; saturates at `u64::MAX`.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The random identity of a purge log. A log that may have lost records is replaced by one with a
/// new identity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogId([u8; 16]);

/// The text is not 32 hexadecimal digits.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("a log identity is 32 hexadecimal digits")]
pub struct LogIdError;

impl LogId {
    /// From 16 bytes, which the caller takes from a random generator (this crate has none).
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogId({self})")
    }
}

impl FromStr for LogId {
    type Err = LogIdError;

    fn from_str(text: &str) -> Result<Self, LogIdError> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| LogIdError)?;
        Ok(Self(bytes))
    }
}

impl Serialize for LogId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LogId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// The log, and the revision in it, that was current before the first read for an answer.
///
/// As text `<log>:<revision>`, the value of the `Yousoon-As-Of` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AsOf {
    /// The log that gave the revision.
    pub log: LogId,
    /// The position.
    pub revision: Revision,
}

/// The text is not `<log>:<revision>`.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("an as-of is a log identity, a colon and a revision")]
pub struct AsOfError;

impl fmt::Display for AsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.log, self.revision)
    }
}

impl FromStr for AsOf {
    type Err = AsOfError;

    fn from_str(text: &str) -> Result<Self, AsOfError> {
        let (log, revision) = text.split_once(':').ok_or(AsOfError)?;
        Ok(Self {
            log: log.parse().map_err(|_| AsOfError)?,
            revision: Revision(revision.parse().map_err(|_| AsOfError)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_of_survives_its_header() {
        let as_of = AsOf {
            log: LogId::from_bytes([7; 16]),
            revision: Revision(42),
        };
        assert_eq!(as_of.to_string().parse(), Ok(as_of));
        for bad in [
            "",
            ":",
            "07:1",
            "07070707070707070707070707070707",
            "07070707070707070707070707070707:-1",
        ] {
            assert_eq!(bad.parse::<AsOf>(), Err(AsOfError), "{bad}");
        }
    }
}
