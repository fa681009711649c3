//! The value that stores an entry in Redis.
//!
//! ```text
//! "YR" version:u8 codec:u8 key:32 raw_len:u32le | frame of cache-core, its body plain or zstd
//! ```
//! The head is never compressed, so that it can be read without the body. The value repeats its
//! key, so that a mixed-up answer of Redis is never served as another entry.

use bytes::Bytes;
use cache_core::{
    CacheKey, EntryHead, FrameError,
    entry::{Layout, PREFIX_BYTES},
};

const MAGIC: [u8; 2] = *b"YR";
const VERSION: u8 = 1;
const PLAIN: u8 = 0;
const ZSTD: u8 = 1;
/// Length of what precedes the frame, in bytes.
const OUTER_BYTES: usize = 2 + 1 + 1 + 32 + 4;
/// Longer bodies are compressed. For shorter ones compression costs more than it saves.
const COMPRESS_ABOVE_BYTES: usize = 4 * 1024;
/// The fastest level of zstd: an entry is written once and read a few times.
const LEVEL: i32 = 1;
/// The longest body that is stored or decompressed, in bytes.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;
/// How many bytes of a value are read to decode its head; longer heads are rare.
pub const HEAD_BYTES: usize = 8 * 1024;

/// Why a value cannot be decoded or encoded. A cache treats a value that it cannot decode as a miss.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum StoredError {
    /// The value is not an entry, or has another format version.
    #[error("the value is not an entry of a supported version")]
    Version,
    /// The value is the entry of another key.
    #[error("the value is the entry of another key")]
    Key,
    /// The frame in it is damaged.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The body is damaged or too long.
    #[error("the body is damaged or too long")]
    Body,
}

/// Encodes an entry as a value.
pub fn encode(key: &CacheKey, head: &EntryHead, body: &[u8]) -> Result<Vec<u8>, StoredError> {
    if body.len() > MAX_BODY_BYTES {
        return Err(StoredError::Body);
    }
    let compressed = (body.len() > COMPRESS_ABOVE_BYTES)
        .then(|| zstd::bulk::compress(body, LEVEL).ok())
        .flatten()
        .filter(|compressed| compressed.len() < body.len());
    let (codec, stored) = match &compressed {
        Some(compressed) => (ZSTD, compressed.as_slice()),
        None => (PLAIN, body),
    };
    let frame = head.encode(stored.len())?;
    let raw_len = u32::try_from(body.len()).map_err(|_| StoredError::Body)?;
    let mut value = Vec::with_capacity(OUTER_BYTES + frame.len() + stored.len());
    value.extend_from_slice(&MAGIC);
    value.extend_from_slice(&[VERSION, codec]);
    value.extend_from_slice(key.as_bytes());
    value.extend_from_slice(&raw_len.to_le_bytes());
    value.extend_from_slice(&frame);
    value.extend_from_slice(stored);
    Ok(value)
}

struct Outer {
    codec: u8,
    raw_len: usize,
    layout: Layout,
}

fn outer(value: &[u8]) -> Result<([u8; 32], Outer), StoredError> {
    let (start, rest) = value
        .split_at_checked(OUTER_BYTES)
        .ok_or(StoredError::Version)?;
    if start[..2] != MAGIC || start[2] != VERSION || start[3] > ZSTD {
        return Err(StoredError::Version);
    }
    let mut key = [0; 32];
    key.copy_from_slice(&start[4..36]);
    let mut raw_len = [0; 4];
    raw_len.copy_from_slice(&start[36..]);
    let raw_len = usize::try_from(u32::from_le_bytes(raw_len)).map_err(|_| StoredError::Body)?;
    if raw_len > MAX_BODY_BYTES {
        return Err(StoredError::Body);
    }
    let prefix = rest.get(..PREFIX_BYTES).ok_or(FrameError::Length)?;
    let outer = Outer {
        codec: start[3],
        raw_len,
        layout: Layout::read(prefix)?,
    };
    Ok((key, outer))
}

