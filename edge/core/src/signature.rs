//! How origin and edge authenticate each other: an HMAC-SHA-256 over a context, the time and the
//! body, written as `t=<milliseconds since the Unix epoch>,v1=<hex>`.

use hmac::{Hmac, Mac};
use sha2::Sha256;
use thiserror::Error;

/// A signature is refused when its time differs from the receiver's clock by more than this, in
/// milliseconds.
pub const MAX_SKEW_MS: u64 = 30_000;

/// Why a signature is refused.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum SignatureError {
    /// It does not have the form `t=…,v1=…`.
    #[error("the signature is malformed")]
    Malformed,
    /// It was made too long ago, or too far in the future.
    #[error("the signature's time differs too much from the current time")]
    Time,
    /// It was made with another secret, for another context or for another body.
    #[error("the signature does not match")]
    Wrong,
}

fn mac(secret: &[u8], context: &str, at_ms: u64, body: &[u8]) -> Option<Hmac<Sha256>> {
    // HMAC takes a key of any length; the error exists for other MACs.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    mac.update(&(context.len() as u64).to_le_bytes());
    mac.update(context.as_bytes());
    mac.update(&at_ms.to_le_bytes());
    mac.update(body);
    Some(mac)
}

/// Signs `body`. `context` names the purpose, so that a signature cannot be used for another one;
/// `at_ms` is the current time in milliseconds since the Unix epoch.
pub fn sign(secret: &[u8], context: &str, at_ms: u64, body: &[u8]) -> String {
    let digest = mac(secret, context, at_ms, body)
        .map(|mac| mac.finalize().into_bytes())
        .unwrap_or_default();
    format!("t={at_ms},v1={}", hex::encode(digest))
}

/// Verifies a signature of [`sign`] in constant time; returns the time at which it was made.
///
/// # Errors
/// [`SignatureError`]. An empty secret refuses every signature.
pub fn verify(
    secret: &[u8],
    header: &str,
    context: &str,
    now_ms: u64,
    body: &[u8],
) -> Result<u64, SignatureError> {
    let (time, digest) = header
        .strip_prefix("t=")
        .and_then(|rest| rest.split_once(",v1="))
        .ok_or(SignatureError::Malformed)?;
    let at_ms: u64 = time.parse().map_err(|_| SignatureError::Malformed)?;
    let digest = hex::decode(digest).map_err(|_| SignatureError::Malformed)?;
    if secret.is_empty() {
        return Err(SignatureError::Wrong);
    }
    let mac = mac(secret, context, at_ms, body).ok_or(SignatureError::Wrong)?;
    mac.verify_slice(&digest)
        .map_err(|_| SignatureError::Wrong)?;
    if at_ms.abs_diff(now_ms) > MAX_SKEW_MS {
        return Err(SignatureError::Time);
    }
    Ok(at_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_bytes_for_the_same_purpose_in_time_are_accepted() {
        let header = sign(b"secret", "purge-log", 100_000, b"body");
        assert_eq!(
            verify(
                b"secret",
                &header,
                "purge-log",
                100_000 + MAX_SKEW_MS,
                b"body"
            ),
            Ok(100_000)
        );
        let table = [
            (
                verify(b"other", &header, "purge-log", 100_000, b"body"),
                SignatureError::Wrong,
            ),
            (
                verify(b"", &sign(b"", "c", 1, b""), "c", 1, b""),
                SignatureError::Wrong,
            ),
            (
                verify(b"secret", &header, "document", 100_000, b"body"),
                SignatureError::Wrong,
            ),
            (
                verify(b"secret", &header, "purge-log", 100_000, b"body2"),
                SignatureError::Wrong,
            ),
            (
                verify(
                    b"secret",
                    &header,
                    "purge-log",
                    100_001 + MAX_SKEW_MS,
                    b"body",
                ),
                SignatureError::Time,
            ),
            (
                verify(b"secret", &header, "purge-log", 69_999, b"body"),
                SignatureError::Time,
            ),
            (
                verify(b"secret", "t=1,v1=zz", "purge-log", 1, b""),
                SignatureError::Malformed,
            ),
            (
                verify(b"secret", "", "purge-log", 1, b""),
                SignatureError::Malformed,
            ),
            (
                verify(b"secret", "t=100000,v1=", "purge-log", 100_000, b"body"),
                SignatureError::Wrong,
            ),
        ];
        for (index, (result, expected)) in table.into_iter().enumerate() {
            assert_eq!(result, Err(expected), "case {index}");
        }
    }
}
