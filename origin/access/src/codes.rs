//! One-time codes that prove that a message arrived: six digits sent by SMS, or a token in a link.
//!
//! The database stores an HMAC under the servers' secret: six digits could be guessed from a plain
//! hash. A six-digit code allows five tries, and each try is counted before the code is compared; a
//! token has 256 bits, so its tries need no counting. Both are good until they expire: what they allow
//! happens once, and a client that heard no answer may ask again.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    UserId,
    auth::codes::{CodePurpose, StoredCode, TRIES},
};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use super::random;

/// Generates and compares one-time codes.
#[derive(Clone)]
pub struct Codes {
    secret: [u8; 32],
}

impl fmt::Debug for Codes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Codes(…)")
    }
}

impl Codes {
    /// All servers need the same secret: codes made under another secret are rejected.
    pub const fn new(secret: [u8; 32]) -> Self {
        Self { secret }
    }

    /// Generates six digits, or the secret of a link.
    pub fn fresh(purpose: CodePurpose) -> String {
        match purpose {
            CodePurpose::VerifyPhone => digits(),
            CodePurpose::VerifyEmail | CodePurpose::ResetPassword => {
                URL_SAFE_NO_PAD.encode(random::bytes::<32>())
            }
        }
    }

    /// Builds the stored form of a code.
    pub fn stored(
        &self,
        user: &UserId,
        epoch: i64,
        purpose: CodePurpose,
        target: &str,
        code: &str,
        now_ms: i64,
    ) -> StoredCode {
        StoredCode {
            hash: self.hash(user, purpose, target, code),
            user: user.clone(),
            epoch,
            purpose,
            target: target.to_owned(),
            tries_left: TRIES,
            created_at_ms: now_ms,
            expires_at_ms: now_ms + purpose.life_ms(),
        }
    }

    /// Compares a code with the stored one in constant time.
    pub fn is(&self, stored: &StoredCode, code: &str) -> bool {
        let hash = self.hash(&stored.user, stored.purpose, &stored.target, code);
        hash.as_bytes().ct_eq(stored.hash.as_bytes()).into()
    }

    fn hash(&self, user: &UserId, purpose: CodePurpose, target: &str, code: &str) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.secret).expect("an HMAC takes keys of any length");
        for part in [user.as_str(), purpose.as_str(), target, code] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        hex::encode(mac.finalize().into_bytes())
    }
}

/// Generates six uniformly distributed digits.
fn digits() -> String {
    const CODES: u32 = 1_000_000;
    loop {
        let number = u32::from_be_bytes(random::bytes());
        if number < u32::MAX - u32::MAX % CODES {
            return format!("{:06}", number % CODES);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_of_one_user_purpose_target_and_secret() {
        let codes = Codes::new([1; 32]);
        let (ana, ben) = (UserId::derive("user", "ana"), UserId::derive("user", "ben"));
        let phone = CodePurpose::VerifyPhone;
        let stored = codes.stored(&ana, 0, phone, "+33600000001", "012345", 7);
        assert!(codes.is(&stored, "012345"));
        assert!(!codes.is(&stored, "012346") && !codes.is(&stored, ""));
        assert!(!Codes::new([2; 32]).is(&stored, "012345"));
        for other in [
            StoredCode {
                user: ben,
                ..stored.clone()
            },
            StoredCode {
                purpose: CodePurpose::VerifyEmail,
                ..stored.clone()
            },
            StoredCode {
                target: "+33600000002".into(),
                ..stored.clone()
            },
        ] {
            assert!(!codes.is(&other, "012345"));
        }
        assert_eq!(stored.expires_at_ms, 7 + 600_000);
        assert!(!format!("{stored:?}").contains("012345"));
    }

    #[test]
    fn six_digits_are_six_and_a_link_has_256_bits() {
        for _ in 0..1_000 {
            let code = Codes::fresh(CodePurpose::VerifyPhone);
            assert!(
                code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()),
                "{code}"
            );
        }
        let (one, other) = (
            Codes::fresh(CodePurpose::ResetPassword),
            Codes::fresh(CodePurpose::ResetPassword),
        );
        assert_eq!(URL_SAFE_NO_PAD.decode(&one).unwrap().len(), 32);
        assert_ne!(one, other);
    }
}
