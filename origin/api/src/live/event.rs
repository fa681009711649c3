//! The events that are delivered to subscriptions.

use std::sync::Arc;

use cache_core::Revision;
use domain::Offer;

/// An event. It carries data that is read once for all subscriptions, or tells each subscription to
/// read again.
#[derive(Clone, Debug)]
pub enum Event {
    /// An offer was published, at this distance from the subscription's place.
    Published {
        offer: Arc<Offer>,
        distance_km: f64,
        /// The minimum purge log revision that reads for this event must have seen.
        required: Revision,
    },
    /// The subscription's subject changed, or may have changed.
    LookAgain { required: Revision },
}

impl Event {
    pub const fn is_look_again(&self) -> bool {
        match self {
            Self::LookAgain { .. } => true,
            Self::Published { .. } => false,
        }
    }

    /// The minimum purge log revision that reads for this event must have seen.
    pub const fn required(&self) -> Revision {
        match self {
            Self::Published { required, .. } | Self::LookAgain { required } => *required,
        }
    }

    /// Raises the required revision to that of another event, if that is later.
    pub fn later(&mut self, other: &Self) {
        if let (Self::LookAgain { required }, Self::LookAgain { required: later }) = (self, other) {
            *required = (*required).max(*later);
        }
    }
}
