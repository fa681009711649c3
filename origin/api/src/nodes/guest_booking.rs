//! What staff see of a booking: `GuestBooking`, and the list of a night. Only fields that ask for a partner's
//! team lead here, so nothing is checked again: and nothing is here that the venue does not need.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use domain::{
    Offer, OfferId,
    bookings::{
        booking::Booking,
        night::{OpeningTotals, Totals, shown_name},
        reason::Reason,
        short_code::ShortCode,
        store::NightCursor,
    },
    night::Night,
};

use crate::{
    nodes::{
        booking::BookingStatus,
        directives::{CacheControlScope, cache_control},
        moment::{DateTime, timestamp},
        offer::OfferNode,
        page::PageInfo,
    },
    request::{context::RequestContext, errors::failed},
};

/// A booking as the venue sees it.
#[derive(Clone, Debug)]
pub struct GuestBookingNode(pub Booking);

/// A booking as the venue's staff see it.
#[Object(name = "GuestBooking", directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
impl GuestBookingNode {
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// The guest's first name and the first letter of the last name; null once the account was erased.
    async fn guest(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let loader = &RequestContext::of(ctx).loader;
        let found = match self.0.user.clone() {
            Some(id) => loader.load_one(id).await.map_err(failed)?,
            None => None,
        };
        Ok(found.map(|guest| shown_name(&guest.first_name, &guest.last_name)))
    }

    async fn offer(&self, ctx: &Context<'_>) -> Result<OfferNode> {
        Ok(OfferNode::from(offer(ctx, &self.0.offer).await?))
    }

    async fn status(&self) -> BookingStatus {
        self.0.status.into()
    }

    async fn party_size(&self) -> i32 {
        self.0.party.people()
    }

    /// The start of the booking's time; check-in opens half an hour earlier.
    async fn valid_from(&self) -> DateTime {
        timestamp(self.0.from_ms)
    }

    /// The end of the booking's time (exclusive).
    async fn valid_until(&self) -> DateTime {
        timestamp(self.0.until_ms)
    }

    /// What the guest says if no code can be scanned; null for bookings made before there were short
    /// codes.
    async fn short_code(&self) -> Option<&str> {
        self.0.short_code.as_ref().map(ShortCode::as_str)
    }

    async fn checked_in_at(&self) -> Option<DateTime> {
        self.0.checked_in_at_ms.map(timestamp)
    }

    /// What the guest was told when the venue declined or cancelled the booking.
    async fn cancel_reason(&self) -> Option<&str> {
        self.0.cancel_reason.as_ref().map(Reason::as_str)
    }

    async fn created_at(&self) -> DateTime {
        timestamp(self.0.created_at_ms)
    }
}

async fn offer(ctx: &Context<'_>, id: &OfferId) -> Result<Offer> {
    let found = RequestContext::of(ctx).loader.load_one(id.clone()).await;
    let offer = found.map_err(failed)?;
    Ok(offer.ok_or("a booking without its offer")?)
}

/// What the bookings of a night add up to. Those that were cancelled or have expired count nowhere.
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct NightTotals {
    bookings: i32,
    /// The people of these bookings, also of those who did not come.
    people: i32,
    /// The people whose booking is open or was checked in.
    expected: i32,
    /// The people whose booking was checked in.
    arrived: i32,
    /// The people who came without a booking.
    walk_ins: i32,
}

impl From<Totals> for NightTotals {
    fn from(totals: Totals) -> Self {
        let number = |count: i64| i32::try_from(count).unwrap_or(i32::MAX);
        Self {
            bookings: number(totals.bookings),
            people: number(totals.people),
            expected: number(totals.expected),
            arrived: number(totals.arrived),
            walk_ins: number(totals.walk_ins),
        }
    }
}

/// The bookings of one offer in a night.
#[derive(Clone, Debug)]
pub struct NightOpening(pub OpeningTotals);

/// The bookings of one offer in a night.
#[Object(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
impl NightOpening {
    async fn offer(&self, ctx: &Context<'_>) -> Result<OfferNode> {
        Ok(OfferNode::from(offer(ctx, &self.0.offer).await?))
    }

    /// The first moment at which one of these bookings may be used.
    async fn start(&self) -> DateTime {
        timestamp(self.0.from_ms)
    }

    /// The first moment at which none of them may be used any more.
    async fn end(&self) -> DateTime {
        timestamp(self.0.until_ms)
    }

    async fn totals(&self) -> NightTotals {
        self.0.totals.into()
    }
}

/// A page of a partner's bookings of a night, and what all of the night add up to.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct PartnerBookingConnection {
    /// The day on which the night begins, such as 2026-10-25. It lasts from 06:00 to 06:00 in
    /// Europe/Paris.
    night: String,
    /// Of the night at this establishment, whatever `status`, `search` and the page are.
    totals: NightTotals,
    /// The same by offer, by their openings.
    openings: Vec<NightOpening>,
    edges: Vec<PartnerBookingEdge>,
    page_info: PageInfo,
}

/// A booking of a venue's night.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct PartnerBookingEdge {
    cursor: String,
    node: GuestBookingNode,
}

impl PartnerBookingConnection {
    pub fn new(
        night: Night,
        (totals, openings): (Totals, Vec<OpeningTotals>),
        (items, has_next_page): (Vec<Booking>, bool),
        has_previous_page: bool,
    ) -> Self {
        let edge = |booking: Booking| PartnerBookingEdge {
            cursor: NightCursor::of(&booking).encode(),
            node: GuestBookingNode(booking),
        };
        let edges: Vec<_> = items.into_iter().map(edge).collect();
        Self {
            night: night.to_string(),
            totals: totals.into(),
            openings: openings.into_iter().map(NightOpening).collect(),
            page_info: PageInfo {
                has_next_page,
                has_previous_page,
                ..PageInfo::between(edges.iter().map(|edge| &edge.cursor))
            },
            edges,
        }
    }
}
