//! The store trait of identity checks.

use std::fmt;

use async_trait::async_trait;

use super::{
    provider::{Hint, Started, Verdict},
    refusals::IdentityRefusal,
    rules::{NewRuling, NewVerification},
    verification::{State, Verification},
};
use crate::{
    StoreError, UserId, VerificationId,
    cursor::{CursorKind, seal, unseal_of},
};

/// The outcome of a request for a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// The account does not exist any more, or is disabled.
    NoAccount,
    Refused(IdentityRefusal),
    /// The check that is open now: this one, or one from before.
    Done(Box<Verification>),
}

/// What became of a session that the provider began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// The account was erased meanwhile. A task has the session deleted.
    Gone,
    /// The check, with this session or the one that it has already; a task then has this one deleted.
    Done(Box<Verification>),
}

/// What became of a report of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hinted {
    /// No check has this session: its account was erased, or it is of another environment.
    Unknown,
    /// There is a task with its key, now or from before.
    Taken,
}

/// The outcome of an operator's decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruled {
    Refused(IdentityRefusal),
    Done(Box<Verification>),
}

/// Selects one page of checks, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerificationQuery {
    pub state: Option<State>,
    pub first: usize,
    pub after: Option<VerificationCursor>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerificationPage {
    pub items: Vec<Verification>,
    pub has_next_page: bool,
}

impl VerificationPage {
    /// Of one row more than a page has, if there are so many.
    pub fn of(mut items: Vec<Verification>, first: usize) -> Self {
        let has_next_page = items.len() > first;
        items.truncate(first);
        Self {
            items,
            has_next_page,
        }
    }
}

/// The position after a check, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerificationCursor {
    pub created_at_ms: i64,
    pub id: VerificationId,
}

impl VerificationCursor {
    pub fn of(verification: &Verification) -> Self {
        Self {
            created_at_ms: verification.created_at_ms,
            id: verification.id.clone(),
        }
    }

    pub fn encode(&self) -> String {
        let body = [
            &self.created_at_ms.to_be_bytes()[..],
            &self.id.to_bytes()[..],
        ]
        .concat();
        seal(CursorKind::VerificationNewest, &body)
    }

    pub fn decode(text: &str) -> Option<Self> {
        let body = unseal_of(CursorKind::VerificationNewest, text)?;
        let (moment, id) = body.split_first_chunk::<8>()?;
        Some(Self {
            created_at_ms: i64::from_be_bytes(*moment),
            id: VerificationId::from_bytes(id.try_into().ok()?),
        })
    }
}

/// The identity checks in a database.
#[async_trait]
pub trait IdentityStore: fmt::Debug + Send + Sync {
    /// Begins a check, or finds the one that is open. Of two requests at once both get the same.
    async fn begin(&self, new: NewVerification, now_ms: i64) -> Result<Begun, StoreError>;

    /// Gives a check the session that the provider began.
    async fn opened(
        &self,
        id: &VerificationId,
        started: Started,
        now_ms: i64,
    ) -> Result<Opened, StoreError>;

    async fn by_id(&self, id: &VerificationId) -> Result<Option<Verification>, StoreError>;

    /// All checks of a user, newest first.
    async fn of_user(&self, user: &UserId) -> Result<Vec<Verification>, StoreError>;

    /// Stores the task of a report, once for each of its key.
    async fn hinted(&self, hint: Hint, now_ms: i64) -> Result<Hinted, StoreError>;

    /// Applies what the provider decided, at this time by its clock; an approved identity counts for
    /// `valid_ms`. Returns the check if that changed it.
    async fn decided(
        &self,
        id: &VerificationId,
        decision: (Verdict, Option<i64>),
        valid_ms: i64,
        now_ms: i64,
    ) -> Result<Option<Verification>, StoreError>;

    /// Applies what an operator decides.
    async fn ruled(
        &self,
        id: &VerificationId,
        ruling: NewRuling,
        valid_ms: i64,
        now_ms: i64,
    ) -> Result<Ruled, StoreError>;

    async fn list(&self, query: VerificationQuery) -> Result<VerificationPage, StoreError>;

    /// Checks whose time has come, those that wait longest first.
    async fn due(&self, now_ms: i64, most: usize) -> Result<Vec<VerificationId>, StoreError>;

    /// Does what is due with a check; returns whether something was. Two servers at once do it once.
    async fn turn(&self, id: &VerificationId, now_ms: i64) -> Result<bool, StoreError>;

    /// Since when the oldest check waits for a decision.
    async fn oldest_open_ms(&self) -> Result<Option<i64>, StoreError>;
}
