//! Sessions as they are stored: in Redis, or without Redis in the database.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{StoreError, UserId};

/// How long a refresh token is valid, in milliseconds.
pub const LIFE_MS: i64 = 7 * 86_400_000;
/// How long after the sign-in a session ends, however often it was refreshed, in milliseconds.
pub const WHOLE_MS: i64 = 90 * 86_400_000;
/// The maximum number of sessions per user; beyond it the least recently used session ends.
pub const MAX_SESSIONS: usize = 20;

/// A session's id, shown to its user and contained in access tokens. It grants no access.
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

/// A stored session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub user: UserId,
    /// The account's epoch in which the user proved who they are. In any other the session is over.
    pub epoch: i64,
    /// What the client says it is, shortened.
    pub device: Option<String>,
    pub created_at_ms: i64,
    pub used_at_ms: i64,
    /// When its refresh token expires: seven days after its last use, and at [`Self::ends_at_ms`] at
    /// the latest.
    pub expires_at_ms: i64,
}

impl Session {
    /// When the session ends for good.
    pub const fn ends_at_ms(&self) -> i64 {
        ends_at_ms(self.created_at_ms)
    }
}

/// When a session ends for good that began at this moment.
pub const fn ends_at_ms(created_at_ms: i64) -> i64 {
    created_at_ms.saturating_add(WHOLE_MS)
}

/// When the refresh token expires that a session gets now.
pub fn expires_at_ms(created_at_ms: i64, now_ms: i64) -> i64 {
    now_ms
        .saturating_add(LIFE_MS)
        .min(ends_at_ms(created_at_ms))
}

/// The exchange of a refresh token for the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The hash of the token that the client sent.
    pub hash: String,
    /// The hash of the one that follows it: always the same one.
    pub next: String,
    pub now_ms: i64,
    /// How long after an exchange it may be repeated.
    pub grace_ms: i64,
}

/// The outcome of a refresh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The token was valid, and the next one has replaced it: now, or a moment ago.
    Done { user: UserId, epoch: i64 },
    /// The token had been used before and longer ago, so the session ended.
    Reused(UserId),
    /// There is no such session, it has expired, or its 90 days are over.
    Unknown,
}

/// The store of sessions: Redis, or without Redis the database.
#[async_trait]
pub trait Sessions: fmt::Debug + Send + Sync {
    /// Stores a new session with its token's hash. Beyond [`MAX_SESSIONS`] the least recently used
    /// session ends.
    async fn begin(&self, session: Session, hash: String) -> Result<(), StoreError>;

    /// Atomically replaces the hash with the next one if it is the valid token's. If it was
    /// replaced by the same next one within the grace, nothing changes: the client heard no answer,
    /// or two of its tabs came at once. Otherwise ends the session.
    async fn rotate(&self, id: &SessionId, exchange: Exchange) -> Result<Rotation, StoreError>;

    /// Whether this is a session of this user that has not ended. One that expired may count until
    /// the store removes it: access tokens end much earlier.
    async fn is_live(&self, user: &UserId, id: &SessionId) -> Result<bool, StoreError>;

    /// The user's sessions that have not expired, most recently used first.
    async fn of_user(&self, user: &UserId, now_ms: i64) -> Result<Vec<Session>, StoreError>;

    /// Ends the session that a refresh token names, whoever's it is; returns its user.
    async fn sign_out(&self, id: &SessionId) -> Result<Option<UserId>, StoreError>;

    /// Ends one session of this user; returns whether there was one.
    async fn end(&self, user: &UserId, id: &SessionId) -> Result<bool, StoreError>;

    /// Ends all sessions of a user except one; returns how many ended.
    async fn end_all(&self, user: &UserId, except: Option<&SessionId>)
    -> Result<usize, StoreError>;
}
