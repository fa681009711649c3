//! The offers that are shown, by what lists filter by.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
};

use domain::{
    Category,
    offers::{
        discount::{DiscountKind, KINDS},
        opening::{Hours, OpenAt},
    },
};
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
    /// By the kind's position in [`DiscountKind::ALL`].
    by_kind: [RoaringBitmap; KINDS],
    /// By schedule: few differ.
    by_hours: HashMap<Hours, RoaringBitmap>,
    /// By the hour in which they end, in hours since the Unix epoch.
    by_end: BTreeMap<i64, RoaringBitmap>,
    /// By the day on which they were created, in days since the Unix epoch.
    by_creation: BTreeMap<i64, RoaringBitmap>,
    /// By rating, see [`Entry::rating`].
    by_rating: BTreeMap<u16, RoaringBitmap>,
}

impl Default for Filters {
    fn default() -> Self {
        Self {
            shown: RoaringBitmap::new(),
            by_category: std::array::from_fn(|_| RoaringBitmap::new()),
            exactly: vec![RoaringBitmap::new(); 101],
            at_least: vec![RoaringBitmap::new(); 100 / STEP + 1],
            by_kind: std::array::from_fn(|_| RoaringBitmap::new()),
            by_hours: HashMap::new(),
            by_end: BTreeMap::new(),
            by_creation: BTreeMap::new(),
            by_rating: BTreeMap::new(),
        }
    }
}

impl Filters {
    pub(crate) fn shows(&self, slot: Slot) -> bool {
        self.shown.contains(slot)
    }

    pub(crate) fn insert(&mut self, slot: Slot, entry: &Entry) {
        for set in self.of(entry) {
            set.insert(slot);
        }
        self.by_hours.entry(entry.hours).or_default().insert(slot);
        self.by_rating.entry(entry.rating).or_default().insert(slot);
        let (end, creation) = (entry.hour_of_end(), entry.day_of_creation());
        self.by_end.entry(end).or_default().insert(slot);
        self.by_creation.entry(creation).or_default().insert(slot);
    }

    pub(crate) fn remove(&mut self, slot: Slot, entry: &Entry) {
        for set in self.of(entry) {
            set.remove(slot);
        }
        if let Some(set) = self.by_hours.get_mut(&entry.hours) {
            set.remove(slot);
            if set.is_empty() {
                self.by_hours.remove(&entry.hours);
            }
        }
        remove(&mut self.by_rating, entry.rating, slot);
        remove(&mut self.by_end, entry.hour_of_end(), slot);
        remove(&mut self.by_creation, entry.day_of_creation(), slot);
    }

    /// Every set of those that are always there to which an offer belongs.
    fn of(&mut self, entry: &Entry) -> impl Iterator<Item = &mut RoaringBitmap> {
        let percentage = usize::from(entry.percentage);
        [
            &mut self.shown,
            &mut self.by_category[entry.category as usize],
            &mut self.by_kind[entry.kind as usize],
            &mut self.exactly[percentage],
        ]
        .into_iter()
        .chain(&mut self.at_least[..=percentage / STEP])
    }

    /// What is shown in any of these categories; all when there is none.
    pub(crate) fn categories(&self, categories: &[Category]) -> Cow<'_, RoaringBitmap> {
        match categories {
            [] => Cow::Borrowed(&self.shown),
            [one] => Cow::Borrowed(self.category(*one)),
            several => Cow::Owned(several.iter().map(|one| self.category(*one)).union()),
        }
    }

    pub(crate) const fn category(&self, category: Category) -> &RoaringBitmap {
        &self.by_category[category as usize]
    }

    pub(crate) const fn kind(&self, kind: DiscountKind) -> &RoaringBitmap {
        &self.by_kind[kind as usize]
    }

    /// What is shown with any of these kinds of discount; all when there is none.
    pub(crate) fn kinds(&self, kinds: &[DiscountKind]) -> Cow<'_, RoaringBitmap> {
        match kinds {
            [] => Cow::Borrowed(&self.shown),
            [one] => Cow::Borrowed(self.kind(*one)),
            several => Cow::Owned(several.iter().map(|one| self.kind(*one)).union()),
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

    /// What is shown and open by its schedule.
    pub(crate) fn open(&self, at: OpenAt) -> RoaringBitmap {
        let all = self.by_hours.iter();
        let open = all.filter(|(hours, _)| at.is_open(**hours));
        open.map(|(_, set)| set).union()
    }

    /// What is shown and ends before an hour.
    pub(crate) fn ending_before(&self, hour: i64) -> RoaringBitmap {
        self.by_end.range(..hour).map(|(_, set)| set).union()
    }

    /// What is shown and ends in an hour.
    pub(crate) fn ending_in(&self, hour: i64) -> Option<&RoaringBitmap> {
        self.by_end.get(&hour)
    }

    /// What is shown and was created on a day or later.
    pub(crate) fn created_since(&self, day: i64) -> RoaringBitmap {
        self.by_creation.range(day..).map(|(_, set)| set).union()
    }

    /// By percentage, the greatest first.
    pub(crate) fn by_percentage(&self) -> impl Iterator<Item = (u16, &RoaringBitmap)> {
        (0..=100).rev().zip(self.exactly.iter().rev())
    }

    /// By rating, the best first.
    pub(crate) fn by_rating(&self) -> impl Iterator<Item = (u16, &RoaringBitmap)> {
        self.by_rating
            .iter()
            .rev()
            .map(|(rating, set)| (*rating, set))
    }

    pub(crate) fn bytes(&self) -> usize {
        /// Of an entry of a map, besides the set.
        const ENTRY: usize = 32;
        let size = |set: &RoaringBitmap| size_of::<RoaringBitmap>() + set.serialized_size();
        let always = [&self.shown]
            .into_iter()
            .chain(&self.by_category)
            .chain(&self.exactly)
            .chain(&self.at_least)
            .chain(&self.by_kind);
        let moments = self.by_end.values().chain(self.by_creation.values());
        let by_key = moments
            .chain(self.by_hours.values())
            .chain(self.by_rating.values());
        always.map(size).sum::<usize>() + by_key.map(|set| ENTRY + size(set)).sum::<usize>()
    }
}

fn remove<K: Ord + Copy>(sets: &mut BTreeMap<K, RoaringBitmap>, key: K, slot: Slot) {
    if let Some(set) = sets.get_mut(&key) {
        set.remove(slot);
        if set.is_empty() {
            sets.remove(&key);
        }
    }
}
