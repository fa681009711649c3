//! What a list is sorted by.

use domain::offers::store::{OfferOrder, OfferPosition, OfferQuery, Rank};

use crate::{
    area::Disk,
    best::Place,
    entry::{Entry, Slot},
};

/// The order of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Order {
    Near(Disk),
    Newest,
    Ending,
    Discount,
    Rating,
}

impl Order {
    /// Distance is an order only around a place.
    pub(crate) fn of(query: &OfferQuery, disk: Option<Disk>) -> Self {
        match (query.sorted_by(), disk) {
            (OfferOrder::Distance, Some(disk)) => Self::Near(disk),
            (OfferOrder::Distance, None) | (OfferOrder::Newest, _) => Self::Newest,
            (OfferOrder::Discount, _) => Self::Discount,
            (OfferOrder::Ending, _) => Self::Ending,
            (OfferOrder::Rating, _) => Self::Rating,
        }
    }

    /// Whether a cursor is of a list in this order.
    pub(crate) const fn has(&self, at: &OfferPosition) -> bool {
        matches!(
            (self, at),
            (Self::Near(_), OfferPosition::Near { .. })
                | (Self::Newest, OfferPosition::Newest { .. })
                | (Self::Ending, OfferPosition::Ending { .. })
                | (Self::Discount, OfferPosition::Discount { .. })
                | (Self::Rating, OfferPosition::Rating { .. })
        )
    }

    /// Where an offer is in the order; none if it is not in the disk.
    pub(crate) fn position(&self, entry: &Entry) -> Option<OfferPosition> {
        let created_at_ms = entry.created_at_ms;
        Some(match self {
            Self::Near(disk) => OfferPosition::Near {
                distance_km: disk.distance_km(&entry.location)?,
            },
            Self::Newest => OfferPosition::Newest { created_at_ms },
            Self::Ending => OfferPosition::Ending {
                valid_until_ms: entry.valid_until_ms,
            },
            Self::Discount => OfferPosition::Discount {
                percentage: entry.percentage,
                created_at_ms,
            },
            Self::Rating => OfferPosition::Rating {
                rating: entry.rating,
                created_at_ms,
            },
        })
    }

    /// An offer's place; none if it is not in the disk.
    pub(crate) fn place(&self, rank: Rank, entry: &Entry, slot: Slot) -> Option<Place> {
        let at = self.position(entry)?;
        Some(Place::new(rank, &at, entry, slot))
    }
}
