//! The cities in which offers are: a number for each, and the offers that are shown there.

use std::collections::HashMap;

use domain::{offers::store::Rank, search_text};
use roaring::RoaringBitmap;

use crate::{entry::Slot, words::Words};

#[derive(Debug, Default)]
pub(crate) struct Cities {
    /// By the city's key.
    numbers: HashMap<Box<str>, u32>,
    /// Cities keep their numbers.
    by_number: Vec<City>,
    words: Words,
}

#[derive(Debug)]
pub(crate) struct City {
    pub key: Box<str>,
    /// As the first address spells it.
    pub name: Box<str>,
    /// The offers that are shown.
    pub offers: RoaringBitmap,
}

impl City {
    /// Its key and its name.
    pub(crate) fn names(&self) -> (&str, &str) {
        (&self.key, &self.name)
    }
}

impl Cities {
    /// The number of a city.
    pub(crate) fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.known_number(name) {
            return number;
        }
        let number = u32::try_from(self.by_number.len()).expect("fewer than four billion cities");
        let key: Box<str> = search_text::city_key(name).into();
        self.numbers.insert(key.clone(), number);
        self.words.insert(number, &key, &[]);
        self.by_number.push(City {
            key,
            name: name.trim().into(),
            offers: RoaringBitmap::new(),
        });
        number
    }

    /// The number of a city that has one.
    pub(crate) fn known_number(&self, name: &str) -> Option<u32> {
        self.numbers
            .get(search_text::city_key(name).as_str())
            .copied()
    }

    pub(crate) fn get(&self, number: u32) -> &City {
        &self.by_number[number as usize]
    }

    /// Those with offers that are shown.
    pub(crate) fn shown(&self) -> impl Iterator<Item = &City> {
        self.by_number.iter().filter(|city| !city.offers.is_empty())
    }

    /// Those with offers that are shown and with all words of a search; also with typing errors.
    pub(crate) fn find(&self, search: &str) -> Vec<(Rank, &City)> {
        let all: RoaringBitmap =
            (0..u32::try_from(self.by_number.len()).unwrap_or(u32::MAX)).collect();
        let Some(exact) = self.words.find(search, &all) else {
            return Vec::new();
        };
        let mut almost = self
            .words
            .find_almost(search, &all)
            .map_or_else(RoaringBitmap::new, |matches| matches.anywhere);
        almost -= &exact.anywhere;
        let exact = exact
            .anywhere
            .into_iter()
            .map(|number| (Rank::Title, number));
        let almost = almost.into_iter().map(|number| (Rank::AlmostTitle, number));
        exact
            .chain(almost)
            .map(|(rank, number)| (rank, self.get(number)))
            .filter(|(_, city)| !city.offers.is_empty())
            .collect()
    }

    pub(crate) fn insert(&mut self, number: u32, slot: Slot) {
        self.by_number[number as usize].offers.insert(slot);
    }

    pub(crate) fn remove(&mut self, number: u32, slot: Slot) {
        self.by_number[number as usize].offers.remove(slot);
    }

    pub(crate) fn bytes(&self) -> usize {
        let texts = |city: &City| 2 * city.key.len() + city.name.len();
        let each = |city: &City| size_of::<City>() + texts(city) + city.offers.serialized_size();
        self.by_number.iter().map(each).sum::<usize>() + self.words.bytes()
    }
}
