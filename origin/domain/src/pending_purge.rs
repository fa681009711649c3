//! What a write purges: every block's rules make these, and the outbox keeps them.

pub use cache_core::PurgeKind;
use cache_core::Tag;

/// A purge that is committed with the write that causes it, and not in the log yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingPurge {
    pub tags: Vec<Tag>,
    pub kind: PurgeKind,
    pub reason: String,
    pub actor: String,
}
