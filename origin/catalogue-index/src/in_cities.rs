//! Lists of the cities that have offers which are shown, and of the partners of one.

use std::{cmp::Reverse, ops::Bound};

use domain::{
    GeoPoint, PartnerId, cities::CityArea, offers::store::Rank, partners::store::PartnerCursor,
    site::cities::CityCursor, slugs::Slug,
};

use crate::{
    Index,
    cities::{City, PartnerPlace},
};

/// A question about cities.
#[derive(Debug, Clone)]
pub struct CitiesAsked {
    /// Words of the name, as in lists of offers.
    pub search: Option<String>,
    pub first: usize,
    pub after: Option<CityCursor>,
}

/// A page of cities, by slug; with a search those without typing errors first.
#[derive(Debug, Clone, PartialEq)]
pub struct CitiesFound {
    pub items: Vec<(CityFound, CityCursor)>,
    pub has_next_page: bool,
    pub total: u64,
}

/// A city that has offers which are shown.
#[derive(Debug, Clone, PartialEq)]
pub struct CityFound {
    pub slug: Slug,
    /// As most addresses of its offers spell it.
    pub name: String,
    pub area: CityArea,
    /// The mean place of its offers.
    pub centre: GeoPoint,
    pub offers: u64,
    pub partners: u64,
}

/// A page of the partners of a city, by name.
#[derive(Debug, Clone, PartialEq)]
pub struct PartnersInCity {
    pub items: Vec<(PartnerId, PartnerCursor)>,
    pub has_next_page: bool,
    pub total: u64,
}

impl Index {
    /// Answers a question about cities.
    pub fn cities(&self, asked: &CitiesAsked) -> CitiesFound {
        let found: Vec<(Rank, &Slug, &City)> = match &asked.search {
            Some(search) => self.cities.find_cities(search),
            None => self
                .cities
                .shown()
                .map(|(slug, city)| (Rank::Title, slug, city))
                .collect(),
        };
        let after = asked.after.as_ref();
        let is_ahead = |(rank, slug, _): &&(Rank, &Slug, &City)| {
            after.is_none_or(|after| (after.rank, &after.slug) < (*rank, *slug))
        };
        let mut ahead = found.iter().filter(is_ahead);
        let page = ahead.by_ref().take(asked.first);
        let items = page.map(|(rank, slug, city)| {
            let cursor = CityCursor {
                rank: *rank,
                slug: (*slug).clone(),
            };
            (self.city_found(slug, city), cursor)
        });
        CitiesFound {
            items: items.collect(),
            has_next_page: ahead.next().is_some(),
            total: found.len() as u64,
        }
    }

    /// The city of a slug, if it has offers that are shown. A name without its area stands for the city with
    /// the most offers.
    pub fn city(&self, slug: &Slug) -> Option<CityFound> {
        let exact = self.cities.of_slug(slug).map(|city| (slug, city));
        let exact = exact.filter(|(_, city)| !city.partners.is_empty());
        let (slug, city) = exact.or_else(|| self.largest_named(slug))?;
        Some(self.city_found(slug, city))
    }

    fn largest_named(&self, name: &Slug) -> Option<(&Slug, &City)> {
        let beginning = format!("{name}-");
        let of_name = self.cities.shown().filter(|(slug, _)| {
            let area = slug.as_str().strip_prefix(&beginning);
            area.is_some_and(|area| !area.contains('-'))
        });
        // Of several that have as many the first one.
        of_name.max_by_key(|(slug, city)| (self.cities.count(&city.spellings), Reverse(*slug)))
    }

    fn city_found(&self, slug: &Slug, city: &City) -> CityFound {
        let offers = self.cities.count(&city.spellings);
        CityFound {
            slug: slug.clone(),
            name: self.cities.text(&city.spellings).to_owned(),
            area: city.area,
            centre: city.centre(offers),
            offers,
            partners: city.partners.len() as u64,
        }
    }

    /// The partners that have offers which are shown in a city.
    pub fn partners_in(
        &self,
        slug: &Slug,
        first: usize,
        after: Option<&PartnerCursor>,
    ) -> PartnersInCity {
        let city = self.cities.of_slug(slug);
        let start = after.map_or(Bound::Unbounded, |after| {
            Bound::Excluded((after.name_folded.as_str().into(), after.id.to_bytes()))
        });
        let mut ahead = city.into_iter().flat_map(|city| {
            let range = (start.clone(), Bound::Unbounded);
            city.partners_by_name.range::<PartnerPlace, _>(range)
        });
        let page = ahead.by_ref().take(first).map(|(name_folded, id)| {
            let id = PartnerId::from_bytes(*id);
            let cursor = PartnerCursor {
                name_folded: name_folded.to_string(),
                id: id.clone(),
            };
            (id, cursor)
        });
        PartnersInCity {
            items: page.collect(),
            has_next_page: ahead.next().is_some(),
            total: city.map_or(0, |city| city.partners.len() as u64),
        }
    }
}
