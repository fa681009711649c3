//! A signed announcement of a body: its length and its SHA-256. A receiver checks it before it reads
//! the body, so that nobody without the secret can make it read one.

use sha2::{Digest as _, Sha256};

use crate::signature::{self, SignatureError};

/// A body that the holder of the secret has announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// The body's length.
    pub bytes: usize,
    /// When it was signed, in milliseconds since the Unix epoch.
    pub signed_at_ms: u64,
    digest: [u8; 32],
}

/// The text that announces `body`, to be signed by [`signature::sign`] in place of the body:
/// `<length>;<SHA-256 in hexadecimal>`.
pub fn announce(body: &[u8]) -> String {
    format!("{};{}", body.len(), hex::encode(Sha256::digest(body)))
}

impl Announced {
    /// Reads an announcement whose signature is good.
    ///
    /// # Errors
    /// [`SignatureError`]; `Malformed` also when the announcement is.
    pub fn verify(
        secret: &[u8],
        signed: &str,
        announcement: &str,
        context: &str,
        now_ms: u64,
    ) -> Result<Self, SignatureError> {
        let signed_at_ms =
            signature::verify(secret, signed, context, now_ms, announcement.as_bytes())?;
        let (bytes, digest) = announcement
            .split_once(';')
            .ok_or(SignatureError::Malformed)?;
        let bytes = bytes.parse().map_err(|_| SignatureError::Malformed)?;
        let digest = hex::decode(digest).map_err(|_| SignatureError::Malformed)?;
        let digest = digest.try_into().map_err(|_| SignatureError::Malformed)?;
        Ok(Self {
            bytes,
            signed_at_ms,
            digest,
        })
    }

    /// Whether this is the announced body.
    pub fn is(&self, body: &[u8]) -> bool {
        body.len() == self.bytes && <[u8; 32]>::from(Sha256::digest(body)) == self.digest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// E12.
    #[test]
    fn only_the_announced_body_is_accepted_and_only_from_who_has_the_secret() {
        let text = announce(b"body");
        let signed = signature::sign(b"secret", "context", 1_000, text.as_bytes());
        let verified =
            |secret: &[u8], text: &str| Announced::verify(secret, &signed, text, "context", 1_000);
        let announced = verified(b"secret", &text).unwrap();
        assert_eq!((announced.bytes, announced.signed_at_ms), (4, 1_000));
        assert!(announced.is(b"body"));
        assert!(!announced.is(b"bodY"));
        assert!(!announced.is(b"body "));
        let wrong = Err(SignatureError::Wrong);
        assert_eq!(verified(b"other", &text), wrong);
        assert_eq!(verified(b"secret", &text.replacen('4', "5", 1)), wrong);
        for malformed in ["", "4", "4;00", "x;00"] {
            let signed = signature::sign(b"secret", "context", 1_000, malformed.as_bytes());
            let read = Announced::verify(b"secret", &signed, malformed, "context", 1_000);
            assert_eq!(read, Err(SignatureError::Malformed), "{malformed}");
        }
    }
}
