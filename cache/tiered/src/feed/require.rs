//! Read-your-writes: a request may demand a minimum revision. Waiting for a revision that the copy
//! has not reached is limited per second.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use cache_core::{Allowance, Revision};
use tokio::time::timeout;

use super::{Position, PurgeFeed};

/// How long a request waits for the revision it demands.
const REQUIRE_WITHIN: Duration = Duration::from_millis(300);
/// How many requests per second of this server may wait. Each costs a check of the log, and a wait
/// if the log does not answer. A copy is only a few milliseconds behind, so honest clients rarely
/// need to wait. At [`REQUIRE_WITHIN`] each, about sixty requests wait at any time.
const WAITERS_PER_S: u32 = 200;

/// No cached answer contains it.
const NEVER_REACHED: Revision = Revision(u64::MAX);

#[derive(Debug, Default)]
struct State {
    waiters: Allowance,
    given_here: Revision,
}

/// Limits how many requests per second wait for a revision.
#[derive(Debug, Default)]
pub(super) struct WaitLimit(Mutex<State>);

impl WaitLimit {
    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes a revision that this server gave to a client. Requests that demand it are always
    /// admitted, also while the copy lacks records before it.
    pub(super) fn given_here(&self, revision: Revision) {
        self.with(|state| state.given_here = state.given_here.max(revision));
    }

    /// Whether one more request may wait for revision `minimum`. `now_ms` is by a clock that never
    /// goes back.
    pub(super) fn admits(&self, minimum: Revision, now_ms: u64) -> bool {
        self.with(|state| {
            minimum <= state.given_here || state.waiters.admits(WAITERS_PER_S, now_ms)
        })
    }
}

impl PurgeFeed {
    /// Waits, within limits, until the copy has reached the `minimum` revision that a request
    /// demands, and the database attests it ([`Position::attested`]). Returns the minimum revision
    /// that its answer must contain.
    ///
    /// A minimum beyond what is attested counts as the last one that is. Only a limited number of
    /// requests per second wait; for the others it counts at once as the last one that is attested
    /// here.
    pub async fn require(&self, minimum: Option<Revision>) -> Option<Revision> {
        let minimum = minimum?;
        let mut moved = self.moved.subscribe();
        let before = self.position();
        if minimum <= before.settled() {
            return Some(minimum);
        }
        if !self.waiters.admits(minimum, self.clock.steady_ms()) {
            return Some(before.settled());
        }
        self.urgent.notify_one();
        // A check that had already begun may have read the head before the client's write, so it
        // does not count. A change of log does not count either: the revisions of a new log are
        // greater than those of the old one.
        let reached =
            |now: &Position| now.settled() >= minimum || now.checks_done > before.checks_begun;
        match timeout(REQUIRE_WITHIN, moved.wait_for(reached)).await {
            Ok(Ok(now)) => Some(minimum.min(now.settled())),
            // The log did not answer in time. The caches will refuse, and the database answers. They
            // would not refuse the minimum itself if the copy has a record there that is not
            // attested: the client may have got that revision for another record.
            Ok(Err(_)) | Err(_) => Some(NEVER_REACHED),
        }
    }

    pub(crate) async fn until_urgent(&self) {
        self.urgent.notified().await;
    }
}
