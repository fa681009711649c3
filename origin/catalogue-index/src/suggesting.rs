//! Finds partners, establishments and cities by their names: those that have offers which are shown.

use std::cmp::Reverse;

use domain::{
    Category, EstablishmentId, GeoPoint, PartnerId,
    offers::store::{Near, Rank},
    search_text,
};

use crate::{Index, area::Disk, stop_words};

/// Partners or establishments that a search finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundByName<T> {
    /// The first ones.
    pub items: Vec<T>,
    pub total: u64,
}

/// What somebody may mean who types a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    pub what: Suggested,
    /// How many offers of it are shown.
    pub offers: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Suggested {
    Category(Category),
    /// A city by its name.
    City(String),
    Partner(PartnerId, String),
    Establishment(EstablishmentId, String),
}

/// How well something fits a text: a smaller one stands before a greater one.
type Fit = (Rank, u64, Reverse<u64>);

impl Index {
    /// The partners that have all words of a search in their names: exact ones first, then those with the
    /// most offers.
    pub fn find_partners(
        &self,
        search: &str,
        category: Option<Category>,
        first: usize,
    ) -> FoundByName<PartnerId> {
        let mut found = self.partner_names.find(search);
        found.retain(|(_, number)| {
            let known = self.partner_names.get(*number).facts.category;
            category.is_none_or(|category| known == Some(category))
        });
        let total = found.len() as u64;
        let fit = |(rank, number)| self.partner_fit(rank, number);
        let best = best(found.into_iter().map(fit).collect(), first);
        let id = |(_, number)| PartnerId::from_bytes(*self.partners.id(number));
        FoundByName {
            items: best.into_iter().map(id).collect(),
            total,
        }
    }

    /// The establishments that have all words of a search in their names: exact ones first, then the
    /// nearest, or without a place those with the most offers.
    pub fn find_places(
        &self,
        search: &str,
        near: Option<&Near>,
        first: usize,
    ) -> FoundByName<EstablishmentId> {
        let disk = match near.map(Disk::of) {
            None => None,
            Some(Some(disk)) => Some(disk),
            Some(None) => {
                return FoundByName {
                    items: Vec::new(),
                    total: 0,
                };
            }
        };
        let found = self.place_names.find(search).into_iter();
        let found: Vec<(Fit, u32)> = found
            .filter_map(|(rank, number)| {
                let named = self.place_names.get(number);
                let distance = match &disk {
                    // The bits of a distance compare like it.
                    Some(disk) => disk.distance_km(&named.facts.location)?.to_bits(),
                    None => 0,
                };
                Some(((rank, distance, Reverse(named.offers.into())), number))
            })
            .collect();
        let total = found.len() as u64;
        let id = |(_, number)| EstablishmentId::from_bytes(*self.places.id(number));
        FoundByName {
            items: best(found, first).into_iter().map(id).collect(),
            total,
        }
    }

    /// What a text may mean, at most `first`: categories, cities, partners and establishments in turn, first
    /// those that have its words as they are written. With a place the nearest establishments come first,
    /// else what has the most offers.
    pub fn suggestions(&self, text: &str, near: Option<GeoPoint>, first: usize) -> Vec<Suggestion> {
        let mut kinds = [
            self.suggested_categories(text),
            self.suggested_cities(text),
            self.suggested_partners(text, first),
            self.suggested_places(text, near, first),
        ];
        for kind in &mut kinds {
            kind.sort_by_key(|(key, _)| *key);
            kind.truncate(first);
        }
        let mut all = Vec::new();
        for rank in [Rank::Title, Rank::AlmostTitle] {
            for turn in 0..first {
                for kind in &kinds {
                    let of_rank = kind.iter().filter(|((found, _, _), _)| *found == rank);
                    all.extend(of_rank.skip(turn).take(1).map(|(_, one)| one.clone()));
                }
            }
        }
        all.truncate(first);
        all
    }

    fn suggested_categories(&self, text: &str) -> Vec<(Fit, Suggestion)> {
        let words = stop_words::required(text);
        let begins = |name: &str| {
            let name = search_text::indexed(&[name]);
            let has = |word: &String| name.split(' ').any(|known| known.starts_with(word));
            !words.is_empty() && words.iter().all(has)
        };
        let all = Category::ALL.into_iter();
        let found = all.filter(|one| begins(one.name_fr()) || begins(one.name_en()));
        let found = found.map(|one| {
            let offers = self.filters.category(one).len();
            (Rank::Title, offers, Suggested::Category(one))
        });
        found
            .filter(|(_, offers, _)| *offers > 0)
            .map(fitting)
            .collect()
    }

    fn suggested_cities(&self, text: &str) -> Vec<(Fit, Suggestion)> {
        let found = self.cities.find_names(text).into_iter();
        found
            .map(|(rank, name, offers)| (rank, offers, Suggested::City(name.to_owned())))
            .map(fitting)
            .collect()
    }

    fn suggested_partners(&self, text: &str, first: usize) -> Vec<(Fit, Suggestion)> {
        let found = self.partner_names.find(text).into_iter();
        let found = found.map(|(rank, number)| self.partner_fit(rank, number));
        let best = best(found.collect(), first).into_iter();
        best.map(|(fit, number)| {
            let named = self.partner_names.get(number);
            let id = PartnerId::from_bytes(*self.partners.id(number));
            let what = Suggested::Partner(id, named.name.to_string());
            let offers = named.offers.into();
            (fit, Suggestion { what, offers })
        })
        .collect()
    }

    /// Establishments that are named like their partner are suggested as the partner.
    fn suggested_places(
        &self,
        text: &str,
        near: Option<GeoPoint>,
        first: usize,
    ) -> Vec<(Fit, Suggestion)> {
        let has_own_name = |number: u32| {
            let named = self.place_names.get(number);
            self.partner_names.get(named.facts.partner).name != named.name
        };
        let found = self.place_names.find(text).into_iter();
        let found = found.filter(|(_, number)| has_own_name(*number));
        let found = found.map(|(rank, number)| {
            let named = self.place_names.get(number);
            let distance_km = near.map_or(0.0, |near| near.distance_km(&named.facts.location));
            let offers = named.offers.into();
            // The bits of a distance compare like it.
            ((rank, distance_km.to_bits(), Reverse(offers)), number)
        });
        let best = best(found.collect(), first).into_iter();
        best.map(|(fit, number)| {
            let named = self.place_names.get(number);
            let id = EstablishmentId::from_bytes(*self.places.id(number));
            let what = Suggested::Establishment(id, named.name.to_string());
            let offers = named.offers.into();
            (fit, Suggestion { what, offers })
        })
        .collect()
    }

    fn partner_fit(&self, rank: Rank, number: u32) -> (Fit, u32) {
        let offers = self.partner_names.get(number).offers.into();
        ((rank, 0, Reverse(offers)), number)
    }
}

/// The first so many, in order. All of them are not sorted: a few letters find a share of all names.
fn best(mut found: Vec<(Fit, u32)>, first: usize) -> Vec<(Fit, u32)> {
    if found.len() > first {
        found.select_nth_unstable(first);
        found.truncate(first);
    }
    found.sort_unstable();
    found
}

fn fitting((rank, offers, what): (Rank, u64, Suggested)) -> (Fit, Suggestion) {
    ((rank, 0, Reverse(offers)), Suggestion { what, offers })
}
