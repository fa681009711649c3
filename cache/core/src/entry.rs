//! The stored form of an answer: one binary frame, the same in KV and memory.
//!
//! ```text
//! "YE" version:u8 head_len:u32le body_len:u32le | head | body
//! head: log:16 revision:u64 born_ms:u64 max_age:u32 swr:u32 sie:u32 etag:16 tags:u16 (len:u8 bytes)*
//! ```
//! All numbers are little-endian; `swr` and `sie` are the stale windows in seconds. The body comes
//! last so that a reader can copy the head and leave the body where it is (at the edge: in
//! JavaScript memory).

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::lifetime::Lifetime;
use crate::revision::{AsOf, LogId, Revision};
use crate::tag::Tag;

const MAGIC: [u8; 2] = *b"YE";
const VERSION: u8 = 1;

/// Length of the prefix (magic, version and the two lengths) that precedes the head, in bytes.
pub const PREFIX_BYTES: usize = 11;

/// The most tags that one entry may have; an answer with more is not stored.
pub const MAX_TAGS: usize = u16::MAX as usize;

/// A strong content hash, the value inside an `ETag`: the first 16 bytes of SHA-256 of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContentHash(pub [u8; 16]);

impl ContentHash {
    /// The hash of a body.
    pub fn of(body: &[u8]) -> Self {
        let digest = Sha256::digest(body);
        let mut hash = [0; 16];
        hash.copy_from_slice(&digest[..16]);
        Self(hash)
    }

    /// The value of a strong `ETag`, with its quotes.
    pub fn etag(&self) -> String {
        format!("\"{}\"", hex::encode(self.0))
    }

    /// Reads what [`ContentHash::etag`] writes.
    pub fn from_etag(text: &str) -> Option<Self> {
        let mut hash = [0; 16];
        hex::decode_to_slice(text.strip_prefix('"')?.strip_suffix('"')?, &mut hash).ok()?;
        Some(Self(hash))
    }

    /// Whether an `If-None-Match` header names this content (weak comparison, RFC 9110 §13.1.2).
    pub fn matches(&self, if_none_match: &str) -> bool {
        let own = self.etag();
        if_none_match.split(',').map(str::trim).any(|candidate| {
            candidate == "*" || candidate.strip_prefix("W/").unwrap_or(candidate) == own
        })
    }
}

/// Everything in an entry except the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryHead {
    /// The purge-log revision that was current before the first read for this answer.
    pub as_of: AsOf,
    /// When the answer was requested, in milliseconds since the Unix epoch, by the clock of the
    /// server that requested it.
    pub born_ms: u64,
    /// How long it may be served, counted from `born_ms`.
    pub lifetime: Lifetime,
    /// The hash of the body.
    pub content: ContentHash,
    /// What the answer depends on.
    pub tags: Vec<Tag>,
}

/// A decoded frame; the body is borrowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Everything except the body.
    pub head: EntryHead,
    /// The answer's bytes.
    pub body: &'a [u8],
}

/// Why bytes cannot be decoded as a frame, or an entry cannot be encoded. A cache treats a frame
/// that it cannot decode as a miss.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum FrameError {
    /// The bytes are shorter or longer than the frame's length fields say.
    #[error("the frame is not as long as its length fields say")]
    Length,
    /// The bytes do not begin with an entry's magic bytes.
    #[error("the bytes are not a cache entry")]
    Magic,
    /// The frame has a format version that this code does not read.
    #[error("unsupported entry version {0}")]
    Version(u8),
    /// A tag is not valid, see [`Tag`].
    #[error("the entry has a malformed tag")]
    Tag,
    /// The entry has more tags or bytes than the format can hold.
    #[error("the entry has too many tags or bytes to be stored")]
    TooLarge,
}

/// The offsets of head and body in a frame, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The head's first byte; it ends where the body begins.
    pub head_start: usize,
    /// The body's first byte.
    pub body_start: usize,
    /// The frame's length.
    pub end: usize,
}

