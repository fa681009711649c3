//! A purge that a write causes: every block's rules create these, and the outbox stores them.

pub use cache_core::PurgeKind;
use cache_core::Tag;

/// A purge that is committed with the write that causes it, but is not in the log yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingPurge {
    pub tags: Vec<Tag>,
    pub kind: PurgeKind,
    pub reason: String,
    pub actor: String,
}
