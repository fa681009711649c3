//! Sessions: refresh tokens, valid for seven days, each for a single use.
//!
//! A token is 48 random bytes: 16 that all tokens of one session share (the session's name), and 32
//! (256 bits) of its own. The store holds only hashes: of the shared part, which identifies the
//! session, and of the token that is valid now. A client that sends the shared part has had a token
//! of the session: if the rest does not match the valid token, an old token was reused, by its
//! owner or by a thief, and the session ends.
//!
//! There is no grace period for a token that is sent again because the response was lost: the
//! second response would need the first one's token, which is not stored, or a new one, which a
//! thief would get as well. Such a client signs in again.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::auth::sessions::SessionId;
use sha2::{Digest as _, Sha256};

const NAME_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;

/// A refresh token. Never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken([u8; NAME_BYTES + SECRET_BYTES]);

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}

impl RefreshToken {
    /// Generates the first token of a new session.
    pub fn first() -> Self {
        Self(super::random::bytes())
    }

    /// Generates the next token of the same session.
    #[must_use]
    pub fn next(&self) -> Self {
        let mut bytes = self.0;
        bytes[NAME_BYTES..].copy_from_slice(&super::random::bytes::<SECRET_BYTES>());
        Self(bytes)
    }

    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The token as the client receives it.
    pub fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    pub fn session(&self) -> SessionId {
        let mut hasher = Sha256::new();
        hasher.update(b"session\0");
        hasher.update(&self.0[..NAME_BYTES]);
        SessionId::new(hex::encode(&hasher.finalize()[..NAME_BYTES]))
    }

    /// The hash that is stored. Stores compare hashes for equality, not in constant time; that
    /// reveals nothing about the token, because nobody guesses 256 bits step by step through a
    /// hash.
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tokens_of_a_session_share_its_name_and_nothing_else() {
        let first = RefreshToken::first();
        let next = first.next();
        assert_eq!(first.session(), next.session());
        assert_ne!(first.hash(), next.hash());
        assert_ne!(first.session(), RefreshToken::first().session());
        assert_eq!(RefreshToken::parse(&first.expose()), Some(first.clone()));
        assert_eq!(first.expose().len(), 64);
        // The session's id does not reveal the token's shared part.
        assert!(
            !first
                .session()
                .as_str()
                .contains(&hex::encode(&first.0[..4]))
        );
        for bad in ["", "x", &first.expose()[1..], &(first.expose() + "A")] {
            assert_eq!(RefreshToken::parse(bad), None);
        }
        assert_eq!(format!("{first:?}"), "RefreshToken(…)");
    }
}
