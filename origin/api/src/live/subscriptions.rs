//! GraphQL subscriptions.
//!
//! A field runs once when its subscription begins, to return its topic. It then runs once for each
//! event, in a request of its own, so that data read for one event is not reused for the next. A
//! field never holds a stream open itself.

#![expect(clippy::unused_async, reason = "fields of async-graphql are async")]

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_graphql::{Context, ID, Result, SimpleObject, Subscription};
use domain::{
    BookingId, NotificationId, PartnerId,
    bookings::{
        booking::{Booking, BookingStatus},
        refusals::BookingRefusal,
    },
    messages::kind::Lane,
    notifications::inbox::Entry,
    sentence::Sentence,
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
        directives::{CacheControlScope, cache_control},
        guest_booking::GuestBookingNode,
        notification::NotificationNode,
        offer::OfferNode,
        page::distance,
        partner::no_partner,
        place::LocationInput,
    },
    request::{
        authorise::{self, About},
        context::RequestContext,
        errors::{failed, refused},
        places::{at, shown},
    },
};

/// One run of a subscription field: why it runs, and the subscription's memory.
#[derive(Clone, Debug)]
pub struct SubscriptionRun {
    pub trigger: Trigger,
    pub memory: Arc<Memory>,
}

#[derive(Clone, Debug)]
pub enum Trigger {
    /// The subscription begins.
    Begins,
    /// An event arrived.
    Happened(Event),
}

/// State that one subscription keeps from event to event.
#[derive(Debug, Default)]
pub struct Memory(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    waits_for: Option<Topic>,
    /// The booking's status at the last read.
    status: Option<BookingStatus>,
    /// Of the newest entries of the inbox, those that were there before or were told.
    known: HashSet<NotificationId>,
    /// Whether the last read left something to be told.
    has_more: bool,
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, Remembered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waits_for(&self, topic: Topic) {
        self.lock().waits_for = Some(topic);
    }

    /// The subscription's topic, once the field has run for the first time.
    pub fn take_topic(&self) -> Option<Topic> {
        self.lock().waits_for.take()
    }

    /// Whether the booking's status differs from the last one read.
    fn is_news(&self, status: BookingStatus) -> bool {
        self.lock().status.replace(status) != Some(status)
    }

    fn knows(&self, newest: &[Entry]) {
        self.lock().known = newest.iter().map(|entry| entry.id.clone()).collect();
    }

    /// The oldest entry that is not known. Entries come from several workers whose clocks differ, so
    /// a position in the inbox would leave some out.
    fn next<'e>(&self, newest: &'e [Entry]) -> Option<&'e Entry> {
        let mut memory = self.lock();
        let is_there = |id: &NotificationId| newest.iter().any(|entry| entry.id == *id);
        memory.known.retain(is_there);
        // What is sent to many is seen when the inbox is read.
        let of_many = |entry: &&Entry| {
            let letter = entry.letter();
            letter.is_some_and(|letter| letter.kind().lane() == Lane::Campaigns)
        };
        let of_many = newest.iter().filter(of_many);
        memory.known.extend(of_many.map(|entry| entry.id.clone()));
        let known = &memory.known;
        let mut untold = newest
            .iter()
            .rev()
            .filter(|entry| !known.contains(&entry.id));
        let (next, more) = (untold.next(), untold.next());
        memory.has_more = more.is_some();
        memory.known.extend(next.map(|entry| entry.id.clone()));
        next
    }

    /// Whether the last read left something to be told; asked once.
    pub fn take_more(&self) -> bool {
        std::mem::take(&mut self.lock().has_more)
    }
}

impl SubscriptionRun {
    fn of<'a>(ctx: &Context<'a>) -> &'a Self {
        ctx.data_unchecked::<Self>()
    }
}

/// How many entries of an inbox are looked at. Of more that come at once, the older ones are not told.
const NEWEST: usize = 20;

#[derive(Debug, Default)]
pub struct Live;

#[Subscription]
impl Live {
    /// Offers published from now on within `maxDistance` kilometres of a location (more than 0 to
    /// 50; default 10).
    async fn new_offer_nearby(
        &self,
        ctx: &Context<'_>,
        location: LocationInput,
        max_distance: Option<f64>,
    ) -> Result<impl Stream<Item = OfferNode> + use<>> {
        let run = SubscriptionRun::of(ctx);
        let offer = match &run.trigger {
            Trigger::Begins => {
                let (centre, radius_km) = (location.point()?, distance(max_distance)?);
                let reach = Reach::new(centre, radius_km).ok_or_else(|| {
                    refused(
                        ErrorCode::LOCATION_OUT_OF_RANGE,
                        Sentence::new(
                            "cet endroit est hors de nos cartes",
                            "there are no cells there",
                        ),
                    )
                })?;
                run.memory.waits_for(Topic::Offers(reach));
                None
            }
            Trigger::Happened(Event::Published {
                publication,
                distance_km,
            }) => Some(OfferNode::seen_from(
                publication.offer.clone(),
                *distance_km,
            )),
            Trigger::Happened(Event::LookAgain { .. } | Event::BookingChanged { .. }) => None,
        };
        Ok(stream::iter(offer))
    }

