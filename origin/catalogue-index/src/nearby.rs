//! Lists by distance that the edge answers too: from one answer for a cell it answers everybody in the
//! cell, exactly as [`Index::nearby`] does.

use domain::{
    GeoPoint, StoreError,
    offers::store::{Columns, Near, OfferOrder, OfferQuery},
};

use crate::{Found, Hit, Index, Total};

/// Up to so many offers, the total of a list by distance is that of its own disk.
const LARGEST_OWN_TOTAL: u64 = 100;
/// The most offers of which the edge makes lists: their tags fit into 16 KB, also if each has a partner of its
/// own.
const MOST_CANDIDATES: usize = 240;

/// What the edge makes the lists of a cell of.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidates {
    /// The offers nearest to the cell's centre.
    pub found: Found,
    /// Every offer that is nearer to the cell's centre is among them, km.
    pub reach_km: f64,
    /// The total of all lists in the cell, if it was asked for; none if each has its own.
    pub total: Option<Total>,
}

/// The disk of a list that is by distance, and of everything that its filters leave: not a search, nor of a
/// box or a partner.
pub fn nearby_disk(query: &OfferQuery) -> Option<&Near> {
    let is_by_distance = matches!(query.order, None | Some(OfferOrder::Distance));
    let is_whole = query.search.is_none() && query.within.is_none() && query.partner.is_none();
    query.near.as_ref().filter(|_| is_by_distance && is_whole)
}

/// A micrometre: who takes the radius from the sum again must not get less than the distance.
const ROUNDING_KM: f64 = 1e-9;

impl Index {
    /// Answers a list by distance. A total of more than [`LARGEST_OWN_TOTAL`] is counted around `middle`, the
    /// centre of the cell that the list's location is in: so everybody in the cell has the same.
    ///
    /// # Errors
    /// As [`Index::answer`].
    pub fn nearby(&self, query: &OfferQuery, middle: GeoPoint) -> Result<Found, StoreError> {
        let Some(total) = self.total_around(query, middle)? else {
            return self.answer(query);
        };
        let page = self.answer(&OfferQuery {
            columns: Columns::Edges,
            ..query.clone()
        })?;
        Ok(Found {
            total: Some(total),
            ..page
        })
    }

    /// The offers of which the lists of all who are within `radius_km` of the query's location can be made,
    /// with pages of up to `query.first` offers: if they are not too many.
    ///
    /// # Errors
    /// As [`Index::answer`].
    pub fn candidates_near(
        &self,
        query: &OfferQuery,
        near: &Near,
        radius_km: f64,
    ) -> Result<Candidates, StoreError> {
        let total = self.total_around(query, near.centre)?;
        let whole_km = near.max_distance_km + radius_km + ROUNDING_KM;
        let mut found = self.answer(&OfferQuery {
            near: Some(Near {
                max_distance_km: whole_km,
                ..near.clone()
            }),
            first: MOST_CANDIDATES,
            columns: Columns::Edges,
            ..query.clone()
        })?;
        let distance_km = |hit: Option<&Hit>| hit.and_then(|hit| hit.distance_km);
        let last_km = distance_km(found.items.last()).filter(|_| found.has_next_page);
        let mut reach_km = last_km.unwrap_or(whole_km);
        // Who counts the own list needs all of it. Else somebody at the border has a whole page, and one more
        // offer, within the distance of those and a radius, and all of that is within two.
        let counts_own = query.columns == Columns::EdgesAndTotal && total.is_none();
        if let (Some(page_km), false) = (distance_km(found.items.get(query.first)), counts_own) {
            reach_km = reach_km.min(page_km + 2.0 * radius_km);
            found
                .items
                .retain(|hit| hit.distance_km.is_some_and(|km| km <= reach_km));
        }
        Ok(Candidates {
            found,
            reach_km,
            total,
        })
    }

    /// The total that all lists around a place have, if it was asked for; none if each has its own.
    fn total_around(
        &self,
        query: &OfferQuery,
        middle: GeoPoint,
    ) -> Result<Option<Total>, StoreError> {
        if query.columns != Columns::EdgesAndTotal {
            return Ok(None);
        }
        let near = query.near.as_ref().map(|near| Near {
            centre: middle,
            ..near.clone()
        });
        let around = self.answer(&OfferQuery {
            near,
            first: 0,
            after: None,
            facets: false,
            ..query.clone()
        })?;
        let total = around.total.filter(|total| total.count > LARGEST_OWN_TOTAL);
        Ok(total.map(|total| Total {
            is_exact: false,
            ..total
        }))
    }
}
