//! Bytes out of KV or Redis: whatever lies there, it is refused or read; and what is read would be
//! written as it lay there.
#![no_main]

use cache_core::entry::Frame;
use cache_core::{CacheKey, KeyBuilder};
use cache_tiered::stored::{self, StoredError};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Ok(frame) = Frame::decode(input) {
        let written = frame.encode().expect("what was read can be written");
        assert_eq!(written, input, "two frames of one entry");
    }
    in_redis(input);
});

/// The key lies before the frame: a mutation keeps it more often than it finds it.
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
        let again = stored::encode(&key, &head, &body).expect("what was read can be written");
        assert_eq!(stored::decode(&key, &again), Ok((head, body)));
    }
}
