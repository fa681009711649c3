//! The store trait of operators' deeds and of their audit.

use std::fmt;

use async_trait::async_trait;

use super::deed::{Entry, NewDeed, Number, Target};
use crate::{
    PartnerId, StoreError, UserId,
    offers::store::Author,
    partners::{review::Decision, store::Stood},
    users::{
        change::AccountChange,
        store::{Changed, Erased},
    },
};

/// Which entries to list, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditQuery {
    pub target: Option<Target>,
    pub actor: Option<String>,
    /// From this moment on.
    pub from_ms: Option<i64>,
    /// Before this moment.
    pub until_ms: Option<i64>,
    pub first: usize,
    pub before: Option<Number>,
}

/// A page of entries, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditPage {
    pub items: Vec<Entry>,
    pub has_next_page: bool,
}

/// The outcome of a change of an account by an operator. What is refused is recorded by nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operated {
    /// One administrator has to stay.
    LastAdministrator,
    /// It was done, and is in the audit; or the store refused it.
    Changed(Changed),
}

/// The outcome of an erasure by an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OperatedErasure {
    /// One administrator has to stay.
    LastAdministrator,
    /// It was done, and is in the audit; or the store refused it.
    Erased(Erased),
}

/// The deeds of operators in a database. Entries are added, and never changed or removed: the numbers of
/// the audit have no gap.
#[async_trait]
pub trait OperatorStore: fmt::Debug + Send + Sync {
    /// Records a deed by itself: of one that is no transaction of this database, before it is done.
    async fn record(&self, deed: NewDeed) -> Result<Entry, StoreError>;

    /// Changes an account and records it, in one transaction. One administrator stays active, even when
    /// two lose the role at the same time.
    async fn change(
        &self,
        id: &UserId,
        change: AccountChange,
        deed: NewDeed,
        now_ms: i64,
    ) -> Result<Operated, StoreError>;

    /// Erases an account as its owner may, and records it, in one transaction.
    async fn erase(
        &self,
        id: &UserId,
        pseudonym: &str,
        deed: NewDeed,
        now_ms: i64,
    ) -> Result<OperatedErasure, StoreError>;

    /// Decides about a partner, records it and leaves the task that tells its owners, in one transaction with
    /// its purges. Of two decisions at once the second one finds the partner in another status. No two partners
    /// are approved with the same SIRET.
    async fn decide(
        &self,
        partner: &PartnerId,
        decision: Decision,
        deed: NewDeed,
        author: Author,
        now_ms: i64,
    ) -> Result<Stood, StoreError>;

    /// Ends a partner as its owner may, and records it, in one transaction.
    async fn end_partner(
        &self,
        partner: &PartnerId,
        deed: NewDeed,
        author: Author,
        now_ms: i64,
    ) -> Result<Stood, StoreError>;

    async fn audit(&self, query: AuditQuery) -> Result<AuditPage, StoreError>;

    /// The entries after a number, oldest first, at most `limit`: to see whether each follows the one
    /// before.
    async fn audit_after(
        &self,
        after: Option<Number>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError>;
}
