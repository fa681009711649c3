//! What a client has seen, and how many may insist on what the copy has not reached.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use cache_core::{Allowance, Revision};
use tokio::time::timeout;

use super::{Position, PurgeFeed};

/// How long a request waits for a revision that its client has seen.
const REQUIRE_WITHIN: Duration = Duration::from_millis(300);
/// So many a second and server: each costs a question to the log, and a wait when the log does not
/// answer. A copy is a few milliseconds behind, so that honest clients rarely need one at all; and
/// these, at [`REQUIRE_WITHIN`] each, are some sixty requests that wait at a time.
const FORCED_PER_S: u32 = 200;

#[derive(Debug, Default)]
struct State {
    forced: Allowance,
    given_here: Revision,
}

/// Counts them.
#[derive(Debug, Default)]
pub(super) struct Forced(Mutex<State>);

impl Forced {
    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes a revision that this server gave out: whoever has seen it is always admitted, also
    /// while the copy has a gap before it.
    pub(super) fn given_here(&self, revision: Revision) {
        self.with(|state| state.given_here = state.given_here.max(revision));
    }

    /// Whether one more may insist, on `minimum`, at this moment of a clock that never goes back.
    pub(super) fn admits(&self, minimum: Revision, now_ms: u64) -> bool {
        self.with(|state| minimum <= state.given_here || state.forced.admits(FORCED_PER_S, now_ms))
    }
}

impl PurgeFeed {
    /// Makes sure, as far as possible, that the copy has reached what a client has seen; gives what
    /// an answer must have seen. A number beyond the log's head counts as the head, and beyond the
    /// copy's head only so many a second are asked about: the others count as the copy's head.
    pub async fn require(&self, minimum: Option<Revision>) -> Option<Revision> {
        let minimum = minimum?;
        let mut moved = self.moved.subscribe();
        let before = self.position();
        if minimum <= before.head {
            return Some(minimum);
        }
        if !self.forced.admits(minimum, self.clock.steady_ms()) {
            return Some(before.head);
        }
        self.urgent.notify_one();
        // A question that is under way may have been answered before the client's write.
        // And that there is another log now says nothing: its revisions follow those of this one.
        let reached = |now: &Position| now.head >= minimum || now.checks_done > before.checks_begun;
        match timeout(REQUIRE_WITHIN, moved.wait_for(reached)).await {
            Ok(Ok(now)) => Some(minimum.min(now.head)),
            // The log does not answer: the tier below does, without a copy of the log.
            Ok(Err(_)) | Err(_) => Some(minimum),
        }
    }

    pub(crate) async fn until_urgent(&self) {
        self.urgent.notified().await;
    }
}
