//! A booking, as both backends keep it, and the table of what may become of it.

#[cfg(test)]
mod tests;

use crate::{BookingId, OfferId, PartnerId, UserId, paris::Day, words::words};

words! {
    /// How far a booking is.
    BookingStatus {
        /// For a later day: its holder, or the partner's staff, still have to confirm it.
        Pending = "PENDING",
        Confirmed = "CONFIRMED",
        CheckedIn = "CHECKED_IN",
        Cancelled = "CANCELLED",
        /// Nobody confirmed it before its time came.
        Expired = "EXPIRED",
        /// Its time is over, and nobody came.
        NoShow = "NO_SHOW",
    }
}

words! {
    /// What happens to a booking.
    Step {
        Confirm = "confirmBooking",
        CheckIn = "checkIn",
        Cancel = "cancelBooking",
        /// By the job, as is [`Step::Miss`].
        Expire = "expire",
        Miss = "no-show",
    }
}

/// Every legal transition. What is not here happens to no booking.
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
    /// What the step leads to; none where it is illegal.
    pub fn after(self, step: Step) -> Option<Self> {
        TRANSITIONS
            .iter()
            .find(|(from, by, _)| (*from, *by) == (self, step))
            .map(|(_, _, to)| *to)
    }

    /// Whether something can still happen to it. A user has one such booking of an offer at most.
    pub const fn is_open(self) -> bool {
        match self {
            Self::Pending | Self::Confirmed => true,
            Self::CheckedIn | Self::Cancelled | Self::Expired | Self::NoShow => false,
        }
    }

    /// Whether it counts against the offer's quotas. Who did not come kept somebody else out.
    pub const fn holds_a_place(self) -> bool {
        match self {
            Self::Pending | Self::Confirmed | Self::CheckedIn | Self::NoShow => true,
            Self::Cancelled | Self::Expired => false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    pub id: BookingId,
    /// None once the account was erased.
    pub user: Option<UserId>,
    pub offer: OfferId,
    /// The offer's.
    pub partner: PartnerId,
    pub status: BookingStatus,
    /// Whether it took a place of the offer's quota, to be given back when it is cancelled.
    pub counted: bool,
    /// When it may be used: this moment and those before `until_ms`.
    pub from_ms: i64,
    pub until_ms: i64,
    /// What the client called the request that made it, so that asking again makes no second one.
    pub idempotency_key: Option<String>,
    pub created_at_ms: i64,
    pub changed_at_ms: i64,
    pub checked_in_at_ms: Option<i64>,
}

impl Booking {
    /// The local day of its use, by which daily quotas count.
    pub fn day(&self) -> String {
        local_day(self.from_ms)
    }

    /// The local day on which it was made, by which dashboards count.
    pub fn made_on(&self) -> String {
        local_day(self.created_at_ms)
    }

    pub fn checked_in_on(&self) -> Option<String> {
        self.checked_in_at_ms.map(local_day)
    }
}

/// As "2026-10-25", in Europe/Paris.
pub fn local_day(moment_ms: i64) -> String {
    // No moment of a booking is beyond the calendar.
    Day::of(moment_ms).map_or_else(String::new, |day| day.to_string())
}
