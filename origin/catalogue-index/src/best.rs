//! The first so many places of a list.

use std::collections::BinaryHeap;

use domain::{ID_BYTES, OfferId, offers::store::OfferCursor, offers::store::Rank};

use crate::{
    entry::{Entry, Slot},
    newest::Key,
};

/// Where an offer stands in a list: lists are in the order of this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub rank: Rank,
    /// The bits of a distance, which compare like the distance; or a creation, newest first.
    order: u64,
    id: [u8; ID_BYTES],
    pub slot: Slot,
}

/// Comparing as a number, the earlier is the greater.
const fn newest_first(created_at_ms: i64) -> u64 {
    // The sign bit is turned, so that negative numbers come before positive ones.
    !(created_at_ms.cast_unsigned() ^ (1 << 63))
}

impl Place {
    pub(crate) fn near(rank: Rank, distance_km: f64, entry: &Entry, slot: Slot) -> Self {
        Self {
            rank,
            order: distance_km.to_bits(),
            id: entry.id,
            slot,
        }
    }

    pub(crate) fn newest(rank: Rank, entry: &Entry, slot: Slot) -> Self {
        Self {
            rank,
            order: newest_first(entry.created_at_ms),
            // The same creation: the greatest id first.
            id: entry.id.map(|byte| !byte),
            slot,
        }
    }

    /// Of a place in a list by distance.
    pub(crate) const fn distance_km(&self) -> f64 {
        f64::from_bits(self.order)
    }

    pub(crate) fn id(entry: &Entry) -> OfferId {
        OfferId::from_bytes(entry.id)
    }

    /// Whether it comes after a cursor of its list.
    pub(crate) fn is_after(&self, after: &After) -> bool {
        (self.rank, self.order, self.id) > (after.rank, after.order, after.id)
    }
}

/// The place after which a page begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct After {
    pub rank: Rank,
    order: u64,
    id: [u8; ID_BYTES],
    /// Of a list by distance, else 0.
    pub distance_km: f64,
    /// Of a list by creation.
    pub key: Key,
}

impl After {
    pub(crate) fn of(cursor: &OfferCursor) -> Self {
        match cursor {
            OfferCursor::Near {
                rank,
                distance_km,
                id,
            } => Self {
                rank: *rank,
                order: distance_km.to_bits(),
                id: id.to_bytes(),
                distance_km: *distance_km,
                key: (0, id.to_bytes()),
            },
            OfferCursor::Newest {
                rank,
                created_at_ms,
                id,
            } => Self {
                rank: *rank,
                order: newest_first(*created_at_ms),
                id: id.to_bytes().map(|byte| !byte),
                distance_km: 0.0,
                key: (*created_at_ms, id.to_bytes()),
            },
        }
    }
}

/// Keeps the first `most` of all places that it is offered.
#[derive(Debug)]
pub(crate) struct Best {
    most: usize,
    after: Option<After>,
    places: BinaryHeap<Place>,
}

impl Best {
    pub(crate) fn new(most: usize, after: Option<After>) -> Self {
        Self {
            most,
            after,
            places: BinaryHeap::with_capacity(most.min(1_000) + 1),
        }
    }

    /// Keeps a place if it comes after the cursor and is among the first. Whether it was kept.
    pub(crate) fn offer(&mut self, place: Place) -> bool {
        if self
            .after
            .as_ref()
            .is_some_and(|after| !place.is_after(after))
        {
            return false;
        }
        if self.last().is_some_and(|last| place >= last) {
            return false;
        }
        self.places.push(place);
        if self.places.len() > self.most {
            self.places.pop();
        }
        true
    }

    /// The last place, once there are as many as wanted: no later one will be kept.
    pub(crate) fn last(&self) -> Option<Place> {
        let is_full = self.places.len() >= self.most;
        self.places.peek().copied().filter(|_| is_full)
    }

    pub(crate) fn into_sorted(self) -> Vec<Place> {
        self.places.into_sorted_vec()
    }
}
