//! Stored one-time codes: one per user and purpose.

use std::fmt;

use async_trait::async_trait;

use crate::{StoreError, UserId, queue::NewTask, words::words};

/// How many times a six-digit code may be tried.
pub const TRIES: i32 = 5;
/// How soon another code may replace the previous one, in milliseconds.
pub const RESEND_AFTER_MS: i64 = 60_000;

const MINUTE_MS: i64 = 60_000;

words! {
    /// What a code proves or allows.
    CodePurpose {
        VerifyEmail = "verify_email",
        ResetPassword = "reset_password",
        VerifyPhone = "verify_phone",
    }
}

impl CodePurpose {
    pub const fn life_ms(self) -> i64 {
        match self {
            Self::VerifyEmail => 24 * 60 * MINUTE_MS,
            Self::ResetPassword => 30 * MINUTE_MS,
            Self::VerifyPhone => 10 * MINUTE_MS,
        }
    }
}

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
