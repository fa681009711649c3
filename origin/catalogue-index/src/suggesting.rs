//! Finds partners, establishments and cities by their names: those that have offers which are shown.

use std::cmp::Reverse;

use domain::{
    Category, EstablishmentId, GeoPoint, PartnerId,
    offers::store::{Near, Rank},
    search_text,
};
use roaring::RoaringBitmap;

use crate::{Index, area::Disk, names::Names, stop_words};

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

/// How well something fits a text.
#[derive(Clone, Copy)]
struct Fit {
    rank: Rank,
    offers: u64,
}

impl Index {
    /// The partners that have all words of a search in their names: exact ones first, then those with the
    /// most offers.
    pub fn find_partners(
        &self,
        search: &str,
        category: Option<Category>,
        first: usize,
    ) -> FoundByName<PartnerId> {
        let names = &self.partner_names;
        let of_category = |found: RoaringBitmap| {
            let is_of = |number: &u32| names.get(*number).facts.category == category;
            if category.is_none() {
                return found;
            }
            found.iter().filter(is_of).collect()
        };
        let exact = names.find(search).unwrap_or_default();
        let almost = of_category(names.find_almost(search, &exact));
        let exact = of_category(exact);
        let best = names.most_offers_first(&exact);
        let best = best.chain(names.most_offers_first(&almost)).take(first);
        FoundByName {
            items: best.map(|number| self.partner_id(number)).collect(),
            total: exact.len() + almost.len(),
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
        let disk = near.map(Disk::of);
        let exact = self.place_names.find(search).unwrap_or_default();
        let almost = self.place_names.find_almost(search, &exact);
        let (mut numbers, mut total) = (Vec::new(), 0);
        for found in [exact, almost] {
            let left = first - numbers.len();
            match &disk {
                None => {
                    numbers.extend(self.place_names.most_offers_first(&found).take(left));
                    total += found.len();
                }
                // Nothing is in it.
                Some(None) => {}
                Some(Some(disk)) => {
                    numbers.extend(self.nearest_places(&found, disk, left, |_| true));
                    total += self.count_places(&found, disk);
                }
            }
        }
        let id = |number: u32| EstablishmentId::from_bytes(*self.places.id(number));
        FoundByName {
            items: numbers.into_iter().map(id).collect(),
            total,
        }
    }

    /// What a text may mean, at most `first`: categories, cities, partners and establishments in turn, first
    /// those that have its words as they are written. With a place the nearest establishments come first,
    /// else what has the most offers.
    pub fn suggestions(&self, text: &str, near: Option<GeoPoint>, first: usize) -> Vec<Suggestion> {
        let kinds = [
            most_offers_first(self.suggested_categories(text)),
            most_offers_first(self.suggested_cities(text)),
            self.suggested_partners(text, first),
            self.suggested_places(text, near, first),
        ];
        let mut all = Vec::new();
        for rank in [Rank::Title, Rank::AlmostTitle] {
            for turn in 0..first {
                for kind in &kinds {
                    let of_rank = kind.iter().take(first).filter(|(fit, _)| fit.rank == rank);
                    let one = of_rank.skip(turn).take(1);
                    all.extend(one.map(|(fit, what)| Suggestion {
                        what: what.clone(),
                        offers: fit.offers,
                    }));
                }
            }
        }
        all.truncate(first);
        all
    }

    fn suggested_categories(&self, text: &str) -> Vec<(Fit, Suggested)> {
        let words = stop_words::required(text);
        let begins = |name: &str| {
            let name = search_text::indexed(&[name]);
            let has = |word: &String| name.split(' ').any(|known| known.starts_with(word));
            !words.is_empty() && words.iter().all(has)
        };
        let all = Category::ALL.into_iter();
        let found = all.filter(|one| begins(one.name_fr()) || begins(one.name_en()));
        let found = found.map(|one| {
            let (rank, offers) = (Rank::Title, self.filters.category(one).len());
            (Fit { rank, offers }, Suggested::Category(one))
        });
        found.filter(|(fit, _)| fit.offers > 0).collect()
    }

    fn suggested_cities(&self, text: &str) -> Vec<(Fit, Suggested)> {
        let found = self.cities.find_names(text).into_iter();
        let found = found.map(|(rank, name, offers)| {
            let city = Suggested::City(name.to_owned());
            (Fit { rank, offers }, city)
        });
        found.collect()
    }

    fn suggested_partners(&self, text: &str, first: usize) -> Vec<(Fit, Suggested)> {
        let names = &self.partner_names;
        let best = best(names, text, first, |found, left| {
            names.most_offers_first(found).take(left).collect()
        });
        let suggested = best.into_iter().map(|(rank, number)| {
            let one = names.get(number);
            let offers = one.offers.into();
            let partner = Suggested::Partner(self.partner_id(number), one.name.to_string());
            (Fit { rank, offers }, partner)
        });
        suggested.collect()
    }

    /// Establishments that are named like their partner are suggested as the partner.
    fn suggested_places(
        &self,
        text: &str,
        near: Option<GeoPoint>,
        first: usize,
    ) -> Vec<(Fit, Suggested)> {
        let names = &self.place_names;
        let has_own_name = |number: u32| {
            let one = names.get(number);
            self.partner_names.get(one.facts.partner).name != one.name
        };
        let disk = near.and_then(|centre| {
            Disk::of(&Near {
                centre,
                max_distance_km: f64::INFINITY,
            })
        });
        let best = best(names, text, first, |found, left| {
            if let Some(disk) = &disk {
                return self.nearest_places(found, disk, left, has_own_name);
            }
            let found = names.most_offers_first(found);
            let own = found.filter(|number| has_own_name(*number));
            own.take(left).collect()
        });
        let suggested = best.into_iter().map(|(rank, number)| {
            let one = names.get(number);
            let offers = one.offers.into();
            let id = EstablishmentId::from_bytes(*self.places.id(number));
            let place = Suggested::Establishment(id, one.name.to_string());
            (Fit { rank, offers }, place)
        });
        suggested.collect()
    }

    fn partner_id(&self, number: u32) -> PartnerId {
        PartnerId::from_bytes(*self.partners.id(number))
    }
}

/// The first so many names that have a text, by `first_of`: with typing errors only if too few have it as it is
/// written.
fn best<F: Copy + PartialEq + Default>(
    names: &Names<F>,
    text: &str,
    first: usize,
    first_of: impl Fn(&RoaringBitmap, usize) -> Vec<u32>,
) -> Vec<(Rank, u32)> {
    let Some(exact) = names.find(text) else {
        return Vec::new();
    };
    let of_rank = |rank| move |number| (rank, number);
    let exactly = first_of(&exact, first).into_iter();
    let mut found: Vec<_> = exactly.map(of_rank(Rank::Title)).collect();
    let left = first - found.len();
    if left > 0 {
        let almost = first_of(&names.find_almost(text, &exact), left).into_iter();
        found.extend(almost.map(of_rank(Rank::AlmostTitle)));
    }
    found
}

fn most_offers_first(mut found: Vec<(Fit, Suggested)>) -> Vec<(Fit, Suggested)> {
    found.sort_by_key(|(fit, _)| (fit.rank, Reverse(fit.offers)));
    found
}
