//! The `Booking` type: its fields are readable by its holder, the partner's team, and an administrator who
//! opened it.

#![expect(clippy::unused_async, reason = "fields of async-graphql are async")]

use access::qr::Ticket;
use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use domain::{
    UserId,
    bookings::{
        booking::{self, Booking},
        reason::Reason,
        rules,
        short_code::ShortCode,
        store::{BookingCursor, BookingPage, TimedCursor, When},
    },
    reviews::{self, review::Review},
    users::profile::Profile,
};

use crate::{
    nodes::{
        directives::{CacheControlScope, cache_control},
        moment::{DateTime, timestamp},
        money::BookedPriceNode,
        offer::OfferNode,
        own_review::OwnReviewNode,
        page::PageInfo,
        payment::PaymentNode,
        user::UserNode,
    },
    request::{
        authorise::{self, About, Opened},
        context::RequestContext,
        errors::failed,
        loaders::PaymentOf,
        places::{is_holder, works_there},
        review_loaders::ReviewOf,
    },
};

/// What has become of a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "booking::BookingStatus")]
pub enum BookingStatus {
    Pending,
    Confirmed,
    CheckedIn,
    Cancelled,
    Expired,
    NoShow,
}

/// Which bookings a list by time shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "When")]
pub enum BookingTime {
    Upcoming,
    Past,
}

/// A booking.
#[derive(Clone, Debug)]
pub struct BookingNode(Booking, Opened);

impl From<Booking> for BookingNode {
    fn from(booking: Booking) -> Self {
        Self(booking, Opened::No)
    }
}

const fn about(booking: &Booking) -> About<'_> {
    About::Booking {
        holder: booking.user.as_ref(),
        partner: &booking.partner,
    }
}

/// Whether the caller may know that the booking exists.
pub async fn is_party(request: &RequestContext, booking: &Booking) -> Result<bool> {
    let caller = &request.asker.caller;
    if authorise::authorise(caller, "Booking", "id", about(booking)).is_err() {
        return Ok(false);
    }
    Ok(is_holder(caller, booking) || works_there(request, booking).await?)
}

impl BookingNode {
    /// Whether an administrator opened it decides who reads its fields.
    pub const fn new(booking: Booking, opened: Opened) -> Self {
        Self(booking, opened)
    }

    /// Checks the policy for a field of this booking.
    fn may_see(&self, ctx: &Context<'_>, field: &str) -> Result<()> {
        let caller = &RequestContext::of(ctx).asker.caller;
        authorise::field_of(caller, "Booking", field, about(&self.0), self.1)
    }

    async fn reviewed(&self, ctx: &Context<'_>) -> Result<Option<Review>> {
        let loader = &RequestContext::of(ctx).loader;
        let found = loader.load_one(ReviewOf(self.0.id.clone())).await;
        found.map_err(failed)
    }
}

fn signed(ctx: &Context<'_>, ticket: &Ticket) -> Result<String> {
    let keys = &RequestContext::of(ctx).services.qr_keys;
    Ok(ticket.sign(keys).ok_or("no key signs QR codes")?)
}

/// A guest's booking of an offer.
#[Object(name = "Booking", directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
impl BookingNode {
    async fn id(&self, ctx: &Context<'_>) -> Result<ID> {
        self.may_see(ctx, "id")?;
        Ok(ID(self.0.id.to_string()))
    }

    /// The booking's holder; a user without a name once the account was erased.
    async fn user(&self, ctx: &Context<'_>) -> Result<UserNode> {
        self.may_see(ctx, "user")?;
        let loader = &RequestContext::of(ctx).loader;
        let found = match self.0.user.clone() {
            Some(id) => loader.load_one(id).await.map_err(failed)?,
            None => None,
        };
        let nobody = || Profile::nobody(UserId::derive("erased", self.0.id.as_str()));
        let profile = found.unwrap_or_else(nobody);
        Ok(UserNode::new(profile, self.1.of_its_guest()))
    }

    async fn offer(&self, ctx: &Context<'_>) -> Result<OfferNode> {
        self.may_see(ctx, "offer")?;
        let request = RequestContext::of(ctx);
        let found = request.loader.load_one(self.0.offer.clone()).await;
        let offer = found
            .map_err(failed)?
            .ok_or("a booking without its offer")?;
        Ok(OfferNode::from(offer))
    }

    async fn status(&self, ctx: &Context<'_>) -> Result<BookingStatus> {
        self.may_see(ctx, "status")?;
        Ok(self.0.status.into())
    }

    /// The QR code to scan at check-in; for the holder only. It changes every 30 s, and each code
    /// is valid for a minute.
    async fn qr_code(&self, ctx: &Context<'_>) -> Result<String> {
        self.may_see(ctx, "qrCode")?;
        let now_ms = RequestContext::of(ctx).now_ms;
        signed(ctx, &Ticket::rotating(&self.0, now_ms))
    }

    /// Like `qrCode`, for a phone without a network: it stays the same as long as the booking can
    /// be used.
    async fn offline_code(&self, ctx: &Context<'_>) -> Result<String> {
        self.may_see(ctx, "offlineCode")?;
        signed(ctx, &Ticket::offline(&self.0))
    }

    /// The start of the booking's time; check-in opens half an hour earlier.
    async fn valid_from(&self, ctx: &Context<'_>) -> Result<DateTime> {
        self.may_see(ctx, "validFrom")?;
        Ok(timestamp(self.0.from_ms))
    }

