//! The events that are delivered to subscriptions.

use std::sync::Arc;

use cache_core::Revision;
use domain::{BookingId, Offer};

/// An event. It carries data that is read once for all subscriptions, or tells each subscription to
/// read again.
#[derive(Clone, Debug)]
pub enum Event {
    /// An offer was published, at this distance from the subscription's place.
    Published {
        publication: Arc<Publication>,
        distance_km: f64,
    },
    /// The subscription's subject changed, or may have changed.
    LookAgain { required: Revision },
    /// One of the bookings that the subscription is about changed.
    BookingChanged {
        booking: BookingId,
        required: Revision,
    },
}

/// That an offer was published, the same for all subscriptions.
#[derive(Debug)]
pub struct Publication {
    pub number: PublicationNumber,
    pub offer: Offer,
    /// The minimum purge log revision that reads for this event must have seen.
    pub required: Revision,
}

/// Tells the publications of one server's run apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PublicationNumber(u64);

impl PublicationNumber {
    /// The number of the publication after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl Event {
    /// Whether it tells what this other event tells: who reads for the later one has read for both.
    pub fn tells_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::LookAgain { .. }, Self::LookAgain { .. }) => true,
            (
                Self::BookingChanged { booking, .. },
                Self::BookingChanged {
                    booking: of_other, ..
                },
            ) => booking == of_other,
            (Self::Published { .. } | Self::LookAgain { .. } | Self::BookingChanged { .. }, _) => {
                false
            }
        }
    }

    /// The minimum purge log revision that reads for this event must have seen.
    pub fn required(&self) -> Revision {
        match self {
            Self::Published { publication, .. } => publication.required,
            Self::LookAgain { required } | Self::BookingChanged { required, .. } => *required,
        }
    }

    /// The distance of what was published from the subscription's place.
    pub const fn distance_km(&self) -> Option<f64> {
        match self {
            Self::Published { distance_km, .. } => Some(*distance_km),
            Self::LookAgain { .. } | Self::BookingChanged { .. } => None,
        }
    }

    /// Raises the required revision to that of another event that tells the same, if that is later.
    pub fn later(&mut self, other: &Self) {
        match self {
            Self::LookAgain { required } | Self::BookingChanged { required, .. } => {
                *required = (*required).max(other.required());
            }
            Self::Published { .. } => {}
        }
    }
}
