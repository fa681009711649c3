//! The cities in which offers are. An address spells its city in some way, and a spelling with an area has a
//! number, which offers keep. All spellings of one slug are a city; all spellings of one key, in whatever
//! area, are a name, by which lists filter.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
};

use domain::{
    GeoPoint,
    cities::{self, CityArea},
    offers::store::{InCity, Rank},
    search_text,
    slugs::Slug,
};
use roaring::{MultiOps, RoaringBitmap};

use crate::{
    entry::{Entry, Slot},
    ids::Id,
    words::Words,
};

/// Where a partner stands in the list of a city: by its folded name and its id.
pub(crate) type PartnerPlace = (Box<str>, Id);

/// Degrees are added up as whole numbers, so that the sum does not depend on the order.
const DEGREE: f64 = 1e6;

pub(crate) fn partner_place(name: &str, id: &Id) -> PartnerPlace {
    (search_text::fold(name).into(), *id)
}

#[derive(Debug, Default)]
pub(crate) struct Cities {
    /// The numbers of spellings, by their text.
    numbers: HashMap<Box<str>, Vec<(CityArea, u32)>>,
    /// Spellings keep their numbers.
    spellings: Vec<Spelling>,
    names_by_key: HashMap<Box<str>, u32>,
    names: Vec<Name>,
    by_slug: BTreeMap<Slug, u32>,
    all: Vec<City>,
    /// Of names.
    words: Words,
}

#[derive(Debug)]
struct Spelling {
    text: Box<str>,
    name: u32,
    /// None if the text has no word.
    city: Option<u32>,
    /// The offers that are shown.
    offers: RoaringBitmap,
}

#[derive(Debug)]
struct Name {
    key: Box<str>,
    spellings: Vec<u32>,
}

#[derive(Debug)]
pub(crate) struct City {
    pub area: CityArea,
    pub spellings: Vec<u32>,
    /// How many offers of each partner are shown.
    pub partners: HashMap<u32, u32>,
    /// The same partners, by name.
    pub partners_by_name: BTreeSet<PartnerPlace>,
    /// The sums of where they are, in millionths of a degree.
    lat: i64,
    lng: i64,
}

impl City {
    fn new(area: CityArea) -> Self {
        Self {
            area,
            spellings: Vec::new(),
            partners: HashMap::new(),
            partners_by_name: BTreeSet::new(),
            lat: 0,
            lng: 0,
        }
    }

    /// The mean place of its offers. No city of ours has the 180th meridian in it.
    pub(crate) fn centre(&self, offers: u64) -> GeoPoint {
        let mean = |sum: i64| {
            let count = i64::try_from(offers.max(1)).unwrap_or(i64::MAX);
            millionths(sum.div_euclid(count))
        };
        GeoPoint {
            lat: mean(self.lat),
            lng: mean(self.lng),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "at most 180 millions")]
fn millionths(of_degrees: i64) -> f64 {
    of_degrees as f64 / DEGREE
}

#[expect(clippy::cast_possible_truncation, reason = "at most 180 degrees")]
fn whole(degrees: f64) -> i64 {
    (degrees * DEGREE).round() as i64
}

impl Cities {
    /// The number of a spelling in an area.
    pub(crate) fn number(&mut self, text: &str, area: CityArea) -> u32 {
        if let Some(number) = self.known_number(text, area) {
            return number;
        }
        let text = text.trim();
        let number = next(self.spellings.len());
        let name = self.name(text);
        let city = cities::slug(text, area).map(|slug| self.city(slug, area));
        self.names[name as usize].spellings.push(number);
        if let Some(city) = city {
            self.all[city as usize].spellings.push(number);
        }
        self.spellings.push(Spelling {
            text: text.into(),
            name,
            city,
            offers: RoaringBitmap::new(),
        });
        let of_text = self.numbers.entry(text.into()).or_default();
        of_text.push((area, number));
        number
    }

    /// The number of a spelling that has one.
    pub(crate) fn known_number(&self, text: &str, area: CityArea) -> Option<u32> {
        let of_text = self.numbers.get(text.trim())?;
        let found = of_text.iter().find(|(known, _)| *known == area);
        found.map(|(_, number)| *number)
    }

