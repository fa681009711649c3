//! The offers that are shown, by category and by discount.

use std::borrow::Cow;

use domain::Category;
use roaring::{MultiOps, RoaringBitmap};

use crate::entry::{Entry, Slot};

/// Discounts in percent, without the sets for single ones up to the next multiple of this.
const STEP: usize = 10;

#[derive(Debug)]
pub(crate) struct Filters {
    shown: RoaringBitmap,
    /// By the category's position in [`Category::ALL`].
    by_category: [RoaringBitmap; Category::ALL.len()],
    /// By percentage, 0 to 100.
    exactly: Vec<RoaringBitmap>,
    /// At least this many tens of percent.
    at_least: Vec<RoaringBitmap>,
}

impl Default for Filters {
    fn default() -> Self {
        Self {
            shown: RoaringBitmap::new(),
            by_category: std::array::from_fn(|_| RoaringBitmap::new()),
            exactly: vec![RoaringBitmap::new(); 101],
            at_least: vec![RoaringBitmap::new(); 100 / STEP + 1],
        }
    }
}

impl Filters {
    pub(crate) fn shows(&self, slot: Slot) -> bool {
        self.shown.contains(slot)
    }

    /// All that is shown.
    pub(crate) const fn shown(&self) -> &RoaringBitmap {
        &self.shown
    }

    pub(crate) fn insert(&mut self, slot: Slot, entry: &Entry) {
        for set in self.of(entry) {
            set.insert(slot);
        }
    }

    pub(crate) fn remove(&mut self, slot: Slot, entry: &Entry) {
        for set in self.of(entry) {
            set.remove(slot);
        }
    }

    /// Every set that an offer belongs to.
    fn of(&mut self, entry: &Entry) -> impl Iterator<Item = &mut RoaringBitmap> {
        let percentage = usize::from(entry.percentage);
        [
            &mut self.shown,
            &mut self.by_category[entry.category as usize],
            &mut self.exactly[percentage],
        ]
        .into_iter()
        .chain(&mut self.at_least[..=percentage / STEP])
    }

    /// What is shown in any of these categories; all when there is none.
    pub(crate) fn categories(&self, categories: &[Category]) -> Cow<'_, RoaringBitmap> {
        match categories {
            [] => Cow::Borrowed(&self.shown),
            [one] => Cow::Borrowed(&self.by_category[*one as usize]),
            several => {
                let sets = several.iter().map(|one| &self.by_category[*one as usize]);
                Cow::Owned(sets.union())
            }
        }
    }

    /// What is shown with at least this discount, in percent.
    pub(crate) fn discount(&self, percentage: u8) -> Cow<'_, RoaringBitmap> {
        let percentage = usize::from(percentage);
        if percentage > 100 {
            return Cow::Owned(RoaringBitmap::new());
        }
        let step = percentage.div_ceil(STEP);
        let whole = &self.at_least[step];
        if percentage.is_multiple_of(STEP) {
            return Cow::Borrowed(whole);
        }
        let single = &self.exactly[percentage..step * STEP];
        Cow::Owned(single.iter().chain([whole]).union())
    }

    pub(crate) fn bytes(&self) -> usize {
        let several = self.by_category.iter().chain(&self.exactly);
        [&self.shown]
            .into_iter()
            .chain(several)
            .chain(&self.at_least)
            .map(RoaringBitmap::serialized_size)
            .sum()
    }
}
