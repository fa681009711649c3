//! The purge log where it lives in the database itself, for a server without Redis.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use cache_core::{LogId, PurgeRecord, Revision};

use crate::StoreError;

/// Who opens the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogRole {
    /// A server: its log is put in force.
    Server,
    /// A command beside the servers: it leaves its purges to them when their log is another one.
    Tool,
}

/// Where a log begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogExtent {
    /// Every purge after this is known.
    pub horizon: Revision,
    /// The last record.
    pub head: Revision,
}

/// An open purge log in the database. A log that another one replaced answers `None`.
#[async_trait]
pub trait LogStore: fmt::Debug + Send + Sync {
    /// Its identity.
    fn id(&self) -> LogId;

    /// Moves the whole outbox into the log, and gives the log's end and its records after `known`, at
    /// most [`super::DRAINED_AT_ONCE`] of them.
    async fn drain(
        &self,
        known: Revision,
        now_ms: i64,
    ) -> Result<Option<(Revision, Vec<PurgeRecord>)>, StoreError>;

    /// Whether purges wait in the outbox; where the log begins and ends.
    async fn look(&self) -> Result<Option<(bool, LogExtent)>, StoreError>;

    /// The records after a revision, at most `limit`; waits up to `wait` for the first one.
    async fn records_after(
        &self,
        after: Revision,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<PurgeRecord>, StoreError>;

    /// Forgets records that no cached answer can need any more.
    async fn trim(&self, now_ms: i64) -> Result<(), StoreError>;
}
