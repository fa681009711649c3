//! The value that stores an answer in KV.
//!
//! ```text
//! "YK" version:u8 key:32 | frame of cache-core
//! ```
//! The value repeats its key: what KV gives under another key is never served in its place.

use cache_core::entry::{Layout, PREFIX_BYTES};
use cache_core::{CacheKey, EntryHead, FrameError};

const MAGIC: [u8; 2] = *b"YK";
const VERSION: u8 = 1;
/// Length of what precedes the frame, in bytes.
const OUTER_BYTES: usize = 2 + 1 + 32;
/// How many bytes of a value must be known to tell where its parts are.
const FIRST_BYTES: usize = OUTER_BYTES + PREFIX_BYTES;

/// Why a value is not the answer of its key. A read treats it as a miss, and the next answer replaces it.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum StoredError {
    /// Another version of the edge wrote it. That is usual during a deployment.
    #[error("the value is of another version")]
    Version,
    /// It is the answer of another key.
    #[error("the value is the answer of another key")]
    Key,
    /// It is damaged.
    #[error("the value is damaged: {0}")]
    Frame(#[from] FrameError),
}

/// Encodes what precedes the body in a value.
///
/// # Errors
/// [`FrameError::TooLarge`], see [`EntryHead::encode`].
pub fn encode(key: &CacheKey, head: &EntryHead, body_bytes: usize) -> Result<Vec<u8>, FrameError> {
    let frame = head.encode(body_bytes)?;
    let mut value = Vec::with_capacity(OUTER_BYTES + frame.len());
    value.extend_from_slice(&MAGIC);
    value.push(VERSION);
    value.extend_from_slice(key.as_bytes());
    value.extend_from_slice(&frame);
    Ok(value)
}

/// Where the body of the value of `key` begins, in bytes. `start` is the value's beginning, `length` its
/// whole length.
///
/// # Errors
/// [`StoredError`] when the value is not the answer of this key.
pub fn body_start(key: &CacheKey, start: &[u8], length: usize) -> Result<usize, StoredError> {
    if start.get(..2) != Some(&MAGIC) || start.get(2) != Some(&VERSION) {
        return Err(StoredError::Version);
    }
    let (stored_key, prefix) = start
        .get(3..FIRST_BYTES)
        .and_then(|rest| rest.split_at_checked(OUTER_BYTES - 3))
        .ok_or(FrameError::Length)?;
    if stored_key != key.as_bytes() {
        return Err(StoredError::Key);
    }
    let layout = Layout::read(prefix)?;
    if OUTER_BYTES.checked_add(layout.end) != Some(length) {
        return Err(FrameError::Length.into());
    }
    Ok(OUTER_BYTES + layout.body_start)
}

/// Decodes the head of a value. `before_body` has all bytes before the body, whose place
/// [`body_start`] told.
///
/// # Errors
/// [`StoredError::Frame`] when the head is damaged.
pub fn head(before_body: &[u8]) -> Result<EntryHead, StoredError> {
    let head = before_body.get(FIRST_BYTES..).ok_or(FrameError::Length)?;
    Ok(EntryHead::decode(head)?)
}

#[cfg(test)]
mod tests {
    use cache_core::entry::ContentHash;
    use cache_core::{AsOf, KeyBuilder, Lifetime, LogId, Revision};
    use proptest::prelude::*;

    use super::*;

    fn key(name: &str) -> CacheKey {
        KeyBuilder::new().part(name.as_bytes()).finish()
    }

    fn entry(body: &[u8]) -> EntryHead {
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
            tags: vec!["thing:1".parse().unwrap()],
        }
    }

    fn value(key: &CacheKey, body: &[u8]) -> Vec<u8> {
        let mut value = encode(key, &entry(body), body.len()).unwrap();
        value.extend_from_slice(body);
        value
    }

    fn read(key: &CacheKey, value: &[u8]) -> Result<(EntryHead, Vec<u8>), StoredError> {
        let start = body_start(key, value, value.len())?;
        Ok((head(&value[..start])?, value[start..].to_vec()))
    }

    #[test]
    fn a_value_is_read_under_its_own_key_only() {
        let (own, other) = (key("a"), key("b"));
        let value = value(&own, b"body");
        assert_eq!(read(&own, &value), Ok((entry(b"body"), b"body".to_vec())));
        assert_eq!(read(&other, &value), Err(StoredError::Key));
    }

    #[test]
    fn what_is_cut_short_or_of_another_version_is_no_answer() {
        let own = key("a");
        let whole = value(&own, b"body");
        for bytes in 0..whole.len() {
            assert!(read(&own, &whole[..bytes]).is_err(), "{bytes} bytes");
        }
        let longer = [whole.as_slice(), b"x"].concat();
        assert_eq!(read(&own, &longer), Err(FrameError::Length.into()));
        let mut newer = whole.clone();
        newer[2] += 1;
        assert_eq!(read(&own, &newer), Err(StoredError::Version));
        // The form before this one: a frame alone.
        assert_eq!(read(&own, &whole[35..]), Err(StoredError::Version));
        assert_eq!(read(&own, b"{}"), Err(StoredError::Version));
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _read = read(&key("a"), &bytes);
        }
    }
}