    fn name(&mut self, text: &str) -> u32 {
        let key = search_text::city_key(text);
        if let Some(number) = self.names_by_key.get(key.as_str()) {
            return *number;
        }
        let number = next(self.names.len());
        self.words.insert(number, &key, &[]);
        self.names_by_key.insert(key.as_str().into(), number);
        self.names.push(Name {
            key: key.into(),
            spellings: Vec::new(),
        });
        number
    }

    fn city(&mut self, slug: Slug, area: CityArea) -> u32 {
        let next = next(self.all.len());
        let number = *self.by_slug.entry(slug).or_insert(next);
        if number == next {
            self.all.push(City::new(area));
        }
        number
    }

    /// Notes that an offer is shown. `place` gives the place of its partner.
    pub(crate) fn insert(
        &mut self,
        slot: Slot,
        entry: &Entry,
        place: impl FnOnce() -> PartnerPlace,
    ) {
        let spelling = &mut self.spellings[entry.city as usize];
        spelling.offers.insert(slot);
        if let Some(city) = spelling.city {
            let city = &mut self.all[city as usize];
            let offers = city.partners.entry(entry.partner).or_default();
            *offers += 1;
            if *offers == 1 {
                city.partners_by_name.insert(place());
            }
            city.lat += whole(entry.location.lat);
            city.lng += whole(entry.location.lng);
        }
    }

    /// Notes that an offer is no longer shown.
    pub(crate) fn remove(
        &mut self,
        slot: Slot,
        entry: &Entry,
        place: impl FnOnce() -> PartnerPlace,
    ) {
        let spelling = &mut self.spellings[entry.city as usize];
        spelling.offers.remove(slot);
        if let Some(city) = spelling.city {
            let city = &mut self.all[city as usize];
            if let Some(offers) = city.partners.get_mut(&entry.partner) {
                *offers -= 1;
                if *offers == 0 {
                    city.partners.remove(&entry.partner);
                    city.partners_by_name.remove(&place());
                }
            }
            city.lat -= whole(entry.location.lat);
            city.lng -= whole(entry.location.lng);
        }
    }

    /// Notes that a partner has another name. That is rare: this looks at all cities.
    pub(crate) fn rename(&mut self, partner: u32, before: &PartnerPlace, after: &PartnerPlace) {
        let all = self.all.iter_mut();
        for city in all.filter(|city| city.partners.contains_key(&partner)) {
            city.partners_by_name.remove(before);
            city.partners_by_name.insert(after.clone());
        }
    }

    /// The spellings that a filter means; none if there are none.
    pub(crate) fn spellings_of(&self, which: &InCity) -> Option<&[u32]> {
        match which {
            InCity::Named(key) => {
                let number = self.names_by_key.get(key.as_str())?;
                Some(&self.names[*number as usize].spellings)
            }
            InCity::Page(slug) => Some(&self.of_slug(slug)?.spellings),
        }
    }

    /// The offers of some spellings that are shown.
    pub(crate) fn offers(&self, spellings: &[u32]) -> Cow<'_, RoaringBitmap> {
        let set = |number: &u32| &self.spellings[*number as usize].offers;
        match spellings {
            [one] => Cow::Borrowed(set(one)),
            several => Cow::Owned(several.iter().map(set).union()),
        }
    }

    /// How many offers of some spellings are shown.
    pub(crate) fn count(&self, spellings: &[u32]) -> u64 {
        let counts = spellings.iter().map(|number| self.shown_as(*number));
        counts.sum()
    }

    fn shown_as(&self, spelling: u32) -> u64 {
        self.spellings[spelling as usize].offers.len()
    }

    /// The spelling that most offers have; of several the one with the most small letters.
    pub(crate) fn text(&self, spellings: &[u32]) -> &str {
        let text = |number: &&u32| self.spellings[**number as usize].text.as_ref();
        let best = spellings
            .iter()
            .max_by_key(|number| (self.shown_as(**number), text(number)));
        best.as_ref().map_or("", text)
    }

    /// Those with offers that are shown, by slug.
    pub(crate) fn shown(&self) -> impl Iterator<Item = (&Slug, &City)> {
        let all = self.by_slug.iter();
        let cities = all.map(|(slug, number)| (slug, &self.all[*number as usize]));
        cities.filter(|(_, city)| !city.partners.is_empty())
    }

