//! Counts the requests for each document by client and version. The counts go to the database once a minute
//! and when the server stops.
//!
//! Requests are counted where they are answered: by the edge, which hands its counts on with the answers to
//! appends, or here. What the edge asks for in its own name is for requests that it counts itself.

pub mod counts;

use std::time::Duration;

use domain::{StoreError, documents, error_chain::chain, paris::Day};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::state::AppState;

const PERIOD: Duration = Duration::from_mins(1);
/// How many rows one transaction adds.
const AT_ONCE: usize = 200;
/// For how many days counts are kept.
pub const KEPT_DAYS: u32 = 120;

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
    let Some(today) = today else {
        return Ok(());
    };
    let first_kept = today.earlier(KEPT_DAYS);
    state.services.documents.forget_usage(first_kept).await
}
