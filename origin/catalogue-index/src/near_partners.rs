//! The partners near a place: each is as far as the nearest of its establishments that has offers which are
//! shown.

use std::collections::{BTreeSet, HashMap, HashSet};

use domain::{Category, ID_BYTES, PartnerId, offers::store::Near, partners::store::NearCursor};
use roaring::RoaringBitmap;

use crate::{
    Index,
    answer::Total,
    area::{Area, Disk, Side},
    grid::Wanted,
    sphere::{LONGEST, chord},
};

/// A question about partners near a place.
#[derive(Debug, Clone)]
pub struct PartnersNear {
    pub near: Near,
    pub category: Option<Category>,
    /// Words of the partner's name, as in lists of offers.
    pub search: Option<String>,
    pub first: usize,
    pub after: Option<NearCursor>,
}

/// A page of partners, the nearest first.
#[derive(Debug, Clone, PartialEq)]
pub struct PartnersFound {
    /// With their distances in kilometres.
    pub items: Vec<(PartnerId, f64)>,
    pub has_next_page: bool,
    pub total: Total,
}

/// A partner's distance, as bits that compare like it, and its id.
type Place = (u64, [u8; ID_BYTES]);

/// What of a question is compared with each establishment.
struct Sought {
    disk: Disk,
    area: Area,
    wanted: Wanted,
    /// The numbers of the partners that a search finds.
    named: Option<RoaringBitmap>,
}

impl Index {
    /// Answers a question about partners near a place.
    pub fn partners_near(&self, query: &PartnersNear) -> PartnersFound {
        let Some(sought) = self.sought(query) else {
            return PartnersFound {
                items: Vec::new(),
                has_next_page: false,
                total: Total::exactly(0),
            };
        };
        let after = query
            .after
            .as_ref()
            .map(|after| (after.distance_km.to_bits(), after.id.to_bytes()));
        let mut firsts = self.firsts(&sought, after, query.first.saturating_add(1));
        let has_next_page = firsts.len() > query.first;
        firsts.truncate(query.first);
        let item = |(bits, id): Place| (PartnerId::from_bytes(id), f64::from_bits(bits));
        PartnersFound {
            items: firsts.into_iter().map(item).collect(),
            has_next_page,
            total: self.count_partners(&sought),
        }
    }

    /// None if nothing can be found.
    fn sought(&self, query: &PartnersNear) -> Option<Sought> {
        let disk = Disk::of(&query.near)?;
        let named = query.search.as_ref().map(|search| {
            let exact = self.partner_names.find(search).unwrap_or_default();
            self.partner_names.find_almost(search, &exact) | exact
        });
        Some(Sought {
            disk,
            area: Area {
                disk: Some(disk),
                rectangle: None,
            },
            wanted: Wanted::new(query.category.as_slice(), 0),
            named,
        })
    }

    /// The partner of an establishment, and its place in the list, if it is sought and in the disk.
    fn place_of(&self, sought: &Sought, number: u32) -> Option<(u32, Place)> {
        let facts = &self.place_names.get(number).facts;
        let named = sought.named.as_ref();
        if named.is_some_and(|named| !named.contains(facts.partner)) {
            return None;
        }
        let distance_km = sought.disk.distance_km(&facts.location)?;
        let id = *self.partners.id(facts.partner);
        Some((facts.partner, (distance_km.to_bits(), id)))
    }

    /// The first `most` after a cursor.
    fn firsts(&self, sought: &Sought, after: Option<Place>, most: usize) -> Vec<Place> {
        let seen = after.map_or_else(HashSet::new, |after| self.seen(sought, after));
        let mut places: HashMap<u32, Place> = HashMap::new();
        let mut firsts: BTreeSet<Place> = BTreeSet::new();
        let mut limit = LONGEST;
        // From the middle on: a place before the cursor may be of a partner that is nearer elsewhere.
        let reach = (0.0, sought.disk.reach);
        self.place_grid.nearest(
            sought.disk.point,
            reach,
            &sought.area,
            &sought.wanted,
            |item| {
                let Some((partner, place)) = self.place_of(sought, item.slot) else {
                    return limit;
                };
                if seen.contains(&partner) || after.is_some_and(|after| place <= after) {
                    return limit;
                }
                let known = places.get(&partner).copied();
                if known.is_some_and(|known| known <= place) {
                    return limit;
                }
                if let Some(known) = known {
                    firsts.remove(&known);
                }
                places.insert(partner, place);
                firsts.insert(place);
                // Partners only come nearer, so who is not among the first now may be left out until then.
                if firsts.len() > most
                    && let Some(last) = firsts.pop_last()
                {
                    places.retain(|_, known| *known != last);
                }
                if firsts.len() >= most
                    && let Some((bits, _)) = firsts.last()
                {
                    limit = chord(f64::from_bits(*bits));
                }
                limit
            },
        );
        firsts.into_iter().collect()
    }

    /// The partners at or before a cursor.
    fn seen(&self, sought: &Sought, after: Place) -> HashSet<u32> {
        let area = Area {
            disk: Some(sought.disk.up_to(f64::from_bits(after.0))),
            rectangle: None,
        };
        let is_before = |number| {
            let place = self.place_of(sought, number);
            place.is_some_and(|(_, place)| place <= after)
        };
        let (found, _) = self
            .place_grid
            .collect(&area, &sought.wanted, usize::MAX, |item, _| {
                is_before(item.slot)
            });
        let partner = |number: u32| self.place_names.get(number).facts.partner;
        found.into_iter().map(partner).collect()
    }

    fn count_partners(&self, sought: &Sought) -> Total {
        let largest = self.limits.largest_exact_total;
        let partners = std::cell::RefCell::new(HashSet::new());
        let most = usize::try_from(largest).unwrap_or(usize::MAX);
        // Collects one establishment of each partner.
        let is_first = |item: &crate::grid::Item, side: Side| {
            let named = sought.named.as_ref();
            let facts = &self.place_names.get(item.slot).facts;
            let is_in = side == Side::Inside || sought.disk.distance_km(&facts.location).is_some();
            let is_sought = named.is_none_or(|named| named.contains(facts.partner));
            is_in && is_sought && partners.borrow_mut().insert(facts.partner)
        };
        let (found, is_exact) =
            self.place_grid
                .collect(&sought.area, &sought.wanted, most, is_first);
        Total {
            count: found.len() as u64,
            is_exact,
        }
    }
}
