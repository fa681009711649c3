//! Subscriptions in GraphQL.
//!
//! A field is asked when its subscription begins, and says what it waits for; and once more for
//! each event, in a request of its own, so that nothing that was read for one event answers the
//! next. It never holds a stream open itself.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{Context, Result, Subscription};
use futures_util::{Stream, stream};
use pq_core::ErrorCode;

use super::{
    event::Event,
    topic::{Reach, Topic},
};
use crate::{
    graphql::{errors::refused, place::LocationInput},
    offers::resolvers::{OfferNode, distance},
};

/// Why a field is asked.
#[derive(Clone, Debug)]
pub(super) enum Occasion {
    /// The subscription begins: what it waits for is put here.
    Begins(Arc<Mutex<Option<Topic>>>),
    /// Something happened.
    Happened(Event),
}

impl Occasion {
    fn of<'a>(ctx: &Context<'a>) -> &'a Self {
        ctx.data_unchecked::<Self>()
    }
}

#[derive(Debug, Default)]
pub struct Live;

#[Subscription]
impl Live {
    /// Offers that appear within `maxDistance` kilometres of a place (more than 0 to 50; 10 if it
    /// is not given), from now on.
    async fn new_offer_nearby(
        &self,
        ctx: &Context<'_>,
        location: LocationInput,
        max_distance: Option<f64>,
    ) -> Result<impl Stream<Item = OfferNode> + use<>> {
        let offer = match Occasion::of(ctx) {
            Occasion::Begins(topic) => {
                let (centre, radius_km) = (location.point()?, distance(max_distance)?);
                let reach = Reach::new(centre, radius_km).ok_or_else(|| {
                    refused(ErrorCode::LocationOutOfRange, "there are no cells there")
                })?;
                wait_for(topic, Topic::Offers(reach));
                None
            }
            Occasion::Happened(Event::Published {
                offer, distance_km, ..
            }) => Some(OfferNode::seen_from((**offer).clone(), *distance_km)),
            Occasion::Happened(Event::LookAgain { .. }) => None,
        };
        Ok(stream::iter(offer))
    }
}

fn wait_for(slot: &Mutex<Option<Topic>>, topic: Topic) {
    *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(topic);
}
