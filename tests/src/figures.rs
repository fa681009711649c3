//! Statistics of the staleness of many reads, in bounded memory: counts, the maximum and a
//! percentile.

use std::fmt;
use std::time::Duration;

/// The last bucket, in milliseconds; everything later is counted in it.
const LONGEST_MS: usize = 120_000;

/// The staleness of the reads of one tier.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// The number of answers per whole millisecond of staleness.
    by_ms: Vec<u64>,
    answered: u64,
    failed: u64,
    worst: Duration,
}

impl Figures {
    pub(crate) fn answered(&mut self, stale: Duration) {
        let ms = usize::try_from(stale.as_millis()).map_or(LONGEST_MS, |ms| ms.min(LONGEST_MS));
        if self.by_ms.len() <= ms {
            self.by_ms.resize(ms + 1, 0);
        }
        self.by_ms[ms] += 1;
        self.answered += 1;
        self.worst = self.worst.max(stale);
    }

    pub(crate) const fn failed(&mut self) {
        self.failed += 1;
    }

    /// The number of all reads, answered or failed.
    pub const fn reads(&self) -> u64 {
        self.answered + self.failed
    }

    /// The number of reads without an answer.
    pub const fn failures(&self) -> u64 {
        self.failed
    }

    /// The greatest staleness, in whole milliseconds. It is rounded up, so that no value above a
    /// bound is rounded down to it.
    pub fn worst_ms(&self) -> u128 {
        self.worst.as_nanos().div_ceil(1_000_000)
    }

    /// The 99th percentile of the staleness, in milliseconds.
    pub fn p99_ms(&self) -> u64 {
        let rank = (self.answered * 99).div_ceil(100);
        let mut seen = 0;
        for (ms, count) in (0..).zip(&self.by_ms) {
            seen += count;
            if seen >= rank {
                return ms;
            }
        }
        0
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} reads, {} failed, stale by {} ms at worst, p99 {} ms",
            self.reads(),
            self.failures(),
            self.worst_ms(),
            self.p99_ms()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_percentile_counts_answers_and_the_worst_is_rounded_up() {
        let mut figures = Figures::default();
        assert_eq!((figures.p99_ms(), figures.worst_ms()), (0, 0));
        for _ in 0..98 {
            figures.answered(Duration::ZERO);
        }
        figures.answered(Duration::from_millis(7));
        figures.answered(Duration::from_micros(900_100));
        figures.failed();
        assert_eq!(
            figures.to_string(),
            "101 reads, 1 failed, stale by 901 ms at worst, p99 7 ms"
        );
    }

    #[test]
    fn what_is_later_than_all_buckets_is_still_the_worst() {
        let mut figures = Figures::default();
        figures.answered(Duration::from_hours(1));
        assert_eq!(figures.worst_ms(), 3_600_000);
    }
}