impl Layout {
    /// Reads the first [`PREFIX_BYTES`] of a frame.
    ///
    /// # Errors
    /// [`FrameError`] when they are not the beginning of a frame of this version.
    pub fn read(prefix: &[u8]) -> Result<Self, FrameError> {
        let mut reader = Reader(prefix);
        if reader.array::<2>()? != MAGIC {
            return Err(FrameError::Magic);
        }
        let [version] = reader.array::<1>()?;
        if version != VERSION {
            return Err(FrameError::Version(version));
        }
        let head_bytes = reader.size()?;
        let body_bytes = reader.size()?;
        let body_start = PREFIX_BYTES
            .checked_add(head_bytes)
            .ok_or(FrameError::Length)?;
        let end = body_start
            .checked_add(body_bytes)
            .ok_or(FrameError::Length)?;
        Ok(Self {
            head_start: PREFIX_BYTES,
            body_start,
            end,
        })
    }
}

impl EntryHead {
    /// The entry's age in milliseconds.
    pub fn age_ms(&self, now_ms: u64) -> u64 {
        now_ms.saturating_sub(self.born_ms)
    }

    /// Whether this entry replaces `other`: it has a later `as_of` revision, or the same one and a
    /// later `born_ms`. An entry of another log always replaces.
    pub fn is_newer_than(&self, other: &Self) -> bool {
        self.as_of.log != other.as_of.log
            || (self.as_of.revision, self.born_ms) > (other.as_of.revision, other.born_ms)
    }

    /// Encodes the prefix and the head of a frame whose body has `body_bytes` bytes.
    ///
    /// # Errors
    /// [`FrameError::TooLarge`] past [`MAX_TAGS`] tags or 4 GiB.
    pub fn encode(&self, body_bytes: usize) -> Result<Vec<u8>, FrameError> {
        let mut head = Vec::with_capacity(64 + self.tags.len() * 32);
        head.extend_from_slice(self.as_of.log.as_bytes());
        head.extend_from_slice(&self.as_of.revision.0.to_le_bytes());
        head.extend_from_slice(&self.born_ms.to_le_bytes());
        for seconds in [
            self.lifetime.max_age_s,
            self.lifetime.stale_while_revalidate_s,
            self.lifetime.stale_if_error_s,
        ] {
            head.extend_from_slice(&seconds.to_le_bytes());
        }
        head.extend_from_slice(&self.content.0);
        let tags = u16::try_from(self.tags.len()).map_err(|_| FrameError::TooLarge)?;
        head.extend_from_slice(&tags.to_le_bytes());
        for tag in &self.tags {
            let length = u8::try_from(tag.as_str().len()).map_err(|_| FrameError::TooLarge)?;
            head.push(length);
            head.extend_from_slice(tag.as_str().as_bytes());
        }
        let mut frame = Vec::with_capacity(PREFIX_BYTES + head.len());
        frame.extend_from_slice(&MAGIC);
        frame.push(VERSION);
        for size in [head.len(), body_bytes] {
            frame.extend_from_slice(
                &u32::try_from(size)
                    .map_err(|_| FrameError::TooLarge)?
                    .to_le_bytes(),
            );
        }
        frame.extend_from_slice(&head);
        Ok(frame)
    }

    /// Decodes a head: the bytes between the prefix and the body.
    ///
    /// # Errors
    /// [`FrameError`] when they are not a head of this version.
    pub fn decode(head: &[u8]) -> Result<Self, FrameError> {
        let mut reader = Reader(head);
        let as_of = AsOf {
            log: LogId::from_bytes(reader.array()?),
            revision: Revision(u64::from_le_bytes(reader.array()?)),
        };
        let born_ms = u64::from_le_bytes(reader.array()?);
        let lifetime = Lifetime {
            max_age_s: u32::from_le_bytes(reader.array()?),
            stale_while_revalidate_s: u32::from_le_bytes(reader.array()?),
            stale_if_error_s: u32::from_le_bytes(reader.array()?),
        };
        let content = ContentHash(reader.array()?);
        let count = u16::from_le_bytes(reader.array()?);
        let mut tags = Vec::new();
        for _ in 0..count {
            let [length] = reader.array::<1>()?;
            let text =
                std::str::from_utf8(reader.take(length.into())?).map_err(|_| FrameError::Tag)?;
            tags.push(text.parse().map_err(|_| FrameError::Tag)?);
        }
        if !reader.0.is_empty() {
            return Err(FrameError::Length);
        }
        Ok(Self {
            as_of,
            born_ms,
            lifetime,
            content,
            tags,
        })
    }
}

