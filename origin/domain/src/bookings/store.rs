//! Where bookings are kept: what is asked of a store and what it answers.

mod cursor;
mod purging;

use std::{collections::HashMap, fmt, ops::RangeInclusive};

use async_trait::async_trait;

use super::{
    booking::{Booking, BookingStatus, Step},
    refusals::BookingRefusal,
    rules::NewBooking,
};
use crate::{BookingId, PartnerId, StoreError, UserId, paris::Day};

pub use cursor::BookingCursor;
pub use purging::{purge_of_creation, purge_of_step};

/// Who does something to a booking, for the audit of purges. It is kept for longer than an account
/// that is erased, so it names nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Holder,
    /// Of the partner, or an operator.
    Staff,
    Job,
    /// The erasure of its holder's account.
    Erasure,
}

impl By {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Holder => "holder of the booking",
            Self::Staff => "staff of the partner",
            Self::Job => "end of bookings",
            Self::Erasure => "erasure of an account",
        }
    }
}

/// What came of a new booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// Nothing was written.
    Refused(BookingRefusal),
    /// It was made before under the same idempotency key; nothing was written.
    Before(Box<Booking>),
    /// Its purge is in the outbox.
    Done(Box<Booking>),
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stepped {
    /// Nothing was written.
    Refused(BookingRefusal),
    /// The booking as it is now; its purge is in the outbox.
    Done(Box<Booking>),
}

/// Which of somebody's bookings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookingQuery {
    pub user: UserId,
    pub status: Option<BookingStatus>,
    pub first: usize,
    pub after: Option<BookingCursor>,
}

/// Newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BookingPage {
    pub items: Vec<Booking>,
    pub has_next_page: bool,
}

/// A local day of a partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayCount {
    /// As "2026-10-25", in Europe/Paris.
    pub day: String,
    /// Made on that day, whatever became of them.
    pub bookings: i64,
    /// On that day.
    pub check_ins: i64,
}

/// The bookings of a backend.
#[async_trait]
pub trait BookingStore: fmt::Debug + Send + Sync {
    /// Makes a booking if the rules and quotas let it. Read, decision, place, booking and purge are
    /// one transaction: however many ask at once on however many servers, no quota is exceeded.
    async fn create(&self, new: NewBooking, now_ms: i64) -> Result<Created, StoreError>;

    /// Moves a booking on, if the table and the clock let it, once: of two that do the same step
    /// the second is refused.
    async fn step(
        &self,
        id: &BookingId,
        step: Step,
        by: By,
        now_ms: i64,
    ) -> Result<Stepped, StoreError>;

    async fn by_ids(&self, ids: &[BookingId]) -> Result<HashMap<BookingId, Booking>, StoreError>;

    async fn list(&self, query: &BookingQuery) -> Result<BookingPage, StoreError>;

    /// Every booking of a user, newest first: for who takes their data along.
    async fn all_of(&self, user: &UserId) -> Result<Vec<Booking>, StoreError>;

    /// Of these days those on which the partner had bookings or check-ins, in order.
    async fn days_of_partner(
        &self,
        partner: &PartnerId,
        days: RangeInclusive<Day>,
    ) -> Result<Vec<DayCount>, StoreError>;

    /// Open bookings that nothing can happen to any more, the longest due first.
    async fn due(&self, now_ms: i64, limit: usize) -> Result<Vec<Booking>, StoreError>;

    /// Makes `holder` the one that ends bookings until `until_ms`; says whether it is. Whoever is
    /// it already goes on.
    async fn take_lease(
        &self,
        holder: &str,
        until_ms: i64,
        now_ms: i64,
    ) -> Result<bool, StoreError>;

    /// Lets the next one in at once.
    async fn give_lease_back(&self, holder: &str) -> Result<(), StoreError>;
}
