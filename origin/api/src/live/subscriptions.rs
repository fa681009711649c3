//! GraphQL subscriptions.
//!
//! A field runs once when its subscription begins, to return its topic. It then runs once for each
//! event, in a request of its own, so that data read for one event is not reused for the next. A
//! field never holds a stream open itself.

use std::{collections::HashSet, sync::Arc};

use async_graphql::{Context, ID, Result, SimpleObject, Subscription};
use domain::{
    BookingId, NotificationId, Offer, OfferId, Partner, PartnerId, UserId,
    bookings::{booking::Booking, refusals::BookingRefusal, window::is_bookable},
    notifications::inbox::{Entry, MOST_ENTRIES},
    sentence::Sentence,
};
use futures_util::{Stream, stream};
use pq_core::ErrorCode;

use super::{
    event::Event,
    memory::Memory,
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
            Trigger::Happened(Event::PublishedBefore {
                offer, distance_km, ..
            }) => {
                let found = usable(RequestContext::of(ctx), offer).await?;
                found.map(|offer| OfferNode::seen_from(offer, *distance_km))
            }
            Trigger::Happened(
                Event::LookAgain { .. } | Event::BookingChanged { .. } | Event::EntryCame { .. },
            ) => None,
        };
        Ok(stream::iter(offer))
    }

    /// A booking of the signed-in user, or of the partner they work for, sent each time its status
    /// changes from now on. After a lost connection, clients name the last event they heard, or query the
    /// booking once.
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
            Trigger::Happened(
                Event::Published { .. }
                | Event::PublishedBefore { .. }
                | Event::BookingChanged { .. }
                | Event::EntryCame { .. },
            ) => None,
        };
        Ok(stream::iter(told))
    }

    /// What comes into the inbox of the signed-in user from now on, oldest first, except what is sent
    /// to many at once (`NEWS`, `FAVOURITE_PARTNER_OFFER`, `FAVOURITE_ENDS_SOON`). After a lost
    /// connection, clients name the last event they heard, or query `notifications` once.
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
            Trigger::Happened(Event::LookAgain { .. }) => run.memory.next(&newest).cloned(),
            Trigger::Happened(Event::EntryCame { entry, .. }) => {
                let is_told = run.memory.tells(entry, &newest);
                let found = find(entry, &newest, request, &account.id).await?;
                found.filter(|_| is_told)
            }
            Trigger::Happened(
                Event::Published { .. }
                | Event::PublishedBefore { .. }
                | Event::BookingChanged { .. },
            ) => None,
        };
        let language = account.preferences.language;
        let told = told.and_then(|entry| NotificationNode::of(&entry, language, services));
        Ok(stream::iter(told))
    }

    /// Bookings of a partner that are made, or change, from now on; for its staff. With
    /// `establishmentId`, those of that place; else of all at which the caller works. The first event, unless
    /// it goes on after an event that was heard before, and later ones when something may have been missed,
    /// have no booking: clients must query `partnerBookings` then.
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
            Trigger::Happened(
                Event::Published { .. } | Event::PublishedBefore { .. } | Event::EntryCame { .. },
            ) => None,
        };
        Ok(stream::iter(told))
    }
}

/// An entry of the user's inbox; most are among the newest. It may be another person's.
async fn find(
    id: &NotificationId,
    newest: &[Entry],
    request: &RequestContext,
    user: &UserId,
) -> Result<Option<Entry>> {
    let is_it = |entry: &&Entry| entry.id == *id;
    let found = newest.iter().find(is_it);
    if found.is_some() || newest.len() < NEWEST {
        return Ok(found.cloned());
    }
    let services = &request.services;
    let read = services.notifications.page(user, MOST_ENTRIES, None);
    let page = services.observer.read("live.inbox", read).await;
    let all = page.map_err(failed)?.items;
    Ok(all.iter().find(is_it).cloned())
}

/// An offer that was published, if it can be used now.
async fn usable(request: &RequestContext, id: &OfferId) -> Result<Option<Offer>> {
    let found = request.loader.load_one(id.clone()).await.map_err(failed)?;
    let Some(offer) = found.filter(|offer| is_bookable(offer, request.now_ms)) else {
        return Ok(None);
    };
    let partner = request.loader.load_one(offer.partner_id.clone()).await;
    let partner = partner.map_err(failed)?;
    let is_public = partner.as_ref().is_some_and(Partner::is_public);
    Ok(is_public.then_some(offer))
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
