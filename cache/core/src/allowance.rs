//! A rate limit with a fixed window of one second.

/// Counts the events of the current one-second window.
#[derive(Clone, Copy, Debug, Default)]
pub struct Allowance {
    since_ms: u64,
    used: u32,
}

impl Allowance {
    /// Counts one event and returns whether it is within `per_s` events per second.
    ///
    /// `now_ms` is in milliseconds, by any clock that does not go back. The first event after a
    /// window has ended starts the next window.
    pub const fn admits(&mut self, per_s: u32, now_ms: u64) -> bool {
        if now_ms >= self.since_ms + 1_000 {
            self.since_ms = now_ms;
            self.used = 0;
        }
        self.used += 1;
        self.used <= per_s
    }
}
