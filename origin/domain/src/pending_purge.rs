//! A purge that a write causes: every block's rules create these, and the outbox stores them.

use std::borrow::Cow;

pub use cache_core::PurgeKind;
use cache_core::Tag;

/// The maximum number of tags of a stored purge: with tags of any length the edge accepts its
/// record. More than a write of one partner's offers causes.
pub const MOST_TAGS: usize = 1_000;

/// A purge that is committed with the write that causes it, but is not in the log yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingPurge {
    pub tags: Vec<Tag>,
    pub kind: PurgeKind,
    pub reason: String,
    pub actor: String,
}

impl PendingPurge {
    /// The tags to store: everything instead of more than [`MOST_TAGS`].
    pub fn bounded_tags(&self) -> Cow<'_, [Tag]> {
        if self.tags.len() > MOST_TAGS {
            Cow::Owned(vec![Tag::everything()])
        } else {
            Cow::Borrowed(&self.tags)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// E13.
    #[test]
    fn more_tags_than_a_record_holds_purge_everything() {
        let purge = |count: usize| PendingPurge {
            tags: (0..count)
                .map(|n| format!("offer:{n}").parse().unwrap())
                .collect(),
            kind: PurgeKind::Hard,
            reason: String::new(),
            actor: String::new(),
        };
        let most = purge(MOST_TAGS);
        assert_eq!(*most.bounded_tags(), most.tags);
        let more = purge(MOST_TAGS + 1);
        assert_eq!(*more.bounded_tags(), [Tag::everything()]);
    }
}
