//! One-time codes that prove that a message arrived: six digits sent by SMS, or a token in a link.
//!
//! A code is derived from a random nonce and the servers' secret, when its message is sent: the queue
//! holds the nonce, from which nobody else gets the code. The database stores an HMAC of the code under
//! the servers' secret: six digits could be guessed from a plain hash. A six-digit code allows five tries, and each try is counted before the code is compared; a
//! token has 256 bits, so its tries need no counting. Both are good until they expire: what they allow
//! happens once, and a client that heard no answer may ask again.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    UserId,
    auth::codes::{CodePurpose, StoredCode, TRIES},
    queue::Nonce,
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

    /// A new random nonce.
    pub fn nonce() -> Nonce {
        Nonce::new(random::bytes())
    }

    /// The six digits, or the secret of a link, that belong to a nonce.
    pub fn code(&self, purpose: CodePurpose, nonce: &Nonce) -> String {
        let bytes = self.derived(purpose.as_str(), nonce);
        match purpose {
            CodePurpose::VerifyPhone => digits(bytes),
            CodePurpose::VerifyEmail
            | CodePurpose::ResetPassword
            | CodePurpose::ChangeEmail
            | CodePurpose::UndoEmailChange => URL_SAFE_NO_PAD.encode(bytes),
        }
    }

    /// The secret of an invitation that belongs to a nonce.
    pub fn invitation(&self, nonce: &Nonce) -> [u8; 32] {
        self.derived("invitation", nonce)
    }

    fn derived(&self, what: &str, nonce: &Nonce) -> [u8; 32] {
        self.mac("derived", &[what.as_bytes(), nonce.as_bytes()])
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
        let parts = [purpose.as_str(), target, code].map(str::as_bytes);
        hex::encode(self.mac(user.as_str(), &parts))
    }

    /// An HMAC of texts, each with its length before it. The first one says what for: ids of users are
    /// no words.
    fn mac(&self, first: &str, others: &[&[u8]]) -> [u8; 32] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.secret).expect("an HMAC takes keys of any length");
        for part in std::iter::once(first.as_bytes()).chain(others.iter().copied()) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// Six digits. Of 2^64 numbers a million different remainders are as good as equally frequent.
fn digits(random: [u8; 32]) -> String {
    let number = random
        .first_chunk()
        .map_or(0, |first| u64::from_be_bytes(*first));
    format!("{:06}", number % 1_000_000)
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
        let codes = Codes::new([1; 32]);
        for _ in 0..1_000 {
            let code = codes.code(CodePurpose::VerifyPhone, &Codes::nonce());
            assert!(
                code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()),
                "{code}"
            );
        }
        let link = codes.code(CodePurpose::ResetPassword, &Codes::nonce());
        assert_eq!(URL_SAFE_NO_PAD.decode(&link).unwrap().len(), 32);
    }

    #[test]
    fn a_code_is_of_one_nonce_purpose_and_server_secret() {
        let (codes, nonce) = (Codes::new([1; 32]), Nonce::new([7; 32]));
        let link = codes.code(CodePurpose::ResetPassword, &nonce);
        assert_eq!(codes.code(CodePurpose::ResetPassword, &nonce), link);
        let others = [
            codes.code(CodePurpose::VerifyEmail, &nonce),
            codes.code(CodePurpose::ResetPassword, &Nonce::new([8; 32])),
            Codes::new([2; 32]).code(CodePurpose::ResetPassword, &nonce),
            URL_SAFE_NO_PAD.encode(codes.invitation(&nonce)),
        ];
        assert!(!others.contains(&link), "{link}: {others:?}");
    }
}
