//! Subscriptions in GraphQL.
//!
//! A field is asked when its subscription begins, and says what it waits for; and once more for
//! each event, in a request of its own, so that nothing that was read for one event answers the
//! next. It never holds a stream open itself.

#![expect(clippy::unused_async, reason = "fields of async-graphql are async")]

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_graphql::{Context, ID, Result, Subscription};
use domain::{
    BookingId,
    bookings::{
        booking::{Booking, BookingStatus},
        codes::BOOKING_NOT_FOUND,
    },
};
use futures_util::{Stream, stream};
use pq_core::ErrorCode;

use super::{
    event::Event,
    topic::{Reach, Topic},
};
use crate::{
    nodes::{
        booking::{BookingNode, is_party},
        offer::OfferNode,
        place::LocationInput,
    },
    offers::queries::distance,
    request::{
        context::RequestContext,
        errors::{failed, refused},
    },
};

/// Why a field is asked, and what its subscription remembers.
#[derive(Clone, Debug)]
pub struct Occasion {
    pub what: What,
    pub memory: Arc<Memory>,
}

#[derive(Clone, Debug)]
pub enum What {
    /// The subscription begins.
    Begins,
    /// Something happened.
    Happened(Event),
}

/// What one subscription remembers from event to event.
#[derive(Debug, Default)]
pub struct Memory(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    waits_for: Option<Topic>,
    /// Of a booking, when it was last looked at.
    status: Option<BookingStatus>,
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, Remembered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waits_for(&self, topic: Topic) {
        self.lock().waits_for = Some(topic);
    }

    /// What the subscription waits for, once it began.
    pub fn take_topic(&self) -> Option<Topic> {
        self.lock().waits_for.take()
    }

    /// Whether a booking has another status than when it was last looked at.
    fn is_news(&self, status: BookingStatus) -> bool {
        self.lock().status.replace(status) != Some(status)
    }
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
        let occasion = Occasion::of(ctx);
        let offer = match &occasion.what {
            What::Begins => {
                let (centre, radius_km) = (location.point()?, distance(max_distance)?);
                let reach = Reach::new(centre, radius_km).ok_or_else(|| {
                    refused(ErrorCode::LOCATION_OUT_OF_RANGE, "there are no cells there")
                })?;
                occasion.memory.waits_for(Topic::Offers(reach));
                None
            }
            What::Happened(Event::Published {
                offer, distance_km, ..
            }) => Some(OfferNode::seen_from((**offer).clone(), *distance_km)),
            What::Happened(Event::LookAgain { .. }) => None,
        };
        Ok(stream::iter(offer))
    }

    /// A booking of whoever asks, or of the partner that they work for, whenever its status
    /// changes from now on. After a connection was lost the booking is to be looked at once.
    async fn booking_status_changed(
        &self,
        ctx: &Context<'_>,
        booking_id: ID,
    ) -> Result<impl Stream<Item = BookingNode> + use<>> {
        let (request, occasion) = (RequestContext::of(ctx), Occasion::of(ctx));
        let booking = seen_by(request, &booking_id).await?;
        let is_news = occasion.memory.is_news(booking.status);
        let told = match &occasion.what {
            What::Begins => {
                occasion.memory.waits_for(Topic::booking(&booking.id));
                None
            }
            What::Happened(Event::LookAgain { .. }) => is_news.then(|| BookingNode::from(booking)),
            What::Happened(Event::Published { .. }) => None,
        };
        Ok(stream::iter(told))
    }
}

/// The booking, if whoever asks may know of it now.
async fn seen_by(request: &RequestContext, id: &ID) -> Result<Booking> {
    let id = BookingId::parse(id).ok_or_else(no_such_booking)?;
    let found = request.loader.load_one(id).await.map_err(failed)?;
    // Nobody learns of other people's bookings, not even that they are there.
    found
        .filter(|booking| is_party(request, booking))
        .ok_or_else(no_such_booking)
}

fn no_such_booking() -> async_graphql::Error {
    refused(BOOKING_NOT_FOUND, "there is no booking with this id")
}
