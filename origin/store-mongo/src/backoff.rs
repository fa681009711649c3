//! How long to wait before the next try.

use std::time::Duration;

/// Waits that double up to a bound, each shortened by chance: callers that failed together do not
/// come back together.
#[derive(Debug)]
pub struct Backoff {
    next: Duration,
    most: Duration,
}

impl Backoff {
    pub const fn new(first: Duration, most: Duration) -> Self {
        Self { next: first, most }
    }

    /// Between a half and the whole of the current step.
    pub fn wait(&mut self) -> Duration {
        let step = self.next.min(self.most);
        self.next = step.saturating_mul(2);
        step.mul_f64(0.5 + chance() / 2.0)
    }
}

/// From 0 to 1.
fn chance() -> f64 {
    // Without randomness all wait as long as they may.
    getrandom::u32().map_or(1.0, |bits| f64::from(bits) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_bound_and_differ() {
        let ms = Duration::from_millis;
        let mut backoff = Backoff::new(ms(100), ms(5_000));
        for step in [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000] {
            let wait = backoff.wait();
            assert!(
                (ms(step / 2)..=ms(step)).contains(&wait),
                "{wait:?} of {step}"
            );
        }
        let [one, other] = [backoff.wait(), backoff.wait()];
        assert_ne!(one, other);
    }
}
