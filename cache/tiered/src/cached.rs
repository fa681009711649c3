//! An answer or entity as a server holds it.

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use cache_core::{AsOf, EntryHead, Revision, Tag};

/// What an entry costs beside its bytes and tags, about: the cache's own bookkeeping.
const OVERHEAD_BYTES: usize = 256;

/// An entry in memory.
#[derive(Debug)]
pub struct Cached {
    /// All but the body.
    pub head: EntryHead,
    /// Ready to be sent.
    pub body: Bytes,
    /// Every write that was committed before this, by this server's steady clock, is in it: when it
    /// was read, or when its oldest part was known to be current. None when another server read it.
    seen_at_ms: Option<u64>,
    /// A revision of its log up to which it was found valid.
    valid_at: AtomicU64,
    /// Its tags as a header writes them, made when it is first asked for.
    tag_list: OnceLock<Bytes>,
}

impl Cached {
    /// An entry that contains every write that was committed before `seen_at_ms`, by this server's
    /// steady clock; none when another server read it.
    pub fn new(head: EntryHead, body: Bytes, seen_at_ms: Option<u64>) -> Self {
        Self {
            valid_at: AtomicU64::new(head.as_of.revision.0),
            head,
            body,
            seen_at_ms,
            tag_list: OnceLock::new(),
        }
    }

    /// Its tags, separated by commas.
    pub fn tag_list(&self) -> &Bytes {
        self.tag_list
            .get_or_init(|| Tag::join(&self.head.tags).into())
    }

    pub(crate) const fn seen_at_ms(&self) -> Option<u64> {
        self.seen_at_ms
    }

    /// The latest revision that it is known to have seen: an entry that no purge up to there names
    /// contains every write up to there that concerns it.
    pub fn as_of(&self) -> AsOf {
        AsOf {
            log: self.head.as_of.log,
            revision: Revision(self.valid_at.load(Ordering::Relaxed)),
        }
    }

    /// A judge whose copy ends at `head`, of the same log, found no purge of it.
    pub(crate) fn found_valid_at(&self, head: Revision) {
        self.valid_at.fetch_max(head.0, Ordering::Relaxed);
    }

    /// About how much memory it takes, in bytes.
    pub fn weight_bytes(&self) -> u32 {
        let tags: usize = self
            .head
            .tags
            .iter()
            .map(|tag| tag.as_str().len() + size_of::<Tag>())
            .sum();
        u32::try_from(OVERHEAD_BYTES + tags + self.body.len()).unwrap_or(u32::MAX)
    }
}
