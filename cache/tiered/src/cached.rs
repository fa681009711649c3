//! A cached answer or entity in a server's memory.

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use cache_core::{AsOf, CacheControl, EntryHead, Revision, Tag};
use http::HeaderValue;

/// Roughly how many bytes an entry takes besides its body and tags (the cache's bookkeeping).
const OVERHEAD_BYTES: usize = 512;

/// An entry in memory.
#[derive(Debug)]
pub struct Cached {
    /// Everything except the body.
    pub head: EntryHead,
    /// The body, ready to be sent.
    pub body: Bytes,
    /// The entry contains every write that was committed before this moment, by this server's
    /// steady clock: when it was read, or when its oldest part was last known to be current. `None`
    /// when another server read it.
    current_at_ms: Option<u64>,
    /// The latest revision of its log at which it was found valid.
    valid_at: AtomicU64,
    /// The formatted headers; made when the entry is first sent.
    headers: OnceLock<FormattedHeaders>,
}

/// The headers that describe an entry. They are formatted once, because an entry is sent often.
#[derive(Debug)]
pub struct FormattedHeaders {
    /// `Cache-Control`, for all answers except stale ones that are served because of an error.
    pub cache_control: HeaderValue,
    /// `ETag`.
    pub etag: HeaderValue,
    /// The tags, separated by commas.
    pub tags: HeaderValue,
    /// The identity of the entry's log, as text.
    pub log: Box<str>,
}

impl FormattedHeaders {
    fn of(head: &EntryHead) -> Self {
        // The values are made of tags, numbers and fixed words, which are all visible ASCII.
        let value = |text: String| {
            HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
        };
        Self {
            cache_control: value(CacheControl::Public(head.lifetime).to_string()),
            etag: value(head.content.etag()),
            tags: value(Tag::join(&head.tags)),
            log: head.as_of.log.to_string().into(),
        }
    }
}

impl Cached {
    /// An entry that contains every write that was committed before `current_at_ms`, in milliseconds of
    /// this server's steady clock; `None` when another server read it.
    pub fn new(head: EntryHead, body: Bytes, current_at_ms: Option<u64>) -> Self {
        Self {
            valid_at: AtomicU64::new(head.as_of.revision.0),
            head,
            body,
            current_at_ms,
            headers: OnceLock::new(),
        }
    }

    /// The headers that describe the entry.
    pub fn headers(&self) -> &FormattedHeaders {
        self.headers
            .get_or_init(|| FormattedHeaders::of(&self.head))
    }

    pub(crate) const fn current_at_ms(&self) -> Option<u64> {
        self.current_at_ms
    }

    /// The latest revision up to which the entry is known to be current: no purge up to there names
    /// one of its tags, so it contains every write up to there that concerns it.
    pub fn as_of(&self) -> AsOf {
        AsOf {
            log: self.head.as_of.log,
            revision: Revision(self.valid_at.load(Ordering::Relaxed)),
        }
    }

    /// Notes that a copy of the entry's log that ends at `head` found it valid.
    pub(crate) fn found_valid_at(&self, head: Revision) {
        // Nearly always it is known already: a look costs less than a write, which takes the memory
        // from the other cores.
        if self.valid_at.load(Ordering::Relaxed) < head.0 {
            self.valid_at.fetch_max(head.0, Ordering::Relaxed);
        }
    }

    /// Roughly how much memory the entry takes, in bytes.
    pub fn weight_bytes(&self) -> u32 {
        let tags: usize = self
            .head
            .tags
            .iter()
            // Each tag is stored twice: by itself and in the header.
            .map(|tag| 2 * tag.as_str().len() + size_of::<Tag>())
            .sum();
        u32::try_from(OVERHEAD_BYTES + tags + self.body.len()).unwrap_or(u32::MAX)
    }
}
