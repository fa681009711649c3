//! What goes wrong by chance.

use serde::Deserialize;

/// Shares of requests and reports, from 0 to 1.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Chaos {
    /// Makes the same run again.
    pub seed: u64,
    /// Requests that are not done, and answered with 500.
    pub fail: f64,
    /// Requests that are done, and whose answer is lost.
    pub lose_answers: f64,
    /// Reports that never come.
    pub lose_reports: f64,
    /// Reports that come twice.
    pub repeat_reports: f64,
    /// Reports come in any order: each so late at most, in milliseconds.
    pub delay_reports_ms: u64,
}

/// Numbers that look random (xorshift64*).
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Default for Dice {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        // 0 would stay 0.
        Self(seed.wrapping_mul(2).wrapping_add(0x9e37_79b9_7f4a_7c15))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// True for this share of the calls.
    #[expect(clippy::cast_precision_loss, reason = "a share needs few digits")]
    pub(crate) fn falls(&mut self, share: f64) -> bool {
        share > 0.0 && (self.next() >> 11) as f64 / ((1_u64 << 53) as f64) < share
    }

    pub(crate) fn below(&mut self, most: u64) -> u64 {
        self.next() % most.max(1)
    }
}
