//! `X-HMAC-SIGNATURE`: HMAC-SHA256 with the shared secret, in hexadecimal.

use hmac::{Hmac, Mac};
use sha2::Sha256;

#[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
fn mac(secret: &[u8], signed: &[u8]) -> Hmac<Sha256> {
    let mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of every length");
    mac.chain_update(signed)
}

pub fn signature(secret: &[u8], signed: &[u8]) -> String {
    hex::encode(mac(secret, signed).finalize().into_bytes())
}

/// Whether a signature is right. The comparison takes constant time.
pub(crate) fn is_signed(secret: &[u8], given: &str, signed: &[u8]) -> bool {
    // Both cases of letters are hexadecimal.
    hex::decode(given).is_ok_and(|given| mac(secret, signed).verify_slice(&given).is_ok())
}
