//! Purges as the database keeps them until they are in the purge log, and after that in the audit.

pub mod audit;
pub mod log_store;
pub mod store;

use cache_core::Tag;

pub use crate::pending_purge::{PendingPurge, PurgeKind};
pub use audit::{AuditFilter, AuditRow};
pub use log_store::{LogRole, LogStore};
pub use store::{Moved, PurgeStore};

/// Records of the log are kept for longer than the longest life of a cached answer (categories: 8
/// days exactly).
pub const LOG_KEPT_MS: i64 = (8 * 24 + 1) * 3_600_000;
/// And at most so many. An answer from before the oldest record is not valid, so fewer are safe.
pub const LOG_KEPT_RECORDS: i64 = 1_000_000;
/// How many rows of the outbox are moved at a time, so that writers do not wait for long.
pub const DRAINED_AT_ONCE: usize = 200;

/// A row of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    pub id: i64,
    pub purge: PendingPurge,
    pub at_ms: i64,
}

/// The tags of a stored purge. One that cannot be read purges everything: purging too much is safe,
/// purging too little is not.
pub fn stored_tags(texts: &[String]) -> Vec<Tag> {
    texts
        .iter()
        .map(|text| {
            text.parse().unwrap_or_else(|_| {
                tracing::error!("a malformed tag in the outbox: everything is purged");
                Tag::everything()
            })
        })
        .collect()
}
