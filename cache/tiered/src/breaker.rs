//! A circuit breaker: what fails again and again is left alone for a while.

use std::sync::{Mutex, PoisonError};

/// Failures in a row after which nothing is tried.
const FAILURES: u32 = 3;
/// For how long, milliseconds; then one call tries.
const OPEN_MS: u64 = 500;

/// Whether a call may be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// As always.
    Closed,
    /// It is the one that finds out whether it works again.
    Probe,
    /// It costs nothing: it is not tried.
    Refused,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    failures: u32,
    tries_at_ms: u64,
}

/// The breaker of one link. Times are milliseconds of a clock that never goes back.
#[derive(Debug, Default)]
pub struct Breaker(Mutex<State>);

impl Breaker {
    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// May a call be tried now?
    pub fn admit(&self, now_ms: u64) -> Admission {
        self.with(|state| {
            if state.failures < FAILURES {
                return Admission::Closed;
            }
            if now_ms < state.tries_at_ms {
                return Admission::Refused;
            }
            // Until the probe is back, or is lost, the others are refused.
            state.tries_at_ms = now_ms + OPEN_MS;
            Admission::Probe
        })
    }

    /// A call that was tried worked.
    pub fn succeeded(&self) {
        self.with(|state| state.failures = 0);
    }

    /// A call that was tried failed.
    pub fn failed(&self, now_ms: u64) {
        self.with(|state| {
            state.failures = state.failures.saturating_add(1);
            state.tries_at_ms = now_ms + OPEN_MS;
        });
    }

    /// Whether it refuses calls, most of the time.
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
