//! What happened, as it is told to a subscription.

use std::sync::Arc;

use cache_core::Revision;
use domain::Offer;

/// One event. It holds what was read for all subscriptions alike, or says that each has to look.
#[derive(Clone, Debug)]
pub enum Event {
    /// An offer appeared, so far from where the subscription is.
    Published {
        offer: Arc<Offer>,
        distance_km: f64,
        /// What is read for it has to have seen this.
        required: Revision,
    },
    /// What the subscription is about changed, or may have.
    LookAgain { required: Revision },
}

impl Event {
    pub const fn is_look_again(&self) -> bool {
        match self {
            Self::LookAgain { .. } => true,
            Self::Published { .. } => false,
        }
    }

    /// What is read for it has to have seen this.
    pub const fn required(&self) -> Revision {
        match self {
            Self::Published { required, .. } | Self::LookAgain { required } => *required,
        }
    }

    /// Takes over what another one requires.
    pub fn later(&mut self, other: &Self) {
        if let (Self::LookAgain { required }, Self::LookAgain { required: later }) = (self, other) {
            *required = (*required).max(*later);
        }
    }
}
