//! Stops asking a provider that fails, and tries it again after a while. It knows no clock: the time is an
//! argument.

use std::sync::{Mutex, PoisonError};

/// So many failures without a success between them open the circuit.
const FAILURES: u32 = 5;
/// How long it is open at first, in milliseconds; each time that it opens again, twice as long.
const FIRST_MS: i64 = 5_000;
/// The shortest time that messages wait for the outcome of a trial, in milliseconds.
const SHORTEST_MS: i64 = 250;
/// The longest time that it is open, in milliseconds.
const LONGEST_MS: i64 = 60_000;

/// The circuit of one provider in this process.
#[derive(Debug, Default)]
pub struct Circuit(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// How often it opened since the last success.
    openings: u32,
    open_until_ms: Option<i64>,
    /// For how long it opened last.
    open_ms: i64,
    /// Whether a request was let through to try.
    is_on_trial: bool,
}

impl Circuit {
    /// Until when nothing may be asked; none if something may. When the time is over one request is let
    /// through as a trial, and the others wait until its outcome is known or as long again.
    pub fn enter(&self, now_ms: i64) -> Option<i64> {
        let mut state = self.state();
        let until_ms = state.open_until_ms?;
        if now_ms < until_ms {
            return Some(until_ms);
        }
        // After a short pause nobody waits long for the trial.
        state.open_until_ms = Some(now_ms + state.open_ms.clamp(SHORTEST_MS, FIRST_MS));
        state.is_on_trial = true;
        None
    }

    pub fn is_open(&self, now_ms: i64) -> bool {
        let until_ms = self.state().open_until_ms;
        until_ms.is_some_and(|until_ms| now_ms < until_ms)
    }

    /// The provider answered, also if it refused what was asked.
    pub fn works(&self) {
        *self.state() = State::default();
    }

    /// The provider failed; `asks_ms` is how long it asks to wait.
    pub fn failed(&self, now_ms: i64, asks_ms: Option<i64>) {
        let mut state = self.state();
        let asks_ms = asks_ms.map(|asks_ms| asks_ms.clamp(0, LONGEST_MS));
        if let Some(until_ms) = state.open_until_ms
            && !state.is_on_trial
        {
            // It was asked before the circuit opened.
            let asked_ms = now_ms + asks_ms.unwrap_or(0);
            state.open_until_ms = Some(until_ms.max(asked_ms));
            return;
        }
        state.failures += 1;
        let is_trial = std::mem::take(&mut state.is_on_trial);
        let open_ms = match asks_ms {
            Some(asks_ms) => asks_ms,
            None if is_trial || state.failures >= FAILURES => {
                (FIRST_MS << state.openings.min(10)).min(LONGEST_MS)
            }
            None => return,
        };
        state.openings += 1;
        state.failures = 0;
        state.open_until_ms = Some(now_ms + open_ms);
        state.open_ms = open_ms;
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(circuit: &Circuit, times: u32, now_ms: i64) {
        for _ in 0..times {
            circuit.failed(now_ms, None);
        }
    }

    #[test]
    fn failures_in_a_row_open_it_and_a_success_forgets_them() {
        let circuit = Circuit::default();
        failed(&circuit, FAILURES - 1, 0);
        assert_eq!(circuit.enter(0), None);
        circuit.works();
        failed(&circuit, FAILURES - 1, 0);
        assert_eq!(circuit.enter(0), None);
        failed(&circuit, 1, 0);
        assert_eq!(circuit.enter(0), Some(FIRST_MS));
        assert!(circuit.is_open(0) && !circuit.is_open(FIRST_MS));
    }

    #[test]
    fn one_trial_decides_and_a_failed_one_waits_longer() {
        let circuit = Circuit::default();
        failed(&circuit, FAILURES, 0);
        let mut now_ms = FIRST_MS;
        for wait_ms in [10_000, 20_000, 40_000, LONGEST_MS, LONGEST_MS] {
            assert_eq!(circuit.enter(now_ms), None, "the trial");
            assert!(circuit.enter(now_ms).is_some(), "nothing beside it");
            circuit.failed(now_ms, None);
            assert_eq!(circuit.enter(now_ms), Some(now_ms + wait_ms));
            now_ms += wait_ms;
        }
        assert_eq!(circuit.enter(now_ms), None);
        circuit.works();
        assert_eq!(circuit.enter(now_ms), None);
        failed(&circuit, FAILURES, now_ms);
        assert_eq!(circuit.enter(now_ms), Some(now_ms + FIRST_MS));
    }

    #[test]
    fn what_was_asked_before_it_opened_makes_it_no_longer_nor_shorter() {
        let circuit = Circuit::default();
        failed(&circuit, FAILURES + 20, 0);
        assert_eq!(circuit.enter(0), Some(FIRST_MS));
        let circuit = Circuit::default();
        circuit.failed(0, Some(30_000));
        circuit.failed(1, None);
        circuit.failed(1, Some(0));
        assert_eq!(circuit.enter(1), Some(30_000));
        circuit.failed(2, Some(40_000));
        assert_eq!(circuit.enter(2), Some(40_002));
    }

    #[test]
    fn it_waits_as_long_as_the_provider_asks_within_reason() {
        let circuit = Circuit::default();
        circuit.failed(0, Some(15_000));
        assert_eq!(circuit.enter(0), Some(15_000));
        assert_eq!(circuit.enter(15_000), None, "the trial");
        assert_eq!(circuit.enter(15_000), Some(15_000 + FIRST_MS));
        let circuit = Circuit::default();
        circuit.failed(0, Some(1_000));
        assert_eq!(circuit.enter(1_000), None, "the trial");
        assert_eq!(
            circuit.enter(1_000),
            Some(2_000),
            "no longer than the pause"
        );
        let circuit = Circuit::default();
        circuit.failed(0, Some(i64::MAX));
        assert_eq!(circuit.enter(0), Some(LONGEST_MS));
    }
}