    /// The end of the booking's time (exclusive).
    async fn valid_until(&self, ctx: &Context<'_>) -> Result<DateTime> {
        self.may_see(ctx, "validUntil")?;
        Ok(timestamp(self.0.until_ms))
    }

    /// The deadline for cancellation by the holder; null once the booking can no longer change.
    async fn cancellable_until(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        self.may_see(ctx, "cancellableUntil")?;
        let until = self.0.status.is_open();
        Ok(until.then(|| timestamp(rules::cancellable_until_ms(&self.0))))
    }

    /// What the booking costs; null if it is free.
    async fn price(&self, ctx: &Context<'_>) -> Result<Option<BookedPriceNode>> {
        self.may_see(ctx, "price")?;
        Ok(self.0.price.map(BookedPriceNode::from))
    }

    /// The booking holds its place until then, and ends if it is not paid; null if nothing is to be
    /// paid.
    async fn pay_before(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        self.may_see(ctx, "payBefore")?;
        let waits = self.0.status == booking::BookingStatus::Pending;
        let price = self.0.price.filter(|_| waits);
        Ok(price.map(|price| timestamp(price.pay_before_ms)))
    }

    /// How many people it is for.
    async fn party_size(&self, ctx: &Context<'_>) -> Result<i32> {
        self.may_see(ctx, "partySize")?;
        Ok(self.0.party.people())
    }

    /// The venue may confirm the booking until then, and it expires if nobody does; null if it does not
    /// wait for the venue.
    async fn decide_before(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        self.may_see(ctx, "decideBefore")?;
        let waits = self.0.status == booking::BookingStatus::Pending;
        Ok(self.0.decide_before_ms.filter(|_| waits).map(timestamp))
    }

    /// Its payment, once `startPayment` was called.
    async fn payment(&self, ctx: &Context<'_>) -> Result<Option<PaymentNode>> {
        self.may_see(ctx, "payment")?;
        let loader = &RequestContext::of(ctx).loader;
        let found = loader.load_one(PaymentOf(self.0.id.clone())).await;
        Ok(found.map_err(failed)?.map(PaymentNode))
    }

    /// The holder's review of the visit, also a removed one; for the holder only.
    async fn review(&self, ctx: &Context<'_>) -> Result<Option<OwnReviewNode>> {
        self.may_see(ctx, "review")?;
        Ok(self.reviewed(ctx).await?.map(OwnReviewNode))
    }

    /// Until when the holder may write a review; null unless the booking was checked in, and once there is a
    /// review or that time is over. For the holder only.
    async fn can_review_until(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        self.may_see(ctx, "canReviewUntil")?;
        let now_ms = RequestContext::of(ctx).now_ms;
        let until_ms = reviews::rules::until_ms(&self.0).filter(|until_ms| now_ms < *until_ms);
        if until_ms.is_none() || self.reviewed(ctx).await?.is_some() {
            return Ok(None);
        }
        Ok(until_ms.map(timestamp))
    }

    async fn checked_in_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        self.may_see(ctx, "checkedInAt")?;
        Ok(self.0.checked_in_at_ms.map(timestamp))
    }

    async fn created_at(&self, ctx: &Context<'_>) -> Result<DateTime> {
        self.may_see(ctx, "createdAt")?;
        Ok(timestamp(self.0.created_at_ms))
    }

    /// Six characters to say at the door when the code cannot be scanned; null for bookings made before
    /// there were short codes.
    async fn short_code(&self, ctx: &Context<'_>) -> Result<Option<&str>> {
        self.may_see(ctx, "shortCode")?;
        Ok(self.0.short_code.as_ref().map(ShortCode::as_str))
    }

    /// Why the venue declined or cancelled the booking, in its own words; null if it did not, or said
    /// nothing.
    async fn cancel_reason(&self, ctx: &Context<'_>) -> Result<Option<&str>> {
        self.may_see(ctx, "cancelReason")?;
        Ok(self.0.cancel_reason.as_ref().map(Reason::as_str))
    }
}

/// A page of bookings.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct BookingConnection {
    edges: Vec<BookingEdge>,
    page_info: PageInfo,
}

/// A booking in a list.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct BookingEdge {
    cursor: String,
    node: BookingNode,
}

impl BookingConnection {
    /// A page of a list that shows the newest first.
    pub fn new(page: BookingPage, has_previous_page: bool) -> Self {
        Self::with(page, has_previous_page, |booking| {
            BookingCursor::of(booking).encode()
        })
    }

    /// A page of a list by time.
    pub fn by_time(page: BookingPage, has_previous_page: bool, when: When) -> Self {
        Self::with(page, has_previous_page, |booking| {
            TimedCursor::of(booking).encode(when)
        })
    }

    fn with(
        page: BookingPage,
        has_previous_page: bool,
        cursor: impl Fn(&Booking) -> String,
    ) -> Self {
        let edge = |booking: Booking| BookingEdge {
            cursor: cursor(&booking),
            node: BookingNode::from(booking),
        };
        let edges: Vec<_> = page.items.into_iter().map(edge).collect();
        Self {
            page_info: PageInfo {
                has_next_page: page.has_next_page,
                has_previous_page,
                ..PageInfo::between(edges.iter().map(|edge| &edge.cursor))
            },
            edges,
        }
    }
}
