//! Sample offer and booking for the tests of bookings.

use super::{
    booking::{Booking, BookingStatus},
    party::PartySize,
};
use crate::{
    Admission, BookingId, BookingLimits, Category, Discount, EstablishmentId, GeoPoint, Offer,
    OfferId, PartnerId, UserId, night::Night,
};

/// 1 June 2026, 12:00 UTC, in milliseconds.
pub const NOW_MS: i64 = 1_780_315_200_000;
pub const HOUR_MS: i64 = 3_600_000;

/// An offer without limits: anybody may book it any number of times.
pub fn offer() -> Offer {
    Offer {
        id: OfferId::derive("offer", "1"),
        title: "Deux galettes".into(),
        description: String::new(),
        partner_id: PartnerId::derive("partner", "1"),
        establishment_id: EstablishmentId::derive("establishment", "1"),
        category: Category::Restaurant,
        discount: Discount {
            percentage: 20,
            description: None,
            terms: None,
        },
        conditions: vec![],
        valid_from_ms: NOW_MS - 24 * HOUR_MS,
        valid_until_ms: NOW_MS + 240 * HOUR_MS,
        schedule: None,
        quota: None,
        images: vec![],
        is_active: true,
        location: GeoPoint {
            lat: 48.8566,
            lng: 2.3522,
        },
        created_at_ms: 0,
        limits: BookingLimits::default(),
        archived_at_ms: None,
        version: 1,
        price: None,
        admission: Admission::default(),
        page: crate::WebPage::default(),
        wording: crate::offers::wording::Wording::default(),
    }
}

/// A booking that may be used for three hours from now on.
pub fn booking() -> Booking {
    let Some(night) = Night::of(NOW_MS) else {
        unreachable!("a moment of the calendar")
    };
    Booking {
        id: BookingId::derive("booking", "1"),
        user: Some(UserId::derive("user", "1")),
        offer: offer().id,
        partner: offer().partner_id,
        status: BookingStatus::Confirmed,
        counted: false,
        from_ms: NOW_MS,
        until_ms: NOW_MS + 3 * HOUR_MS,
        night,
        idempotency_key: None,
        created_at_ms: NOW_MS,
        changed_at_ms: NOW_MS,
        checked_in_at_ms: None,
        checked_in_by: None,
        price: None,
        party: PartySize::ONE,
        decide_before_ms: None,
        changes: 0,
        cancel_reason: None,
        short_code: None,
        scan: None,
    }
}
