//! A circuit breaker: after several failures in a row, calls are refused for a while.

use std::sync::{Mutex, PoisonError};

/// The number of failures in a row that opens the breaker.
const FAILURES: u32 = 3;
/// How long an open breaker refuses calls, in milliseconds; then one call is let through as a probe.
const OPEN_MS: u64 = 500;

/// Whether a call may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// The breaker is closed: make the call.
    Closed,
    /// The breaker is open; this one call is made to find out whether the server works again.
    Probe,
    /// The breaker is open: do not make the call.
    Refused,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    failures: u32,
    tries_at_ms: u64,
}

/// The circuit breaker of one link. Times are in milliseconds by a clock that never goes back.
#[derive(Debug, Default)]
pub struct Breaker(Mutex<State>);

impl Breaker {
    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether a call may be made now.
    pub fn admit(&self, now_ms: u64) -> Admission {
        self.with(|state| {
            if state.failures < FAILURES {
                return Admission::Closed;
            }
            if now_ms < state.tries_at_ms {
                return Admission::Refused;
            }
            // Other calls are refused until the probe ends, or for `OPEN_MS` if it never ends.
            state.tries_at_ms = now_ms + OPEN_MS;
            Admission::Probe
        })
    }

    /// Notes that a call succeeded; closes the breaker.
    pub fn succeeded(&self) {
        self.with(|state| state.failures = 0);
    }

    /// Notes that a call failed.
    pub fn failed(&self, now_ms: u64) {
        self.with(|state| {
            state.failures = state.failures.saturating_add(1);
            state.tries_at_ms = now_ms + OPEN_MS;
        });
    }

    /// Whether the breaker is open: it refuses all calls but the probes.
    pub fn is_open(&self) -> bool {
        self.with(|state| state.failures >= FAILURES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_failures_in_a_row_and_one_probe_closes_it() {
        let breaker = Breaker::default();
        breaker.failed(0);
        breaker.failed(0);
        breaker.succeeded();
        breaker.failed(0);
        breaker.failed(0);
        assert_eq!(breaker.admit(0), Admission::Closed, "not in a row");
        breaker.failed(100);
        assert_eq!(breaker.admit(100 + OPEN_MS - 1), Admission::Refused);
        assert_eq!(breaker.admit(100 + OPEN_MS), Admission::Probe);
        assert_eq!(
            breaker.admit(100 + OPEN_MS),
            Admission::Refused,
            "one is enough"
        );
        breaker.failed(700);
        assert_eq!(breaker.admit(700 + OPEN_MS - 1), Admission::Refused);
        assert_eq!(breaker.admit(700 + OPEN_MS), Admission::Probe);
        breaker.succeeded();
        assert_eq!(breaker.admit(700 + OPEN_MS), Admission::Closed);
        assert!(!breaker.is_open());
    }

    #[test]
    fn a_probe_that_is_lost_is_followed_by_another() {
        let breaker = Breaker::default();
        (0..FAILURES).for_each(|_| breaker.failed(0));
        assert_eq!(breaker.admit(OPEN_MS), Admission::Probe);
        assert_eq!(breaker.admit(2 * OPEN_MS), Admission::Probe);
    }
}
