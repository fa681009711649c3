//! Decides whether to serve a stored entry, serve and refresh it, or fetch: the decision of
//! `cache-core`, with an isolate's copy of the purge log and the edge's bounds.

use cache_core::{EntryHead, Judge, Revision};
pub use cache_core::{FetchReason, StaleReason, Verdict};

use crate::bounds;
use crate::replica::Replica;

/// Judges an entry by an isolate's copy of the purge log. `min_revision` is the minimum revision
/// that the request demands (see [`Replica::admit_minimum`]). The entry is known to contain every
/// write that was committed before `current_at_ms` (milliseconds since the Unix epoch).
pub fn judge(
    entry: &EntryHead,
    current_at_ms: u64,
    replica: &Replica,
    now_ms: u64,
    min_revision: Option<Revision>,
) -> Verdict {
    judge_of(entry, replica, now_ms, min_revision).judge(
        entry,
        &entry.as_of,
        entry.age_ms(now_ms),
        now_ms.saturating_sub(current_at_ms),
    )
}

/// Whether an entry may be served because the origin failed (stale-if-error). Takes the arguments
/// of [`judge`]; call it after the failure. See [`Judge::may_stand_in`].
pub fn may_stand_in(
    entry: &EntryHead,
    current_at_ms: u64,
    replica: &Replica,
    now_ms: u64,
    min_revision: Option<Revision>,
) -> bool {
    judge_of(entry, replica, now_ms, min_revision).may_stand_in(
        entry,
        &entry.as_of,
        entry.age_ms(now_ms),
        now_ms.saturating_sub(current_at_ms),
    )
}

fn judge_of<'a>(
    entry: &EntryHead,
    replica: &'a Replica,
    now_ms: u64,
    min_revision: Option<Revision>,
) -> Judge<'a> {
    let log = replica.copy();
    Judge {
        log,
        log_age_ms: log.map_or(u64::MAX, |log| log.age_ms(now_ms)),
        distrust_ms: bounds::DISTRUST_MS,
        required: min_revision.max(replica.learned(now_ms)),
        log_reaches: replica.feed_knows(&entry.as_of),
    }
}

#[cfg(test)]
mod tests;
