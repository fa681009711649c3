//! A booking as both backends store it, and its state machine.

#[cfg(test)]
mod tests;

use super::{party::PartySize, reason::Reason, scan::ScanId, short_code::ShortCode};
use crate::{
    BookingId, OfferId, PartnerId, UserId, night::Night, payments::price::BookedPrice, words::words,
};

words! {
    /// The status of a booking.
    BookingStatus {
        /// It waits for the venue's approval or, with a price, for the money.
        Pending = "PENDING",
        Confirmed = "CONFIRMED",
        CheckedIn = "CHECKED_IN",
        Cancelled = "CANCELLED",
        /// The venue did not answer in time, or nobody paid for it in time.
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
        /// The venue does not take a booking that waits for it.
        Decline = "declineBooking",
        CancelByVenue = "cancelBookingByVenue",
        /// A check-in is taken back, soon after it was made.
        UndoCheckIn = "undoCheckIn",
        /// A check-in is heard of that was scanned without a network, also after the job gave the guest up.
        ReportScan = "recordScans",
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
    (BookingStatus::Pending,   Step::Decline,       BookingStatus::Cancelled),
    (BookingStatus::Pending,   Step::CancelByVenue, BookingStatus::Cancelled),
    (BookingStatus::Confirmed, Step::CancelByVenue, BookingStatus::Cancelled),
    (BookingStatus::CheckedIn, Step::UndoCheckIn,   BookingStatus::Confirmed),
    (BookingStatus::Confirmed, Step::ReportScan,    BookingStatus::CheckedIn),
    (BookingStatus::NoShow,    Step::ReportScan,    BookingStatus::CheckedIn),
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
    pub party: PartySize,
    /// Its offer asked for the venue's approval: until then the venue's staff may confirm it, and nobody
    /// else. None: it needs no approval.
    pub decide_before_ms: Option<i64>,
    /// How often it was changed; calendars take a change by that.
    pub changes: i32,
    /// What the venue told the guest when it declined or cancelled the booking.
    pub cancel_reason: Option<Reason>,
    /// What the guest says at the door if no code can be scanned; none if the booking was made before
    /// bookings had one.
    pub short_code: Option<ShortCode>,
    /// The scan that checked it in, by the scanner's own id, so that the same scan is known again.
    pub scan: Option<ScanId>,
}

impl Booking {
    /// The night in which it was made, for which dashboards count it.
    pub fn made_on(&self) -> String {
        night_of(self.created_at_ms)
    }

    pub fn checked_in_on(&self) -> Option<String> {
        self.checked_in_at_ms.map(night_of)
    }
}

/// The night of a moment, such as "2026-10-25": ten past midnight counts with the evening before.
pub fn night_of(moment_ms: i64) -> String {
    // No moment of a booking lies outside the calendar.
    Night::of(moment_ms).map_or_else(String::new, |night| night.to_string())
}
