//! Decodes arbitrary bytes as an entry from KV or Redis: they must be refused or decoded, and a
//! decoded frame must encode to the same bytes.
#![no_main]

use cache_core::entry::Frame;
use cache_core::{CacheKey, KeyBuilder};
use cache_tiered::stored::{self, StoredError};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Ok(frame) = Frame::decode(input) {
        let written = frame.encode().expect("a decoded frame can be encoded");
        assert_eq!(written, input, "an entry has two encodings");
    }
    in_redis(input);
});

/// The seeds have this key in front of the frame. Most mutations keep it, but would not find another.
fn in_redis(input: &[u8]) {
    let key = KeyBuilder::new().part(b"fuzz").finish();
    let other = KeyBuilder::new().part(b"another").finish();
    let read = |key: &CacheKey| stored::decode(key, input);
    if let Ok((head, body)) = read(&key) {
        assert!(body.len() <= stored::MAX_BODY_BYTES);
        assert_eq!(stored::decode_head(input).as_ref(), Ok(&head));
        assert_eq!(
            read(&other).err(),
            Some(StoredError::Key),
            "served as another entry"
        );
        let again = stored::encode(&key, &head, &body).expect("a decoded entry can be encoded");
        assert_eq!(stored::decode(&key, &again), Ok((head, body)));
    }
}