/// Decodes the entry of `key` from a value.
pub fn decode(key: &CacheKey, value: &[u8]) -> Result<(EntryHead, Bytes), StoredError> {
    let (stored_key, outer) = outer(value)?;
    if stored_key != *key.as_bytes() {
        return Err(StoredError::Key);
    }
    let frame = &value[OUTER_BYTES..];
    if frame.len() != outer.layout.end {
        return Err(FrameError::Length.into());
    }
    let head = EntryHead::decode(&frame[outer.layout.head_start..outer.layout.body_start])?;
    let stored = &frame[outer.layout.body_start..];
    let body = if outer.codec == ZSTD {
        zstd::bulk::decompress(stored, outer.raw_len).map_err(|_| StoredError::Body)?
    } else {
        stored.to_vec()
    };
    if body.len() != outer.raw_len {
        return Err(StoredError::Body);
    }
    Ok((head, body.into()))
}

/// Decodes the head from the first [`HEAD_BYTES`] of a value.
pub fn decode_head(value: &[u8]) -> Result<EntryHead, StoredError> {
    let (_key, outer) = outer(value)?;
    let frame = &value[OUTER_BYTES..];
    let head = frame
        .get(outer.layout.head_start..outer.layout.body_start)
        .ok_or(FrameError::Length)?;
    Ok(EntryHead::decode(head)?)
}

#[cfg(test)]
mod tests {
    use cache_core::{AsOf, KeyBuilder, Lifetime, LogId, Revision, entry::ContentHash};
    use proptest::prelude::*;

    use super::*;

    fn head(body: &[u8]) -> EntryHead {
        EntryHead {
            as_of: AsOf {
                log: LogId::from_bytes([7; 16]),
                revision: Revision(9),
            },
            born_ms: 5,
            lifetime: Lifetime {
                max_age_s: 1,
                stale_while_revalidate_s: 2,
                stale_if_error_s: 3,
            },
            content: ContentHash::of(body),
            tags: vec!["item:1".parse().unwrap()],
        }
    }

    fn key(name: &[u8]) -> CacheKey {
        KeyBuilder::new().part(name).finish()
    }

    proptest! {
        #[test]
        fn an_entry_survives_its_value_and_only_under_its_key(
            seed in prop::collection::vec(any::<u8>(), 0..64), times in 0usize..400, cut in any::<prop::sample::Index>(),
        ) {
            let body = seed.repeat(times);
            let value = encode(&key(b"a"), &head(&body), &body).unwrap();
            let (decoded, decoded_body) = decode(&key(b"a"), &value).unwrap();
            prop_assert_eq!(&decoded, &head(&body));
            prop_assert_eq!(decoded_body.as_ref(), body.as_slice());
            prop_assert_eq!(decode_head(&value[..value.len().min(HEAD_BYTES)]).unwrap(), head(&body));
            prop_assert_eq!(decode(&key(b"b"), &value), Err(StoredError::Key));
            prop_assert!(decode(&key(b"a"), &value[..cut.index(value.len())]).is_err());
        }
    }

    #[test]
    fn long_bodies_are_compressed_and_short_ones_are_not() {
        let long = vec![b'x'; COMPRESS_ABOVE_BYTES + 1];
        assert!(encode(&key(b"a"), &head(&long), &long).unwrap().len() < 300);
        let short = vec![b'x'; COMPRESS_ABOVE_BYTES];
        assert!(encode(&key(b"a"), &head(&short), &short).unwrap().len() > short.len());
        let bomb = vec![b'x'; MAX_BODY_BYTES + 1];
        assert_eq!(
            encode(&key(b"a"), &head(&bomb), &bomb),
            Err(StoredError::Body)
        );
    }

    #[test]
    fn a_value_that_unpacks_to_more_than_it_says_is_refused() {
        let body = vec![b'x'; 100_000];
        let mut value = encode(&key(b"a"), &head(&body), &body).unwrap();
        value[36..40].copy_from_slice(&50_000u32.to_le_bytes());
        assert_eq!(decode(&key(b"a"), &value), Err(StoredError::Body));
        value[36..40].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(decode(&key(b"a"), &value), Err(StoredError::Body));
    }

    #[test]
    fn the_bytes_are_these() {
        let value = encode(&key(b"a"), &head(b"{}"), b"{}").unwrap();
        assert_eq!(hex::encode(&value[..4]), "59520100");
        assert_eq!(hex::encode(&value[36..40]), "02000000");
        assert_eq!(hex::encode(&value[40..43]), "594501");
    }
}
