//! Ready answers in the isolate's memory, least recently used first out.
//!
//! Bodies stay in JavaScript's memory: handing one to a response copies nothing through wasm.

use std::rc::Rc;

use cache_core::{CacheKey, EntryHead};
use js_sys::Uint8Array;
use lru::LruCache;

/// What an isolate keeps unless it is told otherwise, of its 128 MB.
pub(crate) const DEFAULT_CAPACITY_BYTES: usize = 48 * 1024 * 1024;
/// What an entry costs beside its body and tags.
const OVERHEAD_BYTES: usize = 512;

/// An answer that is ready to be sent.
#[derive(Clone)]
pub(crate) struct Ready {
    pub(crate) head: Rc<EntryHead>,
    /// Every write that was committed before this is in it, milliseconds since the epoch.
    pub(crate) seen_at_ms: u64,
    pub(crate) body: Uint8Array,
}

impl Ready {
    fn bytes(&self) -> usize {
        let tags: usize = self
            .head
            .tags
            .iter()
            .map(|tag| tag.as_str().len() + 24)
            .sum();
        self.body.length() as usize + tags + OVERHEAD_BYTES
    }
}

/// The isolate's answers.
pub(crate) struct Memory {
    entries: LruCache<CacheKey, Ready>,
    bytes: usize,
    capacity_bytes: usize,
}

impl Memory {
    /// Keeps answers of so many bytes together; none at all with 0.
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

    /// As [`Memory::get`], for who only looks: it does not count as a use.
    pub(crate) fn peek(&self, key: &CacheKey) -> Option<Ready> {
        self.entries.peek(key).cloned()
    }

    /// Keeps an answer, unless what is there is newer. One that is larger than all that may be
    /// kept drives out nothing.
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
