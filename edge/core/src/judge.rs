//! Serve what is stored, serve it and refresh it, or fetch: `cache-core`'s decision, by what an
//! isolate knows.

use cache_core::{EntryHead, Judge, Revision};
pub use cache_core::{FetchReason, StaleReason, Verdict};

use crate::bounds;
use crate::replica::Replica;

/// Judges an entry by an isolate's copy of the purge log, for a client that may insist on
/// `min_revision` (see [`Replica::admit_minimum`]). Every write that was committed before
/// `seen_at_ms` (milliseconds since the epoch) is known to be in the entry.
pub fn judge(
    entry: &EntryHead,
    seen_at_ms: u64,
    replica: &Replica,
    now_ms: u64,
    min_revision: Option<Revision>,
) -> Verdict {
    let log = replica.copy();
    let age_ms = entry.age_ms(now_ms);
    let judge = Judge {
        log,
        log_age_ms: log.map_or(u64::MAX, |log| log.age_ms(now_ms)),
        distrust_ms: bounds::DISTRUST_MS,
        required: min_revision.max(replica.learned()),
        log_reaches: replica.feed_knows(&entry.as_of),
    };
    judge.judge(
        entry,
        &entry.as_of,
        age_ms,
        now_ms.saturating_sub(seen_at_ms),
    )
}

#[cfg(test)]
mod tests;
