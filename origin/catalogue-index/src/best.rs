//! The first so many places of a list.

use std::collections::BinaryHeap;

use domain::{
    ID_BYTES, OfferId,
    offers::store::{OfferCursor, OfferPosition, Rank},
};

use crate::{
    entry::{Entry, Slot},
    sorted::Key,
};

/// Where an offer stands in a list: lists are in the order of this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub rank: Rank,
    order: Order,
    pub slot: Slot,
}

/// What a list is sorted by, as numbers that compare like it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Order {
    /// The bits of a distance, which compare like the distance; or a moment, a discount or a rating.
    first: u64,
    /// The creation, of a list by discount or rating.
    second: u64,
    id: [u8; ID_BYTES],
}

/// Comparing as a number, the later is the greater.
const fn oldest_first(moment_ms: i64) -> u64 {
    // The sign bit is turned, so that negative numbers come before positive ones.
    moment_ms.cast_unsigned() ^ (1 << 63)
}

/// Comparing as a number, the earlier is the greater.
const fn newest_first(moment_ms: i64) -> u64 {
    !oldest_first(moment_ms)
}

/// The greatest first.
const fn falling(value: u16) -> u64 {
    // Widening.
    (u16::MAX - value) as u64
}

impl Order {
    fn of(at: &OfferPosition, id: [u8; ID_BYTES]) -> Self {
        // What is the same otherwise: the greatest id first where the newest is first.
        let turned = id.map(|byte| !byte);
        let (first, second, id) = match *at {
            OfferPosition::Near { distance_km } => (distance_km.to_bits(), 0, id),
            OfferPosition::Newest { created_at_ms } => (newest_first(created_at_ms), 0, turned),
            OfferPosition::Ending { valid_until_ms } => (oldest_first(valid_until_ms), 0, id),
            OfferPosition::Discount {
                percentage,
                created_at_ms,
            } => (
                falling(percentage.into()),
                newest_first(created_at_ms),
                turned,
            ),
            OfferPosition::Rating {
                rating,
                created_at_ms,
            } => (falling(rating), newest_first(created_at_ms), turned),
        };
        Self { first, second, id }
    }
}

impl Place {
    pub(crate) fn new(rank: Rank, at: &OfferPosition, entry: &Entry, slot: Slot) -> Self {
        Self {
            rank,
            order: Order::of(at, entry.id),
            slot,
        }
    }

    /// Of a place in a list by distance.
    pub(crate) const fn distance_km(&self) -> f64 {
        f64::from_bits(self.order.first)
    }

    pub(crate) fn id(entry: &Entry) -> OfferId {
        OfferId::from_bytes(entry.id)
    }

    /// Whether it comes after a cursor of its list.
    fn is_after(&self, after: &After) -> bool {
        (self.rank, self.order) > (after.rank, after.order)
    }
}

/// The place after which a page begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct After {
    pub rank: Rank,
    order: Order,
    pub at: OfferPosition,
    id: [u8; ID_BYTES],
}

impl After {
    pub(crate) fn of(cursor: &OfferCursor) -> Self {
        let id = cursor.id.to_bytes();
        Self {
            rank: cursor.rank,
            order: Order::of(&cursor.at, id),
            at: cursor.at,
            id,
        }
    }

    /// Of a list by distance, else 0.
    pub(crate) const fn distance_km(&self) -> f64 {
        match self.at {
            OfferPosition::Near { distance_km } => distance_km,
            OfferPosition::Newest { .. }
            | OfferPosition::Ending { .. }
            | OfferPosition::Discount { .. }
            | OfferPosition::Rating { .. } => 0.0,
        }
    }

    /// The discount or the rating, of a list by one of them.
    pub(crate) fn value(&self) -> Option<u16> {
        match self.at {
            OfferPosition::Near { .. }
            | OfferPosition::Newest { .. }
            | OfferPosition::Ending { .. } => None,
            OfferPosition::Discount { percentage, .. } => Some(percentage.into()),
            OfferPosition::Rating { rating, .. } => Some(rating),
        }
    }

    /// The moment in the order of its list, and the id.
    pub(crate) const fn key(&self) -> Key {
        let moment_ms = match self.at {
            OfferPosition::Near { .. } => 0,
            OfferPosition::Newest { created_at_ms }
            | OfferPosition::Discount { created_at_ms, .. }
            | OfferPosition::Rating { created_at_ms, .. } => created_at_ms,
            OfferPosition::Ending { valid_until_ms } => valid_until_ms,
        };
        (moment_ms, self.id)
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
