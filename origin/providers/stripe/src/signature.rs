//! `Stripe-Signature` (docs.stripe.com/webhooks/signature).

use domain::messages::provider::ReportError;
use domain::secret::Secret;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// How far the time of a signature may be from now, in milliseconds.
const TOLERANCE_MS: i64 = 300_000;
/// A header with more is none of Stripe's: while secrets rotate it has two signatures.
const MOST_SIGNATURES: usize = 8;

/// Hexadecimal HMAC-SHA256 over the time in seconds, a point and the body.
pub fn signature(secret: &[u8], t: i64, body: &[u8]) -> String {
    hex::encode(mac(secret, t, body).finalize().into_bytes())
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
fn mac(secret: &[u8], t: i64, body: &[u8]) -> Hmac<Sha256> {
    let mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of every length");
    mac.chain_update(t.to_string())
        .chain_update(b".")
        .chain_update(body)
}

/// Whether one of the header's signatures is that of one of the secrets, and its time is near. The
/// comparison takes constant time. Signatures of other versions than `v1` are of test reports of old.
pub(crate) fn check(
    secrets: &[Secret],
    header: Option<&str>,
    body: &[u8],
    now_ms: i64,
) -> Result<(), ReportError> {
    let header = header.ok_or(ReportError::Unsigned)?;
    let (mut t, mut given) = (None, Vec::new());
    for part in header.split(',') {
        match part.trim().split_once('=') {
            Some(("t", seconds)) if t.is_none() => t = seconds.parse::<i64>().ok(),
            Some(("v1", signature)) => given.extend(hex::decode(signature)),
            _ => {}
        }
    }
    let (Some(t), 1..=MOST_SIGNATURES) = (t, given.len()) else {
        return Err(ReportError::Signature);
    };
    let is_signed = secrets.iter().any(|secret| {
        let mac = mac(secret.expose(), t, body);
        let mut given = given.iter();
        given.any(|given| mac.clone().verify_slice(given).is_ok())
    });
    if !is_signed {
        return Err(ReportError::Signature);
    }
    let age_ms = now_ms.saturating_sub(t.saturating_mul(1_000));
    if age_ms.saturating_abs() > TOLERANCE_MS {
        return Err(ReportError::Old);
    }
    Ok(())
}
