//! The store trait of bookings, its queries and results.

mod cursor;
mod purging;
mod timed;

use std::{collections::HashMap, fmt, ops::RangeInclusive};

use async_trait::async_trait;

use super::{
    booking::{Booking, BookingStatus, Step},
    calendar_feed::FeedHash,
    night::{NightCount, NightPage, NightQuery, WalkInCount},
    reason::Reason,
    refusals::BookingRefusal,
    rules::NewBooking,
    scan::Scan,
    short_code::ShortCode,
    walk_in::{NewWalkIn, WalkIn, WalkInUndone, WalkedIn},
};
use crate::{
    BookingId, OfferId, PartnerId, StoreError, UserId, WalkInId,
    bookings::figures::{OfferNight, UtcHour},
    night::Night,
    paris::Day,
};

pub use cursor::{BookingCursor, NightCursor};
pub use purging::{purge_of_creation, purge_of_step};
pub use timed::{TimedCursor, TimedQuery, When};

/// A step, with what comes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub step: Step,
    /// What the guest is told whose booking is declined or cancelled by the venue.
    pub reason: Option<Reason>,
    /// The scan of a check-in, if it has an id; one that is reported later has.
    pub scan: Option<Scan>,
}

impl From<Step> for Taken {
    fn from(step: Step) -> Self {
        Self {
            step,
            reason: None,
            scan: None,
        }
    }
}

impl Taken {
    /// When the step was taken: when it was scanned, or else now.
    pub fn at_ms(&self, now_ms: i64) -> i64 {
        self.scan.as_ref().map_or(now_ms, |scan| scan.at_ms)
    }
}

/// Who changes a booking. The purge audit outlives erased accounts, so [`By::as_str`] names no user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    Holder,
    /// A user who works for the partner, or an operator; none is a service.
    Staff(Option<UserId>),
    Job,
    /// The money that has come.
    Payment,
    /// The erasure of the user's account.
    Erasure,
    /// An operator, at the guest's request.
    Support(Refunding),
}

/// What a guest gets back for whom support cancels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refunding {
    /// Everything.
    Full,
    /// What the guest would get back who cancels now.
    ByRule,
}

impl By {
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Holder => "holder of the booking",
            Self::Staff(_) => "staff of the partner",
            Self::Job => "end of bookings",
            Self::Payment => "payment of the booking",
            Self::Erasure => "erasure of an account",
            Self::Support(_) => "support",
        }
    }
}

/// The outcome of a new booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// The account does not exist any more, or is disabled; nothing was written.
    NoAccount,
    /// The booking was refused; nothing was written.
    Refused(BookingRefusal),
    /// An earlier request with the same idempotency key made this booking; nothing was written.
    Before(Box<Booking>),
    /// The booking was made; its purge is in the outbox.
    Done(Box<Booking>),
}

impl From<BookingRefusal> for Created {
    fn from(refusal: BookingRefusal) -> Self {
        Self::Refused(refusal)
    }
}

/// The outcome of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stepped {
    /// The account of who checks in does not exist any more, or is disabled; nothing was written.
    NoAccount,
    /// The step was refused; nothing was written.
    Refused(BookingRefusal),
    /// An earlier request took this step; nothing was written.
    Before(Box<Booking>),
    /// The booking after the step; its purge is in the outbox.
    Done(Box<Booking>),
}

impl From<BookingRefusal> for Stepped {
    fn from(refusal: BookingRefusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Selects one page of a user's bookings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookingQuery {
    pub user: UserId,
    pub status: Option<BookingStatus>,
    pub first: usize,
    pub after: Option<BookingCursor>,
}

/// A page of bookings, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BookingPage {
    pub items: Vec<Booking>,
    pub has_next_page: bool,
}

/// A partner's bookings, check-ins and walk-ins in the night that begins on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayCount {
    /// The day in Europe/Paris, such as "2026-10-25".
    pub day: String,
    /// The number of bookings made on that day, whatever their status now.
    pub bookings: i64,
    /// The number of check-ins on that day.
    pub check_ins: i64,
    /// The people of these.
    pub guests: i64,
    /// The people who came without a booking.
    pub walk_ins: i64,
}

/// The bookings in a database.
#[async_trait]
pub trait BookingStore: fmt::Debug + Send + Sync {
    /// Makes a booking if rules and quotas allow it. Reads, decision, quota, booking and purge are
    /// one transaction: concurrent requests on several servers never exceed a quota.
    async fn create(&self, new: NewBooking, now_ms: i64) -> Result<Created, StoreError>;

    /// Applies a step if the state machine and the clock allow it, exactly once: of two concurrent
    /// equal steps the second finds it taken, and is answered as `writes::step` says.
    async fn take(
        &self,
        id: &BookingId,
        taken: Taken,
        by: By,
        now_ms: i64,
    ) -> Result<Stepped, StoreError>;

