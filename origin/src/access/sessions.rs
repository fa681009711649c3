//! Sessions: refresh tokens, seven days, each for one use.
//!
//! A token is 48 random bytes: 16 that all tokens of its session begin with, and 32 (256 bits) of
//! its own. The store has hashes alone: of the beginning, which names the session, and of the token
//! that is valid now. Whoever knows the beginning has had a token of the session: if the rest is not
//! the present one's, the token was used before, by its owner or by a thief, and the session ends.
//!
//! There is no grace for a token that is sent again because its answer was lost: the second answer
//! would have to be the first one's token, which is not kept, or a new one, which a thief would get
//! as well. Such a client signs in again.

use std::fmt;

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cache_tiered::link::LinkError;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{domain::UserId, store_sqlite::database::StoreError};

/// How long a refresh token may be used.
pub const LIFE_MS: i64 = 7 * 86_400_000;
/// The most sessions of one user; the one that was used longest ago ends.
pub const MAX_SESSIONS: usize = 20;

const NAME_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;

/// A session's name, for its user and in access tokens. It opens nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SessionId(String);

impl SessionId {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A refresh token. No log shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken([u8; NAME_BYTES + SECRET_BYTES]);

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}

impl RefreshToken {
    /// The first one of a new session.
    pub fn first() -> Self {
        Self(super::random::bytes())
    }

    /// Another one of the same session.
    #[must_use]
    pub fn next(&self) -> Self {
        let mut bytes = self.0;
        bytes[NAME_BYTES..].copy_from_slice(&super::random::bytes::<SECRET_BYTES>());
        Self(bytes)
    }

    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// As its client gets it.
    pub fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    pub fn session(&self) -> SessionId {
        let mut hasher = Sha256::new();
        hasher.update(b"session\0");
        hasher.update(&self.0[..NAME_BYTES]);
        SessionId(hex::encode(&hasher.finalize()[..NAME_BYTES]))
    }

    /// What is stored of it. Stores look for equal hashes: that tells nothing of the token, whose
    /// 256 bits nobody guesses step by step through a hash.
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.0))
    }
}

/// A session as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub user: UserId,
    /// What the client says it is, short.
    pub device: Option<String>,
    pub created_at_ms: i64,
    pub used_at_ms: i64,
    pub expires_at_ms: i64,
}

/// What came of a refresh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The token was valid; the next one is now.
    Done(UserId),
    /// It had been used: the session ended.
    Reused(UserId),
    /// No such session, or it is over.
    Unknown,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SessionsError {
    #[error("the store of sessions failed")]
    Store(#[from] StoreError),
    #[error("Redis failed")]
    Redis(#[from] LinkError),
    #[error("a session in Redis cannot be read: {0}")]
    Corrupt(&'static str),
}

/// Where sessions are kept: in Redis, or without it in the database.
#[async_trait]
pub trait Sessions: fmt::Debug + Send + Sync {
    /// Stores a new session with the hash of its token. Of more than [`MAX_SESSIONS`] the one that
    /// was used longest ago ends.
    async fn begin(&self, session: Session, hash: String) -> Result<(), SessionsError>;

    /// Replaces the hash by the next one if it is the present one's, in one step; else ends the
    /// session.
    async fn rotate(
        &self,
        id: &SessionId,
        hash: String,
        next: String,
        now_ms: i64,
    ) -> Result<Rotation, SessionsError>;

    /// The sessions of a user that are not over, the one used last first.
    async fn of_user(&self, user: &UserId, now_ms: i64) -> Result<Vec<Session>, SessionsError>;

    /// Ends one session of this user; says whether there was one.
    async fn end(&self, user: &UserId, id: &SessionId) -> Result<bool, SessionsError>;

    /// Ends all sessions of a user but one; gives their number.
    async fn end_all(
        &self,
        user: &UserId,
        except: Option<&SessionId>,
    ) -> Result<usize, SessionsError>;
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
        // The name does not give the beginning away.
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
