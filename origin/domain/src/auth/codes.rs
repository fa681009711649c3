//! Stored one-time codes: one per user and purpose.

use std::fmt;

use async_trait::async_trait;

pub use super::purpose::CodePurpose;

use crate::{
    StoreError, UserId,
    queue::{Lane, NewTask, Nonce, Work},
};

/// How many times a six-digit code may be tried.
pub const TRIES: i32 = 5;
/// How soon another code may replace the previous one, in milliseconds.
pub const RESEND_AFTER_MS: i64 = 60_000;

/// A stored one-time code: one per user and purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCode {
    pub user: UserId,
    pub purpose: CodePurpose,
    /// The e-mail address or phone number that the code was sent to.
    pub target: String,
    pub hash: String,
    /// The account's epoch when the code was sent: a code sets a password in this epoch only, so it
    /// sets one, and none once the password was changed otherwise.
    pub epoch: i64,
    pub tries_left: i32,
    pub created_at_ms: i64,
    pub expires_at_ms: i64,
}

impl StoredCode {
    /// The task that sends it; `nonce` is what it was made of.
    pub fn task(&self, nonce: Nonce) -> NewTask {
        let work = Work::Code {
            user: self.user.clone(),
            purpose: self.purpose,
            nonce,
        };
        NewTask {
            key: format!("{}:{}:{}", work.kind(), self.user, start(&self.hash)),
            lane: Lane::Codes,
            work,
            person: Some(self.user.clone()),
            created_at_ms: self.created_at_ms,
            due_at_ms: self.created_at_ms,
            expires_at_ms: self.expires_at_ms,
        }
    }
}

/// Enough of a hash to tell a user's codes apart.
fn start(hash: &str) -> &str {
    hash.get(..16).unwrap_or(hash)
}

/// The one-time codes in a database.
#[async_trait]
pub trait CodeStore: fmt::Debug + Send + Sync {
    /// Stores a code, in place of the previous one for the same user and purpose, and the task that
    /// sends it. Returns whether there is an active account for it; without one nothing is stored.
    async fn put(&self, code: StoredCode, task: NewTask) -> Result<bool, StoreError>;

    async fn get(
        &self,
        user: &UserId,
        purpose: CodePurpose,
    ) -> Result<Option<StoredCode>, StoreError>;

    /// Counts one try atomically and returns the code after that; none when there is no code, it
    /// has expired, or no try is left.
    async fn take_try(
        &self,
        user: &UserId,
        purpose: CodePurpose,
        now_ms: i64,
    ) -> Result<Option<StoredCode>, StoreError>;
}