    /// A booking of the signed-in user, or of the partner they work for, sent each time its status
    /// changes from now on. After a lost connection, clients must query the booking once.
    async fn booking_status_changed(
        &self,
        ctx: &Context<'_>,
        booking_id: ID,
    ) -> Result<impl Stream<Item = BookingNode> + use<>> {
        let (request, run) = (RequestContext::of(ctx), SubscriptionRun::of(ctx));
        let booking = seen_by(request, &booking_id).await?;
        let is_news = run.memory.is_news(booking.status);
        let told = match &run.trigger {
            Trigger::Begins => {
                run.memory.waits_for(Topic::booking(&booking.id));
                None
            }
            Trigger::Happened(Event::LookAgain { .. }) => {
                is_news.then(|| BookingNode::from(booking))
            }
            Trigger::Happened(Event::Published { .. } | Event::BookingChanged { .. }) => None,
        };
        Ok(stream::iter(told))
    }

    /// What comes into the inbox of the signed-in user from now on, oldest first, except what is sent
    /// to many at once (`NEWS`, `FAVOURITE_PARTNER_OFFER`, `FAVOURITE_ENDS_SOON`). After a lost
    /// connection, clients must query `notifications` once.
    async fn notification_received(
        &self,
        ctx: &Context<'_>,
    ) -> Result<impl Stream<Item = NotificationNode> + use<>> {
        let (request, run) = (RequestContext::of(ctx), SubscriptionRun::of(ctx));
        let account = request.account().await?;
        let services = &request.services;
        let read = services.notifications.page(&account.id, NEWEST, None);
        let page = services.observer.read("live.inbox", read).await;
        let newest = page.map_err(failed)?.items;
        let told = match &run.trigger {
            Trigger::Begins => {
                run.memory.knows(&newest);
                run.memory.waits_for(Topic::inbox(&account.id));
                None
            }
            Trigger::Happened(Event::LookAgain { .. }) => run.memory.next(&newest),
            Trigger::Happened(Event::Published { .. } | Event::BookingChanged { .. }) => None,
        };
        let language = account.preferences.language;
        let told = told.and_then(|entry| NotificationNode::of(entry, language, services));
        Ok(stream::iter(told))
    }

    /// Bookings of a partner that are made, or change, from now on; for its staff. With
    /// `establishmentId`, those of that place; else of all at which the caller works. The first event, and later ones when something may have been
    /// missed, have no booking: clients must query `partnerBookings` then.
    async fn partner_booking_changed(
        &self,
        ctx: &Context<'_>,
        partner_id: ID,
        establishment_id: Option<ID>,
    ) -> Result<impl Stream<Item = PartnerBookingChange> + use<>> {
        let (request, run) = (RequestContext::of(ctx), SubscriptionRun::of(ctx));
        let partner = PartnerId::parse(&partner_id).ok_or_else(no_partner)?;
        let about = About::Partner(&partner);
        let caller = &request.asker.caller;
        authorise::field(caller, "Subscription", "partnerBookingChanged", about)?;
        let places = shown(request, &partner, establishment_id).await?;
        let told = match &run.trigger {
            Trigger::Begins => {
                run.memory.waits_for(Topic::bookings_of(&partner));
                None
            }
            Trigger::Happened(Event::LookAgain { .. }) => {
                Some(PartnerBookingChange { booking: None })
            }
            Trigger::Happened(Event::BookingChanged { booking, .. }) => {
                let found = request.loader.load_one(booking.clone()).await;
                let own = found.map_err(failed)?;
                let own = own.filter(|booking| booking.partner == partner);
                let is_here = match (&own, &places) {
                    (Some(booking), Some(places)) => {
                        let offers = HashSet::from([booking.offer.clone()]);
                        !at(request, places, offers).await?.is_empty()
                    }
                    (Some(_), None) => true,
                    (None, _) => false,
                };
                own.filter(|_| is_here).map(|booking| PartnerBookingChange {
                    booking: Some(GuestBookingNode(booking)),
                })
            }
            Trigger::Happened(Event::Published { .. }) => None,
        };
        Ok(stream::iter(told))
    }
}

/// A change of one of a partner's bookings.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct PartnerBookingChange {
    /// The booking as it is now; null if changes may have been missed: the client reads `partnerBookings`
    /// once.
    booking: Option<GuestBookingNode>,
}

/// The booking, if the caller may read it now.
async fn seen_by(request: &RequestContext, id: &ID) -> Result<Booking> {
    let id = BookingId::parse(id).ok_or_else(no_such_booking)?;
    let found = request.loader.load_one(id).await.map_err(failed)?;
    // Nobody learns of other people's bookings, not even that they are there.
    match found {
        Some(booking) if is_party(request, &booking).await? => Ok(booking),
        Some(_) | None => Err(no_such_booking()),
    }
}

fn no_such_booking() -> async_graphql::Error {
    let refusal = BookingRefusal::NotFound;
    refused(refusal.code(), refusal.sentence())
}
