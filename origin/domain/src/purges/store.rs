//! The store trait of purges: the outbox, the register of purge logs, and the audit.

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
    /// The audit row to write, unless another server moved the row meanwhile and wrote it.
    pub told: AuditRow,
}

/// The purges in a database. Other blocks' writes add to the outbox in their own transactions.
#[async_trait]
pub trait PurgeStore: fmt::Debug + Send + Sync {
    /// Stores a purge that no write causes.
    async fn push(&self, purge: PendingPurge, now_ms: i64) -> Result<(), StoreError>;

    /// The pending purges whose ids are greater than `after`, at most `limit`, by id. Ids are positive
    /// and say nothing of the order of commits: a purge that is committed later may have a smaller
    /// id.
    async fn pending(&self, after: i64, limit: usize) -> Result<Vec<OutboxRow>, StoreError>;

    /// The greatest id of a pending purge; 0 if there is none.
    async fn last_pending(&self) -> Result<i64, StoreError>;

    /// Removes rows whose records were read back from `log`, and writes their audit rows, in one
    /// transaction that also checks whether `log` is in force; returns whether it is. If it is not,
    /// its records do not count as purges. The audit names the actor that the removed row names: its
    /// account may have been erased since the row was read.
    async fn take_out(&self, log: LogId, moved: Vec<Moved>) -> Result<bool, StoreError>;

    /// The log in force, if there is one.
    async fn in_force(&self) -> Result<Option<LogId>, StoreError>;

    /// The revision after which the next log begins, see [`Revision::of_generation`].
    async fn next_begins_after(&self) -> Result<Revision, StoreError>;

    /// Puts a log that ends at `head` in force and retires the previous one; returns whether it
    /// did. A retired log stays retired, and a log that would reuse revisions of earlier ones is
    /// never put in force.
    async fn put_in_force(
        &self,
        log: LogId,
        head: Revision,
        now_ms: i64,
    ) -> Result<bool, StoreError>;

    /// The newest audit rows before `before_id`, at most `limit`, newest first: rows of a log by their
    /// revisions, after the rows that [`Self::tell`] added.
    async fn audit(
        &self,
        before_id: Option<i64>,
        limit: usize,
        filter: AuditFilter,
    ) -> Result<Vec<AuditRow>, StoreError>;

    /// Adds audit rows from another database, oldest first, before the rows of this one's logs.
    async fn tell(&self, rows: Vec<AuditRow>) -> Result<(), StoreError>;

    /// Deletes audit rows past their retention.
    async fn trim_audit(&self, now_ms: i64) -> Result<(), StoreError>;
}
