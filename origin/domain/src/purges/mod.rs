//! Purges in the database: in the outbox until they are in the purge log, then in the audit.

pub mod audit;
pub mod log_store;
pub mod store;

use cache_core::Tag;

pub use crate::pending_purge::{PendingPurge, PurgeKind};
pub use audit::{AuditFilter, AuditRow};
pub use log_store::{LogRole, LogStore};
pub use store::{InForce, Moved, Proof, PurgeStore, TakenOut};

/// How long records of the log are kept, in milliseconds: longer than the longest life of a cached
/// answer (categories: exactly 8 days).
pub const LOG_KEPT_MS: i64 = (8 * 24 + 1) * 3_600_000;
/// The maximum number of records. An answer older than the oldest record is invalid, so keeping
/// fewer is safe.
pub const LOG_KEPT_RECORDS: i64 = 1_000_000;
/// How many outbox rows are moved at a time, so that writers do not wait long.
pub const DRAINED_AT_ONCE: usize = 200;

/// A row of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    pub id: i64,
    pub purge: PendingPurge,
    pub at_ms: i64,
}

/// Parses the tags of a stored purge. If one cannot be parsed, everything is purged: purging too
/// much is safe, purging too little is not.
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
