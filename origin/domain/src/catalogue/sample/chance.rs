//! A deterministic random generator: splitmix64, the same on every machine and in every release.

/// A stream of random numbers, determined by its seed.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to `bound` − 1; `bound` must not be 0. The modulo bias is below 2⁻³².
    fn below(&mut self, bound: u32) -> u32 {
        u32::try_from(self.next() % u64::from(bound.max(1))).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: i32, high: i32) -> i32 {
        low.saturating_add_unsigned(self.below(high.abs_diff(low).saturating_add(1)))
    }

    pub(crate) fn one_in(&mut self, count: u32) -> bool {
        self.below(count) == 0
    }

    /// One of `items`, which must not be empty, uniformly.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        let index = self.below(u32::try_from(items.len()).unwrap_or(u32::MAX));
        &items[usize::try_from(index).unwrap_or(0)]
    }

    /// One of `items`, which must not be empty, in proportion to its weight.
    pub(crate) fn weighted<'a, T>(&mut self, items: &'a [(T, u32)]) -> &'a T {
        let mut left = self.below(items.iter().map(|(_, weight)| weight).sum());
        for (item, weight) in items {
            if left < *weight {
                return item;
            }
            left -= weight;
        }
        &items[0].0
    }

    /// A normal deviate (mean 0, deviation 1) as the sum of twelve uniform ones: additions only, so
    /// that the platform's libm cannot change the samples.
    pub(crate) fn gaussian(&mut self) -> f64 {
        let sum: f64 = (0..12)
            .map(|_| f64::from(self.below(1 << 24)) / f64::from(1 << 24))
            .sum();
        sum - 6.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_splitmix64() {
        let mut chance = Chance::new(0);
        assert_eq!(chance.next(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(chance.next(), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn bounds_are_kept_and_reached() {
        let mut chance = Chance::new(7);
        let seen: std::collections::BTreeSet<i32> =
            (0..200).map(|_| chance.between(-1, 2)).collect();
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [-1, 0, 1, 2]);
        let mean: f64 = (0..1_000).map(|_| chance.gaussian()).sum::<f64>() / 1_000.0;
        assert!(mean.abs() < 0.15, "{mean}");
    }
}