    pub(crate) fn of_slug(&self, slug: &Slug) -> Option<&City> {
        let number = self.by_slug.get(slug)?;
        Some(&self.all[*number as usize])
    }

    /// The numbers of the names that have all words of a search; also with typing errors.
    fn find(&self, search: &str) -> Vec<(Rank, u32)> {
        let all: RoaringBitmap = (0..next(self.names.len())).collect();
        let Some(exact) = self.words.find(search, &all) else {
            return Vec::new();
        };
        let mut almost = self
            .words
            .find_almost(search, &all)
            .map_or_else(RoaringBitmap::new, |matches| matches.anywhere);
        almost -= &exact.anywhere;
        let exact = exact.anywhere.into_iter();
        let almost = almost.into_iter();
        exact
            .map(|number| (Rank::Title, number))
            .chain(almost.map(|number| (Rank::AlmostTitle, number)))
            .collect()
    }

    /// The names that a search finds of which offers are shown: how each is spelled, and how many offers.
    pub(crate) fn find_names(&self, search: &str) -> Vec<(Rank, &str, u64)> {
        let found = self.find(search).into_iter().map(|(rank, number)| {
            let spellings = &self.names[number as usize].spellings;
            (rank, self.text(spellings), self.count(spellings))
        });
        found.filter(|(_, _, offers)| *offers > 0).collect()
    }

    /// The cities that a search finds of which offers are shown, the best first, each with its rank.
    pub(crate) fn find_cities(&self, search: &str) -> Vec<(Rank, &Slug, &City)> {
        let mut ranks: HashMap<u32, Rank> = HashMap::new();
        for (rank, name) in self.find(search) {
            for number in &self.names[name as usize].spellings {
                if let Some(city) = self.spellings[*number as usize].city {
                    let known = ranks.entry(city).or_insert(rank);
                    *known = rank.min(*known);
                }
            }
        }
        let shown = self.shown().filter_map(|(slug, city)| {
            let number = self.by_slug.get(slug)?;
            Some((*ranks.get(number)?, slug, city))
        });
        let mut found: Vec<_> = shown.collect();
        found.sort_by_key(|(rank, slug, _)| (*rank, *slug));
        found
    }

    /// How many of some offers each name has, with the name's key and spelling: `counts` has the number of
    /// each spelling.
    pub(crate) fn by_name(&self, counts: impl Iterator<Item = (u32, u64)>) -> Vec<Counted<'_>> {
        let mut names: HashMap<u32, u64> = HashMap::new();
        for (spelling, count) in counts {
            *names
                .entry(self.spellings[spelling as usize].name)
                .or_default() += count;
        }
        let all = names.into_iter().map(|(number, count)| {
            let name = &self.names[number as usize];
            ((name.key.as_ref(), self.text(&name.spellings)), count)
        });
        all.collect()
    }

    /// The numbers of all spellings, with the offers that are shown.
    pub(crate) fn sets(&self) -> impl Iterator<Item = (u32, &RoaringBitmap)> {
        (0..).zip(self.spellings.iter().map(|spelling| &spelling.offers))
    }

    pub(crate) fn bytes(&self) -> usize {
        /// Of an entry of a map, besides what it holds.
        const ENTRY: usize = 32;
        let spelling = |one: &Spelling| {
            size_of::<Spelling>() + 2 * one.text.len() + one.offers.serialized_size() + ENTRY
        };
        let name = |one: &Name| size_of::<Name>() + 2 * one.key.len() + ENTRY;
        let city = |one: &City| {
            let partners = one.partners.capacity() * size_of::<(u32, u32)>();
            let names = one.partners_by_name.iter();
            let names = names.map(|(name, _)| name.len() + size_of::<PartnerPlace>());
            size_of::<City>() + size_of::<Slug>() + partners + names.sum::<usize>() + ENTRY
        };
        self.spellings.iter().map(spelling).sum::<usize>()
            + self.names.iter().map(name).sum::<usize>()
            + self.all.iter().map(city).sum::<usize>()
            + self.words.bytes()
    }
}

/// A name's key and spelling, and a number of offers.
pub(crate) type Counted<'c> = ((&'c str, &'c str), u64);

fn next(count: usize) -> u32 {
    u32::try_from(count).expect("fewer than four billion cities")
}
