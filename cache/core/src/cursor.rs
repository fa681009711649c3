//! The wire format of cursors: base64url of version, kind, body and a checksum.
//!
//! The checksum is not a secret: it rejects cursors that were typed, truncated or edited, so that a
//! store does not accidentally seek to a position that it never returned. A cursor of a list by
//! distance can be computed wherever the distance is, see [`by_distance`].

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

const VERSION: u8 = 1;
const CHECKSUM_BYTES: usize = 4;
/// The longest accepted cursor in bytes: a name plus overhead; no real cursor is longer.
const MAX_TEXT_BYTES: usize = 2048;

/// Encodes a cursor. `kind` is the list order that it belongs to.
pub fn seal(kind: u8, body: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(2 + body.len() + CHECKSUM_BYTES);
    bytes.extend_from_slice(&[VERSION, kind]);
    bytes.extend_from_slice(body);
    let checksum = checksum(&bytes);
    bytes.extend_from_slice(&checksum);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The kind and body of a cursor of [`seal`]; `None` of any other text.
pub fn unseal(text: &str) -> Option<(u8, Vec<u8>)> {
    if text.len() > MAX_TEXT_BYTES {
        return None;
    }
    let mut bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let end = bytes.len().checked_sub(CHECKSUM_BYTES)?;
    let given = bytes.split_off(end);
    if given != checksum(&bytes) {
        return None;
    }
    match bytes.as_slice() {
        [VERSION, kind, body @ ..] => Some((*kind, body.to_vec())),
        _ => None,
    }
}

/// The body of a cursor of a list by distance: the distance's bits, big-endian, and the item's id.
///
/// The bits instead of decimal text, because the next page must compare with exactly this value.
pub fn distance_body(distance_km: f64, id: &[u8]) -> Vec<u8> {
    [&distance_km.to_bits().to_be_bytes()[..], id].concat()
}

/// The cursor of an item in a list by distance.
pub fn by_distance(kind: u8, distance_km: f64, id: &[u8]) -> String {
    seal(kind, &distance_body(distance_km, id))
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let mut hasher = Sha256::new();
    hasher.update(b"yousoon cursor\0");
    hasher.update(bytes);
    let digest = hasher.finalize();
    std::array::from_fn(|i| digest[i])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_body_reads_back_and_an_edited_one_does_not() {
        let sealed = seal(3, b"bistrot");
        assert_eq!(unseal(&sealed), Some((3, b"bistrot".to_vec())));
        for at in 0..sealed.len() {
            let mut edited = sealed.clone().into_bytes();
            edited[at] = if edited[at] == b'A' { b'B' } else { b'A' };
            let edited = String::from_utf8(edited).unwrap();
            assert_eq!(unseal(&edited), None, "byte {at}");
        }
        for text in ["", "AAAA", "é", "\0", &sealed[1..], &"A".repeat(4096)] {
            assert_eq!(unseal(text), None);
        }
    }
}
