//! How many offers of a list are of which category, kind of discount and city.

use std::{borrow::Cow, cmp::Reverse};

use domain::{
    Category,
    offers::discount::{DiscountKind, KINDS},
};
use roaring::RoaringBitmap;

use crate::{Index, areas::set_of, asked::Asked, cities::Counted, grid::Item};

/// The cities of a list that are counted: those with the most offers.
const MOST_CITIES: usize = 20;

/// Numbers of offers; what a list has none of is left out. The most frequent first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facets {
    pub categories: Vec<(Category, u64)>,
    pub kinds: Vec<(DiscountKind, u64)>,
    /// At most 20, by name.
    pub cities: Vec<(String, u64)>,
    /// If not, there may be more of each.
    pub is_exact: bool,
}

impl Default for Facets {
    /// Of an empty list.
    fn default() -> Self {
        Self {
            categories: Vec::new(),
            kinds: Vec::new(),
            cities: Vec::new(),
            is_exact: true,
        }
    }
}

impl Index {
    /// Counts those of some slots that are in the area of a question. `is_all`: whether these slots are all
    /// that the list has.
    pub(crate) fn facets(&self, asked: &Asked<'_>, slots: &RoaringBitmap, is_all: bool) -> Facets {
        let (listed, is_listed) = self.listed(asked, slots);
        let counts = if asked.is_of_sets() && listed.len() > self.limits.looked_at {
            self.count_by_sets(&listed)
        } else {
            self.count_one_by_one(&listed)
        };
        Facets {
            is_exact: is_all && is_listed,
            ..counts
        }
    }

    /// Those of some slots that are in the area; and whether these are all, since of very many in an area
    /// only some are counted.
    fn listed<'s>(
        &self,
        asked: &Asked<'_>,
        slots: &'s RoaringBitmap,
    ) -> (Cow<'s, RoaringBitmap>, bool) {
        if asked.area.is_everywhere() {
            return (Cow::Borrowed(slots), true);
        }
        if slots.len() <= self.limits.measured || !asked.is_of_sets() {
            return (Cow::Owned(self.all_within(asked, slots)), true);
        }
        let most = usize::try_from(self.limits.largest_exact_total).unwrap_or(usize::MAX);
        let is_one = |item: &Item, side| self.is_one(asked, slots, item, side);
        let (found, is_all) = self.grid.collect(&asked.area, &asked.wanted, most, is_one);
        (Cow::Owned(set_of(found)), is_all)
    }

    fn count_one_by_one(&self, slots: &RoaringBitmap) -> Facets {
        let mut categories = [0; Category::ALL.len()];
        let mut kinds = [0; KINDS];
        let mut cities = Vec::with_capacity(usize::try_from(slots.len()).unwrap_or_default());
        for slot in slots {
            let entry = &self.entries[slot as usize];
            categories[entry.category as usize] += 1;
            kinds[entry.kind as usize] += 1;
            cities.push(entry.city);
        }
        cities.sort_unstable();
        let same = cities.chunk_by(|one, next| one == next);
        facets(
            Category::ALL.into_iter().zip(categories),
            DiscountKind::ALL.iter().copied().zip(kinds),
            self.cities
                .by_name(same.map(|all| (all[0], all.len() as u64))),
        )
    }

    fn count_by_sets(&self, slots: &RoaringBitmap) -> Facets {
        let filters = &self.filters;
        let common = |set: &RoaringBitmap| set.intersection_len(slots);
        let categories = Category::ALL.into_iter();
        let kinds = DiscountKind::ALL.iter().copied();
        facets(
            categories.map(|one| (one, common(filters.category(one)))),
            kinds.map(|one| (one, common(filters.kind(one)))),
            self.cities.by_name(
                self.cities
                    .sets()
                    .map(|(number, set)| (number, common(set))),
            ),
        )
    }
}

fn facets(
    categories: impl IntoIterator<Item = (Category, u64)>,
    kinds: impl IntoIterator<Item = (DiscountKind, u64)>,
    cities: Vec<Counted<'_>>,
) -> Facets {
    // By key, so that it does not depend on the order in which cities came.
    let mut cities = most_frequent(cities.into_iter().filter(|((key, _), _)| !key.is_empty()));
    cities.truncate(MOST_CITIES);
    let name = |((_, name), count): ((&str, &str), u64)| (name.to_owned(), count);
    Facets {
        categories: most_frequent(categories),
        kinds: most_frequent(kinds),
        cities: cities.into_iter().map(name).collect(),
        is_exact: true,
    }
}

fn most_frequent<T: Ord + Copy>(counts: impl IntoIterator<Item = (T, u64)>) -> Vec<(T, u64)> {
    let mut counts: Vec<_> = counts.into_iter().filter(|(_, count)| *count > 0).collect();
    counts.sort_by_key(|(what, count)| (Reverse(*count), *what));
    counts
}
