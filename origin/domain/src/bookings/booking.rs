//! A booking as both backends store it, and its state machine.

#[cfg(test)]
mod tests;

use crate::{
    BookingId, OfferId, PartnerId, UserId, night::Night, paris::Day, payments::price::BookedPrice,
    words::words,
};

words! {
    /// The status of a booking.
    BookingStatus {
        /// For a later day: the user or the partner's staff must still confirm it. Or it has a price,
        /// and waits for the money.
        Pending = "PENDING",
        Confirmed = "CONFIRMED",
        CheckedIn = "CHECKED_IN",
        Cancelled = "CANCELLED",
        /// Nobody confirmed it before its start, or paid for it in time.
        Expired = "EXPIRED",
        /// Its time is over and the user did not come.
        NoShow = "NO_SHOW",
    }
}

words! {
    /// A step of a booking's state machine.
    Step {
        Confirm = "confirmBooking",
        CheckIn = "checkIn",
        Cancel = "cancelBooking",
        /// Done by the job, like [`Step::Miss`].
        Expire = "expire",
        Miss = "no-show",
    }
}

/// All legal transitions. Any other step is refused.
#[rustfmt::skip]
pub const TRANSITIONS: &[(BookingStatus, Step, BookingStatus)] = &[
    (BookingStatus::Pending,   Step::Confirm, BookingStatus::Confirmed),
    (BookingStatus::Pending,   Step::Cancel,  BookingStatus::Cancelled),
    (BookingStatus::Pending,   Step::Expire,  BookingStatus::Expired),
    (BookingStatus::Confirmed, Step::CheckIn, BookingStatus::CheckedIn),
    (BookingStatus::Confirmed, Step::Cancel,  BookingStatus::Cancelled),
    (BookingStatus::Confirmed, Step::Miss,    BookingStatus::NoShow),
];

impl BookingStatus {
    /// The status after the step; none if the step is illegal.
    pub fn after(self, step: Step) -> Option<Self> {
        TRANSITIONS
            .iter()
            .find(|(from, by, _)| (*from, *by) == (self, step))
            .map(|(_, _, to)| *to)
    }

    /// Whether further steps are possible. A user has at most one such booking per offer.
    pub const fn is_open(self) -> bool {
        match self {
            Self::Pending | Self::Confirmed => true,
            Self::CheckedIn | Self::Cancelled | Self::Expired | Self::NoShow => false,
        }
    }

    /// Whether it counts against the offer's quotas. A no-show counts: it kept somebody else out.
    pub const fn holds_a_place(self) -> bool {
        match self {
            Self::Pending | Self::Confirmed | Self::CheckedIn | Self::NoShow => true,
            Self::Cancelled | Self::Expired => false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Booking {
    pub id: BookingId,
    /// None once the account was erased.
    pub user: Option<UserId>,
    pub offer: OfferId,
    /// The partner of the offer.
    pub partner: PartnerId,
    pub status: BookingStatus,
    /// Whether it took a place of the offer's quota, which a cancellation gives back.
    pub counted: bool,
    /// The first moment at which it may be used; `until_ms` is the first at which it no longer may.
    pub from_ms: i64,
    pub until_ms: i64,
    /// The night in which its opening began, for which limits per day count it.
    pub night: Night,
    /// The client's idempotency key of the request, so that a retry makes no second booking.
    pub idempotency_key: Option<String>,
    pub created_at_ms: i64,
    pub changed_at_ms: i64,
    pub checked_in_at_ms: Option<i64>,
    /// The user who checked it in; none if a service did, or once that account was erased.
    pub checked_in_by: Option<UserId>,
    /// What is paid for it; none if it is free. While it is pending it waits for the money, and
    /// nothing else confirms it.
    pub price: Option<BookedPrice>,
}

impl Booking {
    /// The local day on which it was made, for which dashboards count it.
    pub fn made_on(&self) -> String {
        local_day(self.created_at_ms)
    }

    pub fn checked_in_on(&self) -> Option<String> {
        self.checked_in_at_ms.map(local_day)
    }
}

/// The local day in Europe/Paris, such as "2026-10-25".
pub fn local_day(moment_ms: i64) -> String {
    // No moment of a booking lies outside the calendar.
    Day::of(moment_ms).map_or_else(String::new, |day| day.to_string())
}
