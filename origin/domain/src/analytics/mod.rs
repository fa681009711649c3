//! Product events: what people do in the app, counted without their names. Only with the person's consent
//! ([`Purpose::Analytics`]), and under a pseudonym.
//!
//! [`Purpose::Analytics`]: crate::users::account::Purpose::Analytics

pub mod outlet;
pub mod reported;

use serde::{Deserialize, Serialize};

use crate::{
    OfferId, UserId,
    users::account::{Account, Consent, Purpose},
    words::words,
};

words! {
    /// What somebody did.
    EventName {
        Registered = "registered",
        /// They searched; what for is not told.
        Searched = "searched",
        OfferViewed = "offer_viewed",
        Booked = "booked",
        Cancelled = "cancelled",
        CheckedIn = "checked_in",
        Shared = "shared",
    }
}

/// Something that somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductEvent {
    pub name: EventName,
    pub user: UserId,
    pub offer: Option<OfferId>,
    pub at_ms: i64,
}

/// The event of a new account whose owner agreed to product events.
pub fn registered(account: &Account, consents: &[Consent]) -> Option<ProductEvent> {
    agrees(consents).then(|| ProductEvent {
        name: EventName::Registered,
        user: account.id.clone(),
        offer: None,
        at_ms: account.created_at_ms,
    })
}

/// Whether somebody agrees to product events, by their consents, oldest first: the last one counts.
pub fn agrees(consents: &[Consent]) -> bool {
    let mut newest_first = consents.iter().rev();
    newest_first
        .find(|consent| consent.purpose == Purpose::Analytics)
        .is_some_and(|consent| consent.granted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_consent_to_product_events_counts() {
        let consent = |purpose, granted| Consent {
            purpose,
            version: "1".into(),
            granted,
            at_ms: 1,
        };
        let yes = || consent(Purpose::Analytics, true);
        let no = || consent(Purpose::Analytics, false);
        let other = || consent(Purpose::Marketing, true);
        for (consents, expected) in [
            (vec![], false),
            (vec![other()], false),
            (vec![yes(), other()], true),
            (vec![yes(), no()], false),
            (vec![no(), yes()], true),
        ] {
            assert_eq!(agrees(&consents), expected, "{consents:?}");
        }
    }
}
