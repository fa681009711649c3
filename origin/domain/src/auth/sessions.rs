//! Sessions as they are kept: in Redis, or without it in the database.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{StoreError, UserId};

/// How long a refresh token may be used.
pub const LIFE_MS: i64 = 7 * 86_400_000;
/// The most sessions of one user; the one that was used longest ago ends.
pub const MAX_SESSIONS: usize = 20;

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

/// Where sessions are kept: in Redis, or without it in the database.
#[async_trait]
pub trait Sessions: fmt::Debug + Send + Sync {
    /// Stores a new session with the hash of its token. Of more than [`MAX_SESSIONS`] the one that
    /// was used longest ago ends.
    async fn begin(&self, session: Session, hash: String) -> Result<(), StoreError>;

    /// Replaces the hash by the next one if it is the present one's, in one step; else ends the
    /// session.
    async fn rotate(
        &self,
        id: &SessionId,
        hash: String,
        next: String,
        now_ms: i64,
    ) -> Result<Rotation, StoreError>;

    /// The sessions of a user that are not over, the one used last first.
    async fn of_user(&self, user: &UserId, now_ms: i64) -> Result<Vec<Session>, StoreError>;

    /// Ends one session of this user; says whether there was one.
    async fn end(&self, user: &UserId, id: &SessionId) -> Result<bool, StoreError>;

    /// Ends all sessions of a user but one; gives their number.
    async fn end_all(&self, user: &UserId, except: Option<&SessionId>)
    -> Result<usize, StoreError>;
}
