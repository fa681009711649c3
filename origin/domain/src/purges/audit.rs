//! Who purged what, when and why: kept for longer than the log, and whichever log was in force.

use cache_core::{LogId, PurgeKind, Revision, Tag};

/// How long rows are kept: a year, and a month to ask about its beginning.
pub const AUDIT_KEPT_MS: i64 = 400 * 86_400_000;

/// One purge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Its place in the audit; none before it is recorded.
    pub id: Option<i64>,
    pub at_ms: i64,
    pub actor: String,
    pub reason: String,
    pub kind: PurgeKind,
    pub tags: Vec<Tag>,
    /// The log that gave the revision: another one gives the same numbers again.
    pub log: Option<LogId>,
    pub revision: Option<Revision>,
}

/// Which rows to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Purges of this tag, or of everything.
    pub tag: Option<Tag>,
    pub actor: Option<String>,
}
