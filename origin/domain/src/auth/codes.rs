//! Codes that were sent, as they are stored: one for each user and purpose.

use std::fmt;

use async_trait::async_trait;

use crate::{StoreError, UserId, words::words};

/// How often a code of six digits may be tried.
pub const TRIES: i32 = 5;
/// How long a younger code stands before another is sent in its place.
pub const RESEND_AFTER_MS: i64 = 60_000;

const MINUTE_MS: i64 = 60_000;

words! {
    /// What a code is for.
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

/// A code as it is stored: one for each user and purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCode {
    pub user: UserId,
    pub purpose: CodePurpose,
    /// The address or number that it was sent to.
    pub target: String,
    pub hash: String,
    pub tries_left: i32,
    pub created_at_ms: i64,
    pub expires_at_ms: i64,
}

/// The codes of a backend.
#[async_trait]
pub trait CodeStore: fmt::Debug + Send + Sync {
    /// Stores a code in the place of the one before.
    async fn put(&self, code: StoredCode) -> Result<(), StoreError>;

    async fn get(
        &self,
        user: &UserId,
        purpose: CodePurpose,
    ) -> Result<Option<StoredCode>, StoreError>;

    /// Takes one try, in one step, and gives the code as it is after that; none when there is no
    /// code, it is over, or no try is left.
    async fn take_try(
        &self,
        user: &UserId,
        purpose: CodePurpose,
        now_ms: i64,
    ) -> Result<Option<StoredCode>, StoreError>;

    /// Removes a code if it is still this one; says whether it was.
    async fn consume(&self, code: &StoredCode) -> Result<bool, StoreError>;
}
