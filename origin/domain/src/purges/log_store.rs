//! The purge log inside the database, for a server without Redis.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use cache_core::{LogId, PurgeRecord, Revision};

use crate::StoreError;

/// Who opens the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogRole {
    /// A server: puts its log in force.
    Server,
    /// A command-line tool: if another log is in force, it leaves its purges to the servers.
    Tool,
}

/// The revisions between which a log knows all purges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogExtent {
    /// Every purge after this revision is known.
    pub horizon: Revision,
    /// The revision of the last record.
    pub head: Revision,
}

/// An open purge log in the database. A log that was replaced by another one answers `None`.
#[async_trait]
pub trait LogStore: fmt::Debug + Send + Sync {
    /// The log's id.
    fn id(&self) -> LogId;

    /// Moves the whole outbox into the log; returns the log's extent and its records after `known`,
    /// at most [`super::DRAINED_AT_ONCE`] of them.
    async fn drain(
        &self,
        known: Revision,
        now_ms: i64,
    ) -> Result<Option<(LogExtent, Vec<PurgeRecord>)>, StoreError>;

    /// Whether purges wait in the outbox, and the log's extent.
    async fn look(&self) -> Result<Option<(bool, LogExtent)>, StoreError>;

    /// The records after a revision, at most `limit`; waits up to `wait` for the first one.
    async fn records_after(
        &self,
        after: Revision,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<PurgeRecord>, StoreError>;

    /// Deletes records that no cached answer can need any more.
    async fn trim(&self, now_ms: i64) -> Result<(), StoreError>;
}
