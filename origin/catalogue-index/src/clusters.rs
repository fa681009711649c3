//! Offers on a map, by cell: what a map shows instead of thousands of pins.

use std::cmp::Reverse;

use domain::{GeoPoint, OfferId, offers::store::OfferQuery};
use roaring::RoaringBitmap;

use crate::{
    Index,
    area::Side,
    asked::Asked,
    best::Place,
    grid::{Cell, Item, LEVEL_COUNT},
};

/// The most clusters of an answer: with more, cells are larger.
pub const MOST_CLUSTERS: usize = 500;
/// The most offers that are looked at one by one.
const MOST_LOOKED_AT: u64 = 200_000;

/// The offers of a cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Cluster {
    /// The middle of the cell's offers; of a single offer its place.
    pub location: GeoPoint,
    pub count: u64,
    /// If not, there may be fewer.
    pub is_exact: bool,
    /// If it is a single one.
    pub offer: Option<OfferId>,
}

impl Index {
    /// The offers that a question is about, by cell, the largest cluster first; cells are as small as
    /// `zoom` says (0 to 22, as maps on the web count), unless there would be more than [`MOST_CLUSTERS`].
    ///
    /// The cells know how many offers of a category they have: whatever else the question asks for, and
    /// offers near its borders, are looked at one by one, up to 200,000.
    pub fn clusters(&self, query: &OfferQuery, zoom: u8) -> Vec<Cluster> {
        let Some(asked) = Asked::of(query, self) else {
            return Vec::new();
        };
        let slots = self.matching(&asked);
        for level in (0..=level(zoom)).rev() {
            if let Some(clusters) = self.clusters_of(&asked, &slots, level) {
                return clusters;
            }
        }
        Vec::new()
    }

    /// What the question finds everywhere, also with typing errors.
    fn matching(&self, asked: &Asked<'_>) -> RoaringBitmap {
        let candidates = asked.shown(self);
        let Some(search) = &asked.query.search else {
            return candidates.into_owned();
        };
        let found = self.words.find_almost(search, &candidates);
        found.map_or_else(RoaringBitmap::new, |matches| matches.anywhere)
    }

    /// None if there are too many. At the coarsest level there never are: it then shows the first ones.
    fn clusters_of(
        &self,
        asked: &Asked<'_>,
        slots: &RoaringBitmap,
        level: usize,
    ) -> Option<Vec<Cluster>> {
        let mut clusters = Vec::new();
        let mut left = MOST_LOOKED_AT;
        let is_all = self.grid.cells(&asked.area, &asked.wanted, level, |cell| {
            clusters.extend(self.cluster(asked, slots, &cell, &mut left));
            clusters.len() <= MOST_CLUSTERS
        });
        if !is_all && level > 0 {
            return None;
        }
        clusters.truncate(MOST_CLUSTERS);
        clusters.sort_by_key(|cluster: &Cluster| Reverse(cluster.count));
        Some(clusters)
    }

    fn cluster(
        &self,
        asked: &Asked<'_>,
        slots: &RoaringBitmap,
        cell: &Cell<'_>,
        left: &mut u64,
    ) -> Option<Cluster> {
        let most = cell.summary.count(&asked.wanted);
        let is_known = asked.is_plain() && asked.wanted.is_any_discount();
        let (mut count, mut is_exact, mut one) = (0, true, None);
        if is_known && cell.side == Side::Inside && most > 1 {
            count = most;
        } else {
            let look = |item: &Item| {
                if *left == 0 {
                    is_exact = false;
                    return false;
                }
                *left -= 1;
                let side = asked.area.side_of_point(&item.point);
                if asked.wanted.takes(item) && self.is_one(asked, slots, item, side) {
                    count += 1;
                    one = Some(item.slot);
                }
                true
            };
            cell.each(look);
        }
        if !is_exact {
            count = most;
        }
        let one = one.filter(|_| is_exact && count == 1);
        let entry = one.map(|slot| &self.entries[slot as usize]);
        (count > 0).then(|| Cluster {
            location: entry.map_or_else(|| cell.summary.bounds.middle(), |entry| entry.location),
            count,
            is_exact,
            offer: entry.map(Place::id),
        })
    }
}

/// The level of the grid for a zoom: on a map of 1,000 pixels its cells are tens of pixels wide.
const fn level(zoom: u8) -> usize {
    let level = match zoom {
        0..7 => 0,
        7..10 => 1,
        10..13 => 2,
        _ => 3,
    };
    if level < LEVEL_COUNT {
        level
    } else {
        LEVEL_COUNT - 1
    }
}