impl<'a> Frame<'a> {
    /// Decodes a whole frame.
    ///
    /// # Errors
    /// [`FrameError`] when the bytes are not exactly one frame of this version.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, FrameError> {
        let layout = Layout::read(bytes)?;
        if bytes.len() != layout.end {
            return Err(FrameError::Length);
        }
        let head = EntryHead::decode(&bytes[layout.head_start..layout.body_start])?;
        Ok(Self {
            head,
            body: &bytes[layout.body_start..],
        })
    }

    /// Encodes the whole frame.
    ///
    /// # Errors
    /// [`FrameError::TooLarge`] as in [`EntryHead::encode`].
    pub fn encode(&self) -> Result<Vec<u8>, FrameError> {
        let mut bytes = self.head.encode(self.body.len())?;
        bytes.extend_from_slice(self.body);
        Ok(bytes)
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, bytes: usize) -> Result<&'a [u8], FrameError> {
        let (taken, rest) = self.0.split_at_checked(bytes).ok_or(FrameError::Length)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], FrameError> {
        self.take(N)?.try_into().map_err(|_| FrameError::Length)
    }

    fn size(&mut self) -> Result<usize, FrameError> {
        usize::try_from(u32::from_le_bytes(self.array()?)).map_err(|_| FrameError::Length)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn head() -> impl Strategy<Value = EntryHead> {
        (
            any::<([u8; 16], u64, u64)>(),
            any::<(u32, u32, u32)>(),
            any::<[u8; 16]>(),
            prop::collection::vec("[a-z]{1,8}:[0-9a-f]{1,24}", 0..40),
        )
            .prop_map(
                |((log, revision, born_ms), (a, b, c), content, tags)| EntryHead {
                    as_of: AsOf {
                        log: LogId::from_bytes(log),
                        revision: Revision(revision),
                    },
                    born_ms,
                    lifetime: Lifetime {
                        max_age_s: a,
                        stale_while_revalidate_s: b,
                        stale_if_error_s: c,
                    },
                    content: ContentHash(content),
                    tags: tags.iter().map(|tag| tag.parse().unwrap()).collect(),
                },
            )
    }

    proptest! {
        #[test]
        fn a_frame_survives_its_bytes(head in head(), body in prop::collection::vec(any::<u8>(), 0..500)) {
            let frame = Frame { head, body: &body };
            let bytes = frame.encode().unwrap();
            prop_assert_eq!(Frame::decode(&bytes), Ok(frame));
        }

        #[test]
        fn damaged_bytes_are_an_error_and_never_a_panic(
            head in head(), body in prop::collection::vec(any::<u8>(), 0..50), cut in any::<prop::sample::Index>(),
            noise in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let bytes = Frame { head, body: &body }.encode().unwrap();
            let cut = cut.index(bytes.len());
            prop_assert!(Frame::decode(&bytes[..cut]).is_err());
            let mut longer = bytes.clone();
            longer.push(0);
            prop_assert_eq!(Frame::decode(&longer), Err(FrameError::Length));
            let _ = Frame::decode(&noise);
        }
    }

    #[test]
    fn if_none_match_is_compared_weakly_as_rfc_9110_says() {
        let hash = ContentHash::of(b"x");
        let etag = hash.etag();
        assert!(
            hash.matches(&etag) && hash.matches("*") && hash.matches(&format!("\"a\", W/{etag}"))
        );
        assert!(!hash.matches("\"a\"") && !hash.matches(""));
        assert_eq!(ContentHash::from_etag(&etag), Some(hash));
    }
}
