//! The purge audit: who purged what, when and why. Kept longer than the log, across changes of log.

use cache_core::{LogId, PurgeKind, Revision, Tag};

/// How long audit rows are kept: 400 days, a year plus a month to ask about its beginning.
pub const AUDIT_KEPT_MS: i64 = 400 * 86_400_000;

/// One purge in the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// The row's id, in the order of the audit; none before it is recorded.
    pub id: Option<i64>,
    pub at_ms: i64,
    pub actor: String,
    pub reason: String,
    pub kind: PurgeKind,
    pub tags: Vec<Tag>,
    /// The log that assigned the revision: another log assigns the same numbers again.
    pub log: Option<LogId>,
    pub revision: Option<Revision>,
}

/// Which audit rows to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Purges of this tag, and purges of everything.
    pub tag: Option<Tag>,
    pub actor: Option<String>,
}
