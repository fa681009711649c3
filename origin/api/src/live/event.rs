//! The events that are delivered to subscriptions.

use std::sync::Arc;

use cache_core::Revision;
use domain::{BookingId, NotificationId, Offer, OfferId};

use super::position::Position;

/// An event. It carries data that is read once for all subscriptions, or tells each subscription to
/// read again.
#[derive(Clone, Debug)]
pub enum Event {
    /// An offer was published, at this distance from the subscription's place.
    Published {
        publication: Arc<Publication>,
        distance_km: f64,
    },
    /// An offer was published while the subscriber was away, at this distance from its place.
    PublishedBefore {
        offer: OfferId,
        distance_km: f64,
        at: Position,
    },
    /// The subscription's subject changed, or may have changed.
    LookAgain { required: Revision },
    /// One of the bookings that the subscription is about changed.
    BookingChanged { booking: BookingId, at: Position },
    /// This entry came into an inbox; it may be another person's.
    EntryCame { entry: NotificationId, at: Position },
}

/// That an offer was published, the same for all subscriptions.
#[derive(Debug)]
pub struct Publication {
    pub number: PublicationNumber,
    pub offer: Offer,
    /// Where it is in the log.
    pub at: Position,
    pub source: Source,
}

/// How it became known that an offer was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A record of the log says so.
    Log,
    /// It was found among the newest offers, when records may have been missed.
    Newest,
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
            (
                Self::EntryCame { entry, .. },
                Self::EntryCame {
                    entry: of_other, ..
                },
            ) => entry == of_other,
            (
                Self::Published { .. }
                | Self::PublishedBefore { .. }
                | Self::LookAgain { .. }
                | Self::BookingChanged { .. }
                | Self::EntryCame { .. },
                _,
            ) => false,
        }
    }

    /// Where it is in the log. Who has heard it goes on after this.
    pub fn position(&self) -> Position {
        match self {
            Self::Published { publication, .. } => publication.at,
            Self::LookAgain { required } => Position::whole(*required),
            Self::PublishedBefore { at, .. }
            | Self::BookingChanged { at, .. }
            | Self::EntryCame { at, .. } => *at,
        }
    }

    /// Where a subscriber who has heard it goes on; none if the log does not have all that is told with
    /// it.
    pub fn resumable_at(&self) -> Option<Position> {
        match self {
            Self::Published { publication, .. } => match publication.source {
                Source::Log => Some(publication.at),
                Source::Newest => None,
            },
            Self::PublishedBefore { .. }
            | Self::LookAgain { .. }
            | Self::BookingChanged { .. }
            | Self::EntryCame { .. } => Some(self.position()),
        }
    }

    /// The minimum purge log revision that reads for this event must have seen.
    pub fn required(&self) -> Revision {
        self.position().revision
    }

    /// The distance of what was published from the subscription's place.
    pub const fn distance_km(&self) -> Option<f64> {
        match self {
            Self::Published { distance_km, .. } | Self::PublishedBefore { distance_km, .. } => {
                Some(*distance_km)
            }
            Self::LookAgain { .. } | Self::BookingChanged { .. } | Self::EntryCame { .. } => None,
        }
    }

    /// Moves it to the position of another event that tells the same, if that is later.
    pub fn later(&mut self, other: &Self) {
        match self {
            Self::LookAgain { required } => *required = (*required).max(other.required()),
            Self::BookingChanged { at, .. } | Self::EntryCame { at, .. } => {
                *at = (*at).max(other.position());
            }
            Self::Published { .. } | Self::PublishedBefore { .. } => {}
        }
    }
}
