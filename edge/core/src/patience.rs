//! How long one request waits for the platform: KV, the Durable Object, the data centre's cache and the
//! rate limiter.
//!
//! Each of them may hang, and the origin can answer without any of them. Each has a limit of its own, and
//! all waits of a request share one budget, so that limits do not add up.

/// How long a request waits for all of the platform together, in milliseconds. The origin's time does not
/// count.
pub const PATIENCE_MS: u64 = 400;

/// What is left of a request's budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    left_ms: u64,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            left_ms: PATIENCE_MS,
        }
    }
}

impl Patience {
    /// A budget of `left_ms` milliseconds.
    pub const fn of(left_ms: u64) -> Self {
        Self { left_ms }
    }

    /// How long the next wait may take whose own limit is `limit_ms`; `None` when nothing is left.
    pub fn allows(&self, limit_ms: u64) -> Option<u64> {
        (self.left_ms > 0).then_some(limit_ms.min(self.left_ms))
    }

    /// Notes a wait of `waited_ms` milliseconds.
    pub const fn spend(&mut self, waited_ms: u64) {
        self.left_ms = self.left_ms.saturating_sub(waited_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_do_not_add_up() {
        let mut patience = Patience::default();
        let mut waited_ms = 0;
        // KV, the log, KV again, pages of the log, the rate limiter: all of them hang.
        for limit_ms in [250, 400, 250, 1_000, 50] {
            let allowed_ms = patience.allows(limit_ms).unwrap_or_default();
            patience.spend(allowed_ms);
            waited_ms += allowed_ms;
        }
        assert_eq!(waited_ms, PATIENCE_MS);
        assert_eq!(patience.allows(1), None);
    }

    #[test]
    fn what_answers_at_once_costs_nothing() {
        let mut patience = Patience::default();
        patience.spend(0);
        assert_eq!(patience.allows(250), Some(250));
        patience.spend(300);
        assert_eq!(patience.allows(250), Some(100));
    }
}
