//! UUIDs in text.

use sha2::{Digest, Sha256};

/// Keys of other systems do not become the same UUID.
const NAMESPACE: &[u8] = b"yousoon/onesignal/idempotency\0";

/// Whether a text is a UUID with hyphens.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// The key if it is a UUID; else one that is always the same for the key. It has the version of a
/// random one: what accepts only some versions accepts that one.
pub(crate) fn of_key(key: &str) -> String {
    if is_uuid(key) {
        return key.to_ascii_lowercase();
    }
    let digest = Sha256::new()
        .chain_update(NAMESPACE)
        .chain_update(key)
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex::encode(bytes);
    [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ]
    .join("-")
}

#[cfg(test)]
mod tests {
    use super::{is_uuid, of_key};

    #[test]
    fn a_key_is_one_uuid() {
        let uuid = of_key("booking:1:confirmed");
        assert!(is_uuid(&uuid), "{uuid}");
        assert_eq!(&uuid[14..15], "4");
        assert!(matches!(&uuid[19..20], "8" | "9" | "a" | "b"), "{uuid}");
        assert_eq!(of_key("booking:1:confirmed"), uuid);
        assert_ne!(of_key("booking:2:confirmed"), uuid);
        let given = "E0D1B2A3-0000-4000-8000-00000000000A";
        assert_eq!(of_key(given), given.to_ascii_lowercase());
    }

    #[test]
    fn other_texts_are_no_uuids() {
        for text in [
            "",
            "abc",
            "e0d1b2a3000040008000-000000000000aaa",
            "é0d1b2a3-0000-4000-8000-0000000000",
        ] {
            assert!(!is_uuid(text), "{text}");
        }
    }
}
