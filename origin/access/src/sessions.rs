//! Sessions: refresh tokens, valid for seven days, each exchanged once.
//!
//! A token is 48 random bytes: 16 that all tokens of one session share (the session's name), and 32
//! (256 bits) of its own. The store holds only hashes: of the shared part, which identifies the
//! session, and of the token that is valid now. A client that sends the shared part has had a token
//! of the session: if the rest does not match the valid token, an old token was reused, by its
//! owner or by a thief, and the session ends.
//!
//! A client that heard no answer sends its token again, and two tabs may send one token at once.
//! Within a short grace both get the same next token. It is not stored: it is an HMAC of the token
//! before it under the servers' secret, so every server computes the same, and nobody computes it
//! from an old token. A thief who sends a stolen token within the grace shares the next one with the
//! owner; whichever of them uses it second, after the grace, ends the session.

use std::{fmt, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::auth::sessions::{Exchange, SessionId};
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

/// How long a refresh token may be sent again, by default.
const GRACE: Duration = Duration::from_secs(30);
const NAME_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionsConfig {
    /// How long after a refresh the same refresh token gets the same answer, in seconds, 0 to 300:
    /// `YOUSOON_REFRESH_GRACE_S`, default 30. Later its reuse ends the session.
    pub grace: Duration,
}

impl Default for SessionsConfig {
    fn default() -> Self {
        Self { grace: GRACE }
    }
}

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

/// Exchanges refresh tokens for the next ones.
#[derive(Clone)]
pub struct RefreshTokens {
    secret: [u8; SECRET_BYTES],
    grace: Duration,
}

impl fmt::Debug for RefreshTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshTokens(…)")
    }
}

impl RefreshTokens {
    /// All servers need the same secret. Under another one a repeated exchange ends the session.
    pub const fn new(secret: [u8; SECRET_BYTES], config: SessionsConfig) -> Self {
        Self {
            secret,
            grace: config.grace,
        }
    }

    /// The next token of the same session, and its exchange for this one.
    pub fn exchange(&self, token: &RefreshToken, now_ms: i64) -> (RefreshToken, Exchange) {
        let next = self.next(token);
        let exchange = Exchange {
            hash: token.hash(),
            next: next.hash(),
            now_ms,
            grace_ms: i64::try_from(self.grace.as_millis()).unwrap_or(i64::MAX),
        };
        (next, exchange)
    }

    fn next(&self, token: &RefreshToken) -> RefreshToken {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.secret).expect("an HMAC takes keys of any length");
        mac.update(&token.0);
        let mut bytes = token.0;
        bytes[NAME_BYTES..].copy_from_slice(&mac.finalize().into_bytes());
        RefreshToken(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tokens_of_a_session_share_its_name_and_nothing_else() {
        let first = RefreshToken::first();
        let tokens = |secret| RefreshTokens::new([secret; 32], SessionsConfig::default());
        let (next, exchange) = tokens(1).exchange(&first, 7);
        assert_eq!((exchange.hash, exchange.next), (first.hash(), next.hash()));
        assert_eq!(tokens(1).exchange(&first, 8).0, next);
        assert_ne!(tokens(2).exchange(&first, 7).0, next);
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
