//! A question, prepared for answering.

use std::borrow::Cow;

use domain::offers::{
    opening::OpenAt,
    store::{OfferQuery, Visibility},
};
use roaring::RoaringBitmap;

use crate::{
    Index,
    area::{Area, Disk, Rectangle},
    best::After,
    entry::{Entry, HOUR_MS},
    grid::Wanted,
    order::Order,
};

/// What of a question is compared with each offer.
pub(crate) struct Asked<'q> {
    pub query: &'q OfferQuery,
    pub order: Order,
    pub area: Area,
    /// What the cells of the grid know of.
    pub wanted: Wanted,
    pub after: Option<After>,
    open: Option<OpenAt>,
    /// The spellings of the city.
    city: Option<Vec<u32>>,
}

/// The least discount of a query, in percent.
fn at_least(query: &OfferQuery) -> u8 {
    let percentage = query.min_discount.unwrap_or(0).max(0);
    // Nothing has more than 100.
    u8::try_from(percentage).unwrap_or(u8::MAX)
}

impl<'q> Asked<'q> {
    /// None if nothing can be found.
    pub(crate) fn of(query: &'q OfferQuery, index: &Index) -> Option<Self> {
        let disk = match &query.near {
            Some(near) => Some(Disk::of(near)?),
            None => None,
        };
        let open = match query.open_at_ms {
            Some(moment_ms) => Some(OpenAt::of(moment_ms)?),
            None => None,
        };
        let city = match &query.city {
            Some(which) => Some(index.cities.spellings_of(which)?.to_vec()),
            None => None,
        };
        Some(Self {
            query,
            order: Order::of(query, disk),
            area: Area {
                disk,
                rectangle: query.within.map(Rectangle::of),
            },
            wanted: Wanted::new(&query.categories, at_least(query)),
            after: query.after.as_ref().map(After::of),
            open,
            city,
        })
    }

    /// Whether the question asks only for what the cells of the grid know: nothing but the area, the
    /// categories and the discount.
    pub(crate) const fn is_plain(&self) -> bool {
        self.query.search.is_none()
            && self.query.kinds.is_empty()
            && self.query.ends_before_hour.is_none()
            && self.query.created_since_day.is_none()
            && self.open.is_none()
            && self.city.is_none()
            && self.is_of_sets()
    }

    /// Whether the sets and the grid have all that the question may find: they know what is shown to
    /// everybody. A partner's offers are few, and looked at one by one.
    pub(crate) const fn is_of_sets(&self) -> bool {
        matches!(self.query.include_inactive, Visibility::Public) && self.query.partner.is_none()
    }

    /// Whether an offer is what the question asks for, but for words and place.
    pub(crate) fn takes(&self, entry: &Entry) -> bool {
        let query = self.query;
        entry.is_visible(query.include_inactive, query.now_ms)
            && entry.percentage >= at_least(query)
            && (query.categories.is_empty() || query.categories.contains(&entry.category))
            && (query.kinds.is_empty() || query.kinds.contains(&entry.kind))
            && self
                .city
                .as_ref()
                .is_none_or(|city| city.contains(&entry.city))
            && self.open.is_none_or(|open| open.is_open(entry.hours))
            && self.later_ms().is_none_or(|at_ms| entry.is_valid_at(at_ms))
            && query
                .ends_before_hour
                .is_none_or(|hour| entry.hour_of_end() < hour)
            && query
                .created_since_day
                .is_none_or(|day| entry.day_of_creation() >= day)
    }

    /// The moment at which offers are to be open, if it is still to come: they have to be valid then.
    fn later_ms(&self) -> Option<i64> {
        let query = self.query;
        query.open_at_ms.filter(|at_ms| *at_ms > query.now_ms)
    }

    /// What is shown and has ended at a later moment.
    fn over_at(index: &Index, at_ms: i64) -> RoaringBitmap {
        let hour = at_ms.div_euclid(HOUR_MS);
        let mut over = index.filters.ending_before(hour);
        if let Some(in_this_hour) = index.filters.ending_in(hour) {
            let is_over = |slot: &u32| !index.entries[*slot as usize].is_valid_at(at_ms);
            over.extend(in_this_hour.iter().filter(is_over));
        }
        over
    }

    /// What is shown of what the question asks for, but for words and place.
    pub(crate) fn shown<'i>(&self, index: &'i Index) -> Cow<'i, RoaringBitmap> {
        let (query, filters) = (self.query, &index.filters);
        let mut sets: Vec<Cow<'i, RoaringBitmap>> = Vec::new();
        match at_least(query) {
            0 => {}
            percentage => sets.push(filters.discount(percentage)),
        }
        if !query.kinds.is_empty() {
            sets.push(filters.kinds(&query.kinds));
        }
        if let Some(city) = &self.city {
            sets.push(index.cities.offers(city));
        }
        if let Some(hour) = query.ends_before_hour {
            sets.push(Cow::Owned(filters.ending_before(hour)));
        }
        if let Some(day) = query.created_since_day {
            sets.push(Cow::Owned(filters.created_since(day)));
        }
        if let Some(open) = &self.open {
            sets.push(Cow::Owned(filters.open(*open)));
        }
        let mut found = filters.categories(&query.categories);
        for set in sets {
            found = Cow::Owned(&*found & &*set);
        }
        match self.later_ms() {
            None => found,
            Some(at_ms) => Cow::Owned(&*found - &Self::over_at(index, at_ms)),
        }
    }
}
