//! Which answers are asked for most: counts by key, in bounded memory.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::hash::DefaultHasher;

use crate::key::CacheKey;

#[derive(Clone, Debug)]
struct Slot<R> {
    recipe: R,
    count: u64,
    /// Those of `count` that [`Heat::take_new`] has not returned yet.
    new: u64,
}

/// Counts of requests by key, of the hottest keys only. `R` is what is needed to make a key's answer anew.
///
/// A key is forgotten when twice as many as are kept were asked for, and it is not among the hottest half.
/// So a key that is asked for again and again stays, whatever comes once.
#[derive(Clone, Debug)]
pub struct Heat<R> {
    // Keys are hashes already, which nobody chooses: no random hasher is needed.
    slots: HashMap<CacheKey, Slot<R>, BuildHasherDefault<DefaultHasher>>,
    kept: usize,
}

impl<R: Clone> Heat<R> {
    /// No counts yet; at least the `kept` hottest keys are kept, and at most twice as many.
    pub fn keeping(kept: usize) -> Self {
        Self {
            slots: HashMap::default(),
            kept: kept.max(1),
        }
    }

    /// Counts a request. `recipe` is called for a key that is not known; a key without one is not counted.
    pub fn saw(&mut self, key: &CacheKey, recipe: impl FnOnce() -> Option<R>) {
        if let Some(slot) = self.slots.get_mut(key) {
            slot.count = slot.count.saturating_add(1);
            slot.new = slot.new.saturating_add(1);
            return;
        }
        let Some(recipe) = recipe() else { return };
        if self.slots.len() >= 2 * self.kept {
            self.forget_the_coldest();
        }
        let slot = Slot {
            recipe,
            count: 1,
            new: 1,
        };
        self.slots.insert(*key, slot);
    }

    fn forget_the_coldest(&mut self) {
        let mut counts: Vec<u64> = self.slots.values().map(|slot| slot.count).collect();
        let (_, least, _) = counts.select_nth_unstable_by(self.kept - 1, |a, b| b.cmp(a));
        let least = *least;
        let mut ties = self.kept - self.slots.values().filter(|it| it.count > least).count();
        self.slots.retain(|_, slot| {
            let is_kept = slot.count > least || (slot.count == least && ties > 0);
            ties -= usize::from(is_kept && slot.count == least);
            is_kept
        });
    }

    /// Halves all counts, so that what was hot long ago makes room; forgets what is then zero.
    pub fn cool(&mut self) {
        self.slots.retain(|_, slot| {
            slot.count /= 2;
            slot.count > 0
        });
    }

    /// The hottest keys, hottest first, at most `most`.
    pub fn hottest(&self, most: usize) -> Vec<(CacheKey, R)> {
        let mut all: Vec<_> = self.slots.iter().collect();
        all.sort_unstable_by(|(a, hot), (b, cold)| order((hot.count, a), (cold.count, b)));
        let first = all.into_iter().take(most);
        first
            .map(|(key, slot)| (*key, slot.recipe.clone()))
            .collect()
    }

    /// The keys that were asked for at least `least` times since they were last returned here, with these
    /// numbers. The others wait until they were asked for often enough.
    pub fn take_new(&mut self, least: u64) -> Vec<(R, u64)> {
        let often = self
            .slots
            .values_mut()
            .filter(|slot| slot.new >= least.max(1));
        let taken = often.map(|slot| (slot.recipe.clone(), std::mem::take(&mut slot.new)));
        taken.collect()
    }

    /// How many keys are known.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether no key is known.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }
}

/// Hottest first, then by key. Not inlined: the sort compares in 70 places, which would be 75 KB of the worker.
#[inline(never)]
fn order(one: (u64, &CacheKey), other: (u64, &CacheKey)) -> Ordering {
    other.0.cmp(&one.0).then_with(|| one.1.cmp(other.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::KeyBuilder;

    fn key(number: u64) -> CacheKey {
        KeyBuilder::new().part(&number.to_le_bytes()).finish()
    }

    fn saw(heat: &mut Heat<u64>, number: u64, times: u64) {
        for _ in 0..times {
            heat.saw(&key(number), || Some(number));
        }
    }

    fn hottest(heat: &Heat<u64>, most: usize) -> Vec<u64> {
        let hottest = heat.hottest(most).into_iter();
        hottest.map(|(_, recipe)| recipe).collect()
    }

    #[test]
    fn the_hottest_come_first() {
        let mut heat = Heat::keeping(10);
        for (number, times) in [(1, 2), (2, 5), (3, 3)] {
            saw(&mut heat, number, times);
        }
        assert_eq!(hottest(&heat, 10), [2, 3, 1]);
        assert_eq!(hottest(&heat, 2), [2, 3]);
        heat.saw(&key(4), || None);
        assert_eq!(heat.len(), 3, "without a recipe it cannot be made anew");
    }

    #[test]
    fn what_is_asked_for_again_stays_whatever_comes_once() {
        let mut heat = Heat::keeping(10);
        for round in 0..1_000 {
            saw(&mut heat, 1, 1);
            saw(&mut heat, 2, 2);
            for other in 0..3 {
                saw(&mut heat, 10 + round * 3 + other, 1);
            }
            assert!(heat.len() <= 20);
        }
        assert_eq!(hottest(&heat, 2), [2, 1]);
    }

    #[test]
    fn what_was_hot_long_ago_cools_down() {
        let mut heat = Heat::keeping(10);
        saw(&mut heat, 1, 100);
        for _ in 0..5 {
            heat.cool();
        }
        saw(&mut heat, 2, 4);
        assert_eq!(hottest(&heat, 2), [2, 1]);
        for _ in 0..3 {
            heat.cool();
        }
        assert!(heat.is_empty());
    }

    #[test]
    fn each_request_is_handed_on_once_and_rare_ones_are_not() {
        let mut heat = Heat::keeping(10);
        saw(&mut heat, 1, 3);
        saw(&mut heat, 2, 2);
        assert_eq!(heat.take_new(3), [(1, 3)]);
        assert_eq!(heat.take_new(3), []);
        saw(&mut heat, 2, 1);
        assert_eq!(heat.take_new(3), [(2, 3)]);
        assert_eq!(
            hottest(&heat, 2).len(),
            2,
            "what was handed on still counts"
        );
    }
}
