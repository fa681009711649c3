//! Counts who asks for which document, and writes the counts to the database, once a minute and when the
//! server stops.
//!
//! Requests are counted where they are answered: by the edge, which hands its counts on with the answers to
//! appends, or here. What the edge asks for in its own name is for requests that it counts itself.

use std::{
    cell::Cell,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use api::documents::Document;
use domain::{StoreError, documents, error_chain::chain, paris::Day};
use edge_core::{
    header,
    usage::{NAME_HEADERS, Usage, UsageRow, VERSION_HEADERS},
};
use http::{HeaderMap, HeaderValue};
use pq_core::manifest::OperationKind;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::state::AppState;

const PERIOD: Duration = Duration::from_mins(1);
/// How many rows one transaction adds.
const AT_ONCE: usize = 200;
/// For how many days counts are kept.
pub const KEPT_DAYS: u32 = 120;
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

    fn add(&self, rows: &[UsageRow]) {
        self.locked(0).add(rows);
    }

    fn take(&self, now_ms: u64) -> Vec<UsageRow> {
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

/// Stores the counts periodically until `stop` is cancelled, then a last time.
pub async fn run(state: AppState, stop: CancellationToken) {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut forgot = None;
    loop {
        let last = tokio::select! {
            () = stop.cancelled() => true,
            _ = ticks.tick() => false,
        };
        flush(&state).await;
        if last {
            return;
        }
        let today = Day::of(state.services.clock.now_ms());
        if today != forgot {
            match forget(&state, today).await {
                Ok(()) => forgot = today,
                Err(error) => {
                    tracing::warn!(error = chain(&error), "old usage is not forgotten yet");
                }
            }
        }
    }
}

/// Stores what was counted since the last time. Counts that cannot be stored are kept for the next.
pub async fn flush(state: &AppState) {
    let now_ms = state.services.clock.now_ms();
    for relay in &state.relays {
        state.usage.add(&relay.take_usage(now_ms.unsigned_abs()));
    }
    let Some(day) = Day::of(now_ms) else { return };
    let rows = state.usage.take(now_ms.unsigned_abs());
    for some in rows.chunks(AT_ONCE) {
        let stored = some.iter().map(|row| documents::Usage {
            day,
            document: row.document,
            client: row.client.clone(),
            version: row.version.clone(),
            requests: i64::try_from(row.requests).unwrap_or(i64::MAX),
        });
        if let Err(error) = state.services.documents.add_usage(stored.collect()).await {
            tracing::warn!(
                error = chain(&error),
                "usage of documents is not stored yet"
            );
            state.usage.add(some);
        }
    }
}

async fn forget(state: &AppState, today: Option<Day>) -> Result<(), StoreError> {
    let Some(mut before) = today else {
        return Ok(());
    };
    for _ in 0..KEPT_DAYS {
        before = before.previous();
    }
    state.services.documents.forget_usage(before).await
}
