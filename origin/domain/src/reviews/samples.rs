//! Sample account, booking and review for the tests of reviews.

use super::review::{Review, Stars, byline, id_of};
use crate::{
    UserId,
    bookings::{
        booking::{Booking, BookingStatus},
        samples,
    },
    users::account::{Account, Status},
};

pub use samples::NOW_MS;
pub const DAY_MS: i64 = 86_400_000;

/// An active account that works for nobody.
pub fn account() -> Account {
    Account {
        email: "ana@example.fr".into(),
        email_verified_at_ms: Some(1),
        first_name: "Ana".into(),
        last_name: "Petit".into(),
        status: Status::Active,
        ..Account::nobody(UserId::derive("user", "ana"))
    }
}

/// A booking of [`account`], checked in a day ago.
pub fn booking() -> Booking {
    Booking {
        user: Some(account().id),
        status: BookingStatus::CheckedIn,
        checked_in_at_ms: Some(NOW_MS - DAY_MS),
        ..samples::booking()
    }
}

/// The review of [`booking`].
///
/// # Panics
///
/// Never: four is a number of stars.
pub fn review() -> Review {
    let booking = booking();
    Review {
        id: id_of(&booking.id),
        booking: booking.id,
        user: booking.user,
        partner: booking.partner,
        offer: booking.offer,
        stars: Stars::new(4).expect("4 is 1 to 5"),
        text: Some("Très bien".into()),
        author: Some(byline("Ana", "Petit")),
        visited_at_ms: NOW_MS - DAY_MS,
        idempotency_key: None,
        reply: None,
        removal: None,
        reported_at_ms: None,
        created_at_ms: NOW_MS,
        changed_at_ms: NOW_MS,
    }
}
