//! The generic cell rate algorithm (GCRA, ITU-T I.371): one number per key holds the whole history.
//!
//! The number is the *theoretical arrival time*: when the next request would arrive at an even
//! pace. Requests remain as long as it lies less than the window ahead of now.

use std::num::NonZeroU32;

/// A rate rule in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The time between two requests at an even pace.
    pub interval_us: u64,
    /// How far ahead of the even pace the arrival time may lie.
    pub window_us: u64,
}

/// The state of one key under one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How many more requests are allowed right now.
    pub remaining: u32,
    /// The time until the full quota is available again.
    pub reset_us: u64,
    /// The time until one more request is allowed; set only if this request was refused, and so not
    /// counted.
    pub retry_after_us: Option<u64>,
}

impl Pace {
    pub fn new(limit: NonZeroU32, window_us: u64) -> Self {
        let interval_us = (window_us / u64::from(limit.get())).max(1);
        Self {
            interval_us,
            // A multiple of the interval, so that exactly `limit` requests fit.
            window_us: interval_us.saturating_mul(u64::from(limit.get())),
        }
    }

    /// Clamps a stored arrival time to the present: one in the past becomes now, and one that is
    /// too far ahead because a clock went back becomes the furthest that the window allows.
    pub fn settle(self, arrival_us: Option<u64>, now_us: u64) -> u64 {
        let latest = now_us.saturating_add(self.window_us);
        arrival_us.unwrap_or(now_us).clamp(now_us, latest)
    }

    /// How long until one more request fits, if none fits now. `arrival_us` must be settled.
    pub fn wait_us(self, arrival_us: u64, now_us: u64) -> Option<u64> {
        let ahead_us = arrival_us - now_us + self.interval_us;
        ahead_us
            .checked_sub(self.window_us)
            .filter(|wait_us| *wait_us > 0)
    }

    /// The state of a key with this arrival time, after `wait_us` was computed for this request.
    pub fn standing(self, arrival_us: u64, now_us: u64, wait_us: Option<u64>) -> Standing {
        let reset_us = arrival_us.saturating_sub(now_us);
        let left = self.window_us.saturating_sub(reset_us) / self.interval_us;
        Standing {
            remaining: u32::try_from(left).unwrap_or(u32::MAX),
            reset_us,
            retry_after_us: wait_us,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Counts one request; the result tells whether it was admitted.
    fn take(pace: Pace, arrival: &mut Option<u64>, now_us: u64) -> Standing {
        let settled = pace.settle(*arrival, now_us);
        let wait = pace.wait_us(settled, now_us);
        let next = if wait.is_none() {
            settled + pace.interval_us
        } else {
            settled
        };
        *arrival = Some(next);
        pace.standing(next, now_us, wait)
    }

    fn pace(limit: u32, window_us: u64) -> Pace {
        Pace::new(NonZeroU32::new(limit).unwrap(), window_us)
    }

    #[test]
    fn as_many_as_the_limit_at_once_and_then_at_an_even_pace() {
        let pace = pace(3, 60_000_000);
        let mut arrival = None;
        let at_once: Vec<Standing> = (0..4).map(|_| take(pace, &mut arrival, 0)).collect();
        let expected = [
            (2, 20_000_000, None),
            (1, 40_000_000, None),
            (0, 60_000_000, None),
            (0, 60_000_000, Some(20_000_000)),
        ];
        for (standing, (remaining, reset_us, retry_after_us)) in at_once.iter().zip(expected) {
            let expected = Standing {
                remaining,
                reset_us,
                retry_after_us,
            };
            assert_eq!(*standing, expected);
        }
        let again = |arrival: &mut _, now_us| take(pace, arrival, now_us).retry_after_us;
        assert_eq!(again(&mut arrival, 19_999_999), Some(1));
        assert_eq!(again(&mut arrival, 20_000_000), None);
        assert_eq!(again(&mut arrival, 20_000_000), Some(20_000_000));
    }

    #[test]
    fn a_clock_that_went_back_costs_a_window_at_most() {
        let pace = pace(2, 10_000_000);
        let mut arrival = Some(1_000_000_000_000);
        let standing = take(pace, &mut arrival, 0);
        assert_eq!(standing.retry_after_us, Some(5_000_000));
    }

    proptest! {
        #[test]
        fn no_window_has_more_than_twice_the_limit_and_a_patient_client_is_never_refused(
            limit in 1_u32..50,
            window_us in 1_000_u64..1_000_000,
            steps in prop::collection::vec(0_u64..40_000, 1..400),
        ) {
            let pace = pace(limit, window_us);
            let (mut arrival, mut now_us, mut admitted) = (None, 0, Vec::new());
            for step in steps {
                now_us += step;
                match take(pace, &mut arrival, now_us).retry_after_us {
                    None => admitted.push(now_us),
                    Some(wait_us) => {
                        let mut later = arrival;
                        prop_assert_eq!(take(pace, &mut later, now_us + wait_us).retry_after_us, None);
                    }
                }
            }
            for (index, began) in admitted.iter().enumerate() {
                let within = admitted[index..].iter().take_while(|at| **at < began + pace.window_us);
                prop_assert!(within.count() <= 2 * limit as usize);
            }
        }
    }
}
