//! What the database keeps for purges: the outbox, the register of purge logs, and the audit.

use std::fmt;

use async_trait::async_trait;
use cache_core::{LogId, Revision};

use super::{AuditFilter, AuditRow, OutboxRow, PendingPurge};
use crate::StoreError;

/// A row of the outbox that was moved into a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The row's id.
    pub id: i64,
    /// What the audit is told, unless another server moved the row meanwhile and told it.
    pub told: AuditRow,
}

/// The purges of a backend. Writes of other blocks push into the outbox in their own transactions.
#[async_trait]
pub trait PurgeStore: fmt::Debug + Send + Sync {
    /// Stores a purge that no write calls for.
    async fn push(&self, purge: PendingPurge, now_ms: i64) -> Result<(), StoreError>;

    /// The oldest pending purges, at most `limit`, in the order of their commits.
    async fn pending(&self, limit: usize) -> Result<Vec<OutboxRow>, StoreError>;

    /// The id of the newest pending purge; zero without any. Ids grow in the order of commits.
    async fn last_pending(&self) -> Result<i64, StoreError>;

    /// Takes rows out of the outbox whose records were read back from `log`, and tells the audit,
    /// in one transaction that also looks whether `log` is in force; says whether it is. Were it
    /// not, its records would be no purges.
    async fn take_out(&self, log: LogId, moved: Vec<Moved>) -> Result<bool, StoreError>;

    /// The log in force, once there is one.
    async fn in_force(&self) -> Result<Option<LogId>, StoreError>;

    /// Where a log begins that is put in force next, see [`Revision::of_generation`].
    async fn next_begins_after(&self) -> Result<Revision, StoreError>;

    /// Puts a log that ends at `head` in force and retires the one before it; says whether it
    /// could. A retired log stays retired, and one that gives out revisions of those before it
    /// never begins.
    async fn put_in_force(
        &self,
        log: LogId,
        head: Revision,
        now_ms: i64,
    ) -> Result<bool, StoreError>;

    /// The newest rows of the audit before `before_id`, at most `limit`, newest first.
    async fn audit(
        &self,
        before_id: Option<i64>,
        limit: usize,
        filter: AuditFilter,
    ) -> Result<Vec<AuditRow>, StoreError>;

    /// Adds rows to the audit that another database kept, oldest first.
    async fn tell(&self, rows: Vec<AuditRow>) -> Result<(), StoreError>;

    /// Forgets rows of the audit that are too old.
    async fn trim_audit(&self, now_ms: i64) -> Result<(), StoreError>;
}
