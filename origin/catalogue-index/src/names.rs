//! The names of what has offers: partners and establishments, by the numbers that the index gave them.

use std::collections::BTreeMap;

use domain::{Category, GeoPoint};
use roaring::RoaringBitmap;

use crate::{sphere::Point, words::Words};

/// Names with what else is known of each.
#[derive(Debug)]
pub(crate) struct Names<F> {
    /// By number.
    named: Vec<Named<F>>,
    words: Words,
    /// Those that have offers which are shown: nothing else is found.
    shown: RoaringBitmap,
    /// The same, by how many offers these are.
    by_offers: BTreeMap<u32, RoaringBitmap>,
}

#[derive(Debug)]
pub(crate) struct Named<F> {
    pub name: Box<str>,
    /// How many offers are shown.
    pub offers: u32,
    pub facts: F,
}

/// What is known of a partner.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct PartnerFacts {
    pub category: Option<Category>,
}

/// What is known of an establishment.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct PlaceFacts {
    /// The number of its partner.
    pub partner: u32,
    pub category: Option<Category>,
    pub location: GeoPoint,
    /// The same.
    pub point: Point,
}

/// Whether something begins or ceases to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turned {
    Yes,
    No,
}

impl<F> Default for Names<F> {
    fn default() -> Self {
        Self {
            named: Vec::new(),
            words: Words::default(),
            shown: RoaringBitmap::new(),
            by_offers: BTreeMap::new(),
        }
    }
}

impl<F: Copy + PartialEq + Default> Names<F> {
    /// Notes the name and the facts of a number. Gives the facts before, if they are others and it is shown.
    pub(crate) fn set(&mut self, number: u32, name: &str, facts: F) -> Option<F> {
        let at = number as usize;
        while self.named.len() <= at {
            self.named.push(Named {
                name: "".into(),
                offers: 0,
                facts: F::default(),
            });
        }
        let known = &mut self.named[at];
        if *known.name != *name {
            if !known.name.is_empty() {
                // Names change seldom: this looks at all words.
                let only = RoaringBitmap::from_iter([number]);
                self.words.remove(&only, 0, usize::MAX);
            }
            self.words.insert(number, name, &[]);
            known.name = name.into();
        }
        let before = std::mem::replace(&mut known.facts, facts);
        (before != facts && self.shown.contains(number)).then_some(before)
    }

    /// Notes that one more offer is shown.
    pub(crate) fn show(&mut self, number: u32) -> Turned {
        let offers = self.named[number as usize].offers;
        self.count(number, offers + 1);
        if self.shown.insert(number) {
            Turned::Yes
        } else {
            Turned::No
        }
    }

    /// Notes that one offer less is shown.
    pub(crate) fn hide(&mut self, number: u32) -> Turned {
        let offers = self.named[number as usize].offers;
        self.count(number, offers.saturating_sub(1));
        if offers <= 1 && self.shown.remove(number) {
            Turned::Yes
        } else {
            Turned::No
        }
    }

    fn count(&mut self, number: u32, offers: u32) {
        let before = std::mem::replace(&mut self.named[number as usize].offers, offers);
        if let Some(same) = self.by_offers.get_mut(&before) {
            same.remove(number);
            if same.is_empty() {
                self.by_offers.remove(&before);
            }
        }
        if offers > 0 {
            self.by_offers.entry(offers).or_default().insert(number);
        }
    }

    /// The one of a number that may be new, if it has offers that are shown.
    pub(crate) fn shown(&self, number: u32) -> Option<&Named<F>> {
        let named = self.named.get(number as usize);
        named.filter(|named| named.offers > 0)
    }

    pub(crate) fn get(&self, number: u32) -> &Named<F> {
        &self.named[number as usize]
    }

    /// Those that are shown and have all words of a search, as they are written; none for a search without
    /// words.
    pub(crate) fn find(&self, search: &str) -> Option<RoaringBitmap> {
        let exact = self.words.find(search, &self.shown)?;
        Some(exact.anywhere)
    }

    /// Those that have the words with typing errors, and are not among `exact`.
    pub(crate) fn find_almost(&self, search: &str, exact: &RoaringBitmap) -> RoaringBitmap {
        let almost = self.words.find_almost(search, &self.shown);
        almost.map_or_else(RoaringBitmap::new, |almost| almost.anywhere - exact)
    }

    /// Some of those that are shown: first what has the most offers, then the smallest number.
    pub(crate) fn most_offers_first(&self, among: &RoaringBitmap) -> impl Iterator<Item = u32> {
        let levels = self.by_offers.values().rev();
        levels.flat_map(move |same| same & among)
    }

    pub(crate) fn bytes(&self) -> usize {
        let letters: usize = self.named.iter().map(|named| named.name.len()).sum();
        self.named.capacity() * size_of::<Named<F>>()
            + letters
            + self.words.bytes()
            + self.shown.serialized_size()
            + self
                .by_offers
                .values()
                .map(RoaringBitmap::serialized_size)
                .sum::<usize>()
    }
}