    /// A step with which nothing comes.
    async fn step(
        &self,
        id: &BookingId,
        step: Step,
        by: By,
        now_ms: i64,
    ) -> Result<Stepped, StoreError> {
        self.take(id, step.into(), by, now_ms).await
    }

    async fn by_ids(&self, ids: &[BookingId]) -> Result<HashMap<BookingId, Booking>, StoreError>;

    async fn list(&self, query: &BookingQuery) -> Result<BookingPage, StoreError>;

    /// A page of a user's bookings to come or of those that are over.
    async fn by_time(&self, query: &TimedQuery) -> Result<BookingPage, StoreError>;

    /// The user's bookings that begin at or after a moment, at most so many, those that begin last.
    async fn beginning_since(
        &self,
        user: &UserId,
        since_ms: i64,
        most: usize,
    ) -> Result<Vec<Booking>, StoreError>;

    /// Gives the user a calendar feed with this secret; an earlier one of theirs ends. It ends with the
    /// epoch of their credentials, as their sessions do: with a new password, and when the account is
    /// disabled or erased. Returns whether the account is there and active.
    async fn put_feed(
        &self,
        user: &UserId,
        hash: &FeedHash,
        now_ms: i64,
    ) -> Result<bool, StoreError>;

    /// Since when the user has a calendar feed.
    async fn feed_since(&self, user: &UserId) -> Result<Option<i64>, StoreError>;

    /// Ends the user's calendar feed; returns whether there was one.
    async fn revoke_feed(&self, user: &UserId) -> Result<bool, StoreError>;

    /// The user whose calendar feed has this secret.
    async fn user_of_feed(&self, hash: &FeedHash) -> Result<Option<UserId>, StoreError>;

    /// One page of a partner's bookings of a night, by their openings.
    async fn of_night(&self, query: &NightQuery) -> Result<NightPage, StoreError>;

    /// How many bookings of a night each of the partner's offers has, by status.
    async fn night_counts(
        &self,
        partner: &PartnerId,
        night: Night,
    ) -> Result<Vec<NightCount>, StoreError>;

    /// The bookings of a partner in these nights that have this short code.
    async fn by_short_code(
        &self,
        partner: &PartnerId,
        nights: &[Night],
        code: &ShortCode,
    ) -> Result<Vec<Booking>, StoreError>;

    /// Records people who came without a booking, if the offer is open and has places for them. Reads,
    /// decision, quota, row and purge are one transaction.
    async fn record_walk_in(&self, new: NewWalkIn, now_ms: i64) -> Result<WalkedIn, StoreError>;

    async fn walk_in(&self, id: &WalkInId) -> Result<Option<WalkIn>, StoreError>;

    /// Takes back people who were recorded by mistake, and gives their places back, in one transaction.
    async fn undo_walk_in(&self, id: &WalkInId, now_ms: i64) -> Result<WalkInUndone, StoreError>;

    /// The people who walked in to a partner's offers in a night, by offer.
    async fn walk_ins_of_night(
        &self,
        partner: &PartnerId,
        night: Night,
    ) -> Result<Vec<WalkInCount>, StoreError>;

    /// What a partner's nights add up to, by night and offer, in this order.
    async fn figures_by_offer(
        &self,
        partner: &PartnerId,
        nights: RangeInclusive<Night>,
    ) -> Result<Vec<OfferNight>, StoreError>;

    /// Who came to a partner in these nights, by night and hour.
    async fn figures_by_hour(
        &self,
        partner: &PartnerId,
        nights: RangeInclusive<Night>,
    ) -> Result<Vec<UtcHour>, StoreError>;

    /// Those of the given days on which the partner had bookings or check-ins, in order.
    async fn days_of_partner(
        &self,
        partner: &PartnerId,
        days: RangeInclusive<Day>,
    ) -> Result<Vec<DayCount>, StoreError>;

    /// The places that bookings hold in each of these nights, by offer; an offer and night without
    /// any are left out.
    async fn taken_by_night(
        &self,
        offers: &[OfferId],
        nights: RangeInclusive<Night>,
    ) -> Result<HashMap<(OfferId, Night), i64>, StoreError>;

    /// Bookings of a partner that are open and may still be used, those that begin first; `most` at most.
    async fn open_of_partner(
        &self,
        partner: &PartnerId,
        now_ms: i64,
        most: usize,
    ) -> Result<Vec<BookingId>, StoreError>;

    /// Open bookings that can only be ended by the job, the longest due first.
    async fn due(&self, now_ms: i64, limit: usize) -> Result<Vec<Booking>, StoreError>;

    /// Makes `holder` the one server that ends due bookings until `until_ms`; returns whether it
    /// is. The current holder can renew its lease.
    async fn take_lease(
        &self,
        holder: &str,
        until_ms: i64,
        now_ms: i64,
    ) -> Result<bool, StoreError>;

    /// Releases the lease, so that another server can take it at once.
    async fn give_lease_back(&self, holder: &str) -> Result<(), StoreError>;
}
