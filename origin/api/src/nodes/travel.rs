//! What the map service answers.

use async_graphql::{ID, SimpleObject};
use domain::{
    Offer,
    maps::{Suggestion, travel::Duration},
};

use super::offer::OfferNode;

/// A place that a text may mean.
#[derive(Clone, Debug, SimpleObject)]
pub struct PlaceSuggestion {
    /// Google's id of the place.
    place_id: ID,
    /// Name and address in one line.
    text: String,
    /// The name, or the street.
    main_text: String,
    /// Where that is.
    secondary_text: Option<String>,
}

impl From<Suggestion> for PlaceSuggestion {
    fn from(suggestion: Suggestion) -> Self {
        Self {
            place_id: ID(suggestion.place_id),
            text: suggestion.text,
            main_text: suggestion.main,
            secondary_text: suggestion.secondary,
        }
    }
}

/// How long the way to an offer takes, in whole minutes.
#[derive(Debug, SimpleObject)]
pub struct Travel {
    offer: OfferNode,
    /// On foot; null if there is no way.
    walk_minutes: Option<u32>,
    /// By public transport, leaving now; null if there is no way.
    transit_minutes: Option<u32>,
    /// Whether a time is guessed from the distance, because it could not be looked up.
    is_estimate: bool,
}

impl Travel {
    /// Times that nobody asked for are left out.
    pub fn new(offer: Offer, walk: Option<Duration>, ride: Option<Duration>) -> Self {
        let minutes = |time: Option<Duration>| time.and_then(|time| time.minutes);
        Self {
            offer: OfferNode::from(offer),
            walk_minutes: minutes(walk),
            transit_minutes: minutes(ride),
            is_estimate: [walk, ride]
                .into_iter()
                .flatten()
                .any(|time| time.is_estimate),
        }
    }
}
