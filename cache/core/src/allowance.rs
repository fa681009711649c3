//! How many a second: a count that begins anew with every second.

/// What was used of an allowance in this second.
#[derive(Clone, Copy, Debug, Default)]
pub struct Allowance {
    since_ms: u64,
    used: u32,
}

impl Allowance {
    /// Whether one more is admitted, of `per_s` a second, at this moment (milliseconds, by any clock
    /// that does not go back). A second begins with the first one that is asked about after the
    /// last one ended.
    pub const fn admits(&mut self, per_s: u32, now_ms: u64) -> bool {
        if now_ms >= self.since_ms + 1_000 {
            self.since_ms = now_ms;
            self.used = 0;
        }
        self.used += 1;
        self.used <= per_s
    }
}
