//! Events that an app reports: what it may say, and when that is believed.

use super::{EventName, ProductEvent};
use crate::{
    OfferId, UserId,
    broken::{BrokenRule, Rule},
};

/// The most events of one report.
pub const MOST_EVENTS: usize = 50;
/// An app that was offline reports what happened meanwhile; later than this it is not taken.
pub const OLDEST_MS: i64 = 6 * 86_400_000;
const LONGEST_ID: usize = 36;

const ID: Rule = Rule::new(
    "EVENT_ID",
    "compte de 1 à 36 lettres sans accent, chiffres, « - » ou « _ »",
    "has 1 to 36 letters without accents, digits, `-` or `_`",
);
const OFFER: Rule = Rule::new(
    "EVENT_OFFER",
    "est l’identifiant d’une offre, sauf pour une recherche",
    "is the id of an offer, except for a search",
);

/// What an app may report. Everything else follows from what people write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reported {
    Searched,
    OfferViewed,
    Shared,
}

impl Reported {
    const fn name(self) -> EventName {
        match self {
            Self::Searched => EventName::Searched,
            Self::OfferViewed => EventName::OfferViewed,
            Self::Shared => EventName::Shared,
        }
    }

    /// The offer that the event is about.
    pub fn offer(self, given: Option<&str>) -> Result<Option<OfferId>, BrokenRule> {
        match (self, given) {
            (Self::Searched, None) => Ok(None),
            (Self::OfferViewed | Self::Shared, Some(id)) => match OfferId::parse(id) {
                Some(id) => Ok(Some(id)),
                None => Err(OFFER.at("offerId")),
            },
            (Self::Searched, Some(_)) | (Self::OfferViewed | Self::Shared, None) => {
                Err(OFFER.at("offerId"))
            }
        }
    }

    /// The event, unless it is too old. The clock of a phone may be fast: nothing happens later than
    /// now.
    pub fn event(
        self,
        user: &UserId,
        offer: Option<OfferId>,
        at_ms: i64,
        now_ms: i64,
    ) -> Option<ProductEvent> {
        (at_ms > now_ms - OLDEST_MS).then(|| ProductEvent {
            name: self.name(),
            user: user.clone(),
            offer,
            at_ms: at_ms.min(now_ms),
        })
    }
}

/// The app's name of an event.
pub fn id(given: &str) -> Result<String, BrokenRule> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if (1..=LONGEST_ID).contains(&given.len()) && given.bytes().all(is_plain) {
        Ok(given.to_owned())
    } else {
        Err(ID.at("id"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_has_no_offer_and_all_else_has_one() {
        let offer = OfferId::derive("offer", "a");
        let id = offer.as_str();
        for (kind, given, expected) in [
            (Reported::Searched, None, Some(None)),
            (Reported::Searched, Some(id), None),
            (Reported::Shared, Some(id), Some(Some(&offer))),
            (Reported::OfferViewed, Some(id), Some(Some(&offer))),
            (Reported::OfferViewed, Some("x"), None),
            (Reported::Shared, None, None),
        ] {
            let read = kind.offer(given);
            assert_eq!(read.ok().as_ref().map(Option::as_ref), expected, "{kind:?}");
        }
    }

    #[test]
    fn an_event_is_neither_old_nor_to_come() {
        let user = UserId::derive("user", "ana");
        let now_ms = 100 * 86_400_000;
        let at = |at_ms| {
            let event = Reported::Searched.event(&user, None, at_ms, now_ms);
            event.map(|event| event.at_ms)
        };
        assert_eq!(at(now_ms - 5), Some(now_ms - 5));
        assert_eq!(at(now_ms + 5), Some(now_ms));
        assert_eq!(at(now_ms - OLDEST_MS), None);
        assert_eq!(at(i64::MIN), None);
    }

    #[test]
    fn an_id_is_a_word() {
        assert!(id("01890a5d-ac96-774b-bcce-b302099a8057").is_ok());
        for bad in ["", "a b", "é", &"a".repeat(37)] {
            assert!(id(bad).is_err(), "{bad}");
        }
    }
}
