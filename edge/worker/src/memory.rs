//! Answers in the isolate's memory; the least recently used one is evicted first.
//!
//! Bodies stay in JavaScript's memory, so that a response can use one without copying it through
//! wasm. Candidates are in wasm's, since pages are made of them there.

use std::rc::Rc;

use cache_core::{CacheKey, EntryHead};
use edge_core::nearest::list::NearestList;
use js_sys::Uint8Array;
use lru::LruCache;

/// The default capacity; an isolate has 128 MB in all.
pub(crate) const DEFAULT_CAPACITY_BYTES: usize = 48 * 1024 * 1024;
/// Roughly how many bytes an entry takes besides its body and tags.
const OVERHEAD_BYTES: usize = 512;

/// An answer that is ready to be sent.
#[derive(Clone)]
pub(crate) struct Ready {
    pub(crate) head: Rc<EntryHead>,
    /// It contains every write that was committed before this moment, in milliseconds since the Unix
    /// epoch; 0 when unknown.
    pub(crate) current_at_ms: u64,
    pub(crate) body: Body,
}

/// What an entry has.
#[derive(Clone)]
pub(crate) enum Body {
    /// The answer as it is sent.
    Whole(Uint8Array),
    /// What the lists of everybody in a cell are made of.
    Candidates(Rc<NearestList>),
}

impl Body {
    fn bytes(&self) -> usize {
        match self {
            Self::Whole(body) => body.length() as usize,
            Self::Candidates(list) => list.bytes(),
        }
    }
}

impl Ready {
    pub(crate) fn candidates(&self) -> Option<&NearestList> {
        match &self.body {
            Body::Whole(_) => None,
            Body::Candidates(list) => Some(list),
        }
    }

    fn bytes(&self) -> usize {
        let tags: usize = self
            .head
            .tags
            .iter()
            .map(|tag| tag.as_str().len() + 24)
            .sum();
        self.body.bytes() + tags + OVERHEAD_BYTES
    }
}

/// The isolate's answers.
pub(crate) struct Memory {
    entries: LruCache<CacheKey, Ready>,
    bytes: usize,
    capacity_bytes: usize,
}

impl Memory {
    /// A memory for answers of at most `capacity_bytes` together; 0 keeps none.
    pub(crate) fn with_capacity(capacity_bytes: usize) -> Self {
        Self {
            entries: LruCache::unbounded(),
            bytes: 0,
            capacity_bytes,
        }
    }

    pub(crate) fn get(&mut self, key: &CacheKey) -> Option<Ready> {
        self.entries.get(key).cloned()
    }

    /// Like [`Memory::get`], but does not count as a use.
    pub(crate) fn peek(&self, key: &CacheKey) -> Option<Ready> {
        self.entries.peek(key).cloned()
    }

    /// Stores an answer, unless the one that is there is newer. An answer that is larger than the
    /// whole capacity is not stored.
    pub(crate) fn put(&mut self, key: CacheKey, ready: Ready) {
        if ready.bytes() > self.capacity_bytes {
            return;
        }
        if self
            .entries
            .peek(&key)
            .is_some_and(|known| !ready.head.is_newer_than(&known.head))
        {
            return;
        }
        self.bytes += ready.bytes();
        if let Some((_, replaced)) = self.entries.push(key, ready) {
            self.bytes -= replaced.bytes();
        }
        while self.bytes > self.capacity_bytes {
            let Some((_, dropped)) = self.entries.pop_lru() else {
                break;
            };
            self.bytes -= dropped.bytes();
        }
    }
}
