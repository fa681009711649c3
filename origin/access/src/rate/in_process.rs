//! Rate limit state in this process's memory, bounded in size.

use std::sync::{Mutex, PoisonError};

use super::{gcra::Standing, generations::Generations, rule::Rule};

/// The maximum number of keys in one generation, about 8 MB; there are two generations.
const GENERATION: usize = 100_000;

/// Arrival times by key. A client that floods it with a full generation of keys can regain quota
/// for one of its own keys.
#[derive(Debug)]
pub(super) struct InProcess(Mutex<Generations<u64>>);

impl Default for InProcess {
    fn default() -> Self {
        Self(Mutex::new(Generations::of_size(GENERATION)))
    }
}

impl InProcess {
    /// Counts one request under every rule, or under none; `now_us` comes from a monotonic clock.
    pub(super) fn take(&self, rules: &[Rule<'_>], now_us: u64) -> Vec<Standing> {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before: Vec<_> = rules
            .iter()
            .map(|rule| {
                let (slot, pace) = (rule.slot(), rule.pace());
                let arrival_us = pace.settle(generations.get(&slot).copied(), now_us);
                (slot, pace, arrival_us, pace.wait_us(arrival_us, now_us))
            })
            .collect();
        let admitted = before.iter().all(|(.., wait_us)| wait_us.is_none());
        let standings = before.into_iter().map(|(slot, pace, arrival_us, wait_us)| {
            let arrival_us = if admitted {
                arrival_us.saturating_add(pace.interval_us)
            } else {
                arrival_us
            };
            generations.put(slot, arrival_us);
            pace.standing(arrival_us, now_us, wait_us)
        });
        standings.collect()
    }
}

#[cfg(test)]
mod tests {
    use std::{num::NonZeroU32, time::Duration};

    use super::*;

    fn rule(key: &str, limit: u32) -> Rule<'_> {
        Rule {
            name: "test",
            limit: NonZeroU32::new(limit).unwrap(),
            window: Duration::from_mins(1),
            key,
        }
    }

    fn admitted(standings: &[Standing]) -> bool {
        standings
            .iter()
            .all(|standing| standing.retry_after_us.is_none())
    }

    #[test]
    fn one_rule_that_refuses_costs_nothing_by_the_others() {
        let counts = InProcess::default();
        let (account, address) = (rule("account", 1), rule("address", 10));
        assert!(admitted(&counts.take(&[account, address], 0)));
        for _ in 0..20 {
            assert!(!admitted(&counts.take(&[account, address], 0)));
        }
        let alone = counts.take(&[address], 0);
        assert!(admitted(&alone));
        assert_eq!(alone[0].remaining, 8);
    }

    #[test]
    fn many_clients_take_no_more_memory_and_a_busy_one_stays_limited() {
        let counts = InProcess::default();
        let busy = rule("busy", 2);
        let taken = (0..3 * GENERATION).filter(|number| {
            counts.take(&[rule(&number.to_string(), 2)], 0);
            number % 1_000 == 0 && admitted(&counts.take(&[busy], 0))
        });
        assert_eq!(taken.count(), 2);
        let generations = counts.0.lock().unwrap();
        assert!(generations.len() <= 2 * GENERATION);
    }
}
