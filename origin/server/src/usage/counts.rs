//! The counts of this process.

use std::{
    cell::Cell,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use api::documents::Document;
use edge_core::{
    header,
    usage::{NAME_HEADERS, Usage, UsageRow, VERSION_HEADERS},
};
use http::{HeaderMap, HeaderValue};
use pq_core::manifest::OperationKind;

/// Threads that count at the same time rarely wait for each other.
const SHARDS: usize = 8;

/// What a client says of itself.
#[derive(Clone, Debug, Default)]
pub struct Asking {
    name: Option<HeaderValue>,
    version: Option<HeaderValue>,
    is_for_everybody: bool,
}

impl Asking {
    pub fn of(headers: &HeaderMap) -> Self {
        let first = |names: [&str; 2]| names.iter().find_map(|name| headers.get(*name)).cloned();
        Self {
            name: first(NAME_HEADERS),
            version: first(VERSION_HEADERS),
            // Who pretends this is only not counted.
            is_for_everybody: headers.contains_key(header::SIGNATURE)
                && !headers.contains_key(header::CLIENT_IP),
        }
    }
}

/// The counts of this process that are not stored yet.
#[derive(Debug, Default)]
pub struct Counts {
    shards: [Mutex<Usage>; SHARDS],
}

impl Counts {
    /// Counts an answered request for a published document.
    pub fn count(&self, document: &Document, asking: &Asking) {
        if asking.is_for_everybody {
            return;
        }
        let text = |value: &Option<HeaderValue>| {
            let value = value.as_ref()?.to_str().ok()?;
            Some(value.to_owned())
        };
        let (name, version) = (text(&asking.name), text(&asking.version));
        let operation = &document.operation;
        self.locked(shard()).count(
            operation.id,
            &operation.clients,
            name.as_deref(),
            version.as_deref(),
        );
    }

    /// Counts a request over HTTP; subscriptions are counted when they begin.
    pub fn count_request(&self, document: &Document, asking: &Asking) {
        if document.operation.kind != OperationKind::Subscription {
            self.count(document, asking);
        }
    }

    fn locked(&self, shard: usize) -> MutexGuard<'_, Usage> {
        self.shards[shard]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what an edge counted, or what could not be stored.
    pub fn add(&self, rows: &[UsageRow]) {
        self.locked(0).add(rows);
    }

    /// The counts so far; they begin anew.
    pub fn take(&self, now_ms: u64) -> Vec<UsageRow> {
        let mut all = Usage::default();
        for shard in 0..SHARDS {
            let rows = self.locked(shard).take(now_ms);
            all.add(&rows);
        }
        all.take(now_ms)
    }
}

/// The shard of this thread.
fn shard() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static SHARD: Cell<Option<usize>> = const { Cell::new(None) };
    }
    SHARD.with(|shard| {
        let own = shard
            .get()
            .unwrap_or_else(|| NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS);
        shard.set(Some(own));
        own
    })
}
