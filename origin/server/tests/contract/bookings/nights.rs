//! A limit per day counts by nights: from 06:00 to 06:00.

use domain::{
    BookingLimits, Offer, OfferSchedule,
    bookings::{booking::Booking, refusals::BookingRefusal, store::Created},
    night::Night,
};

use super::{HOUR_MS, create, made, new, places, stored};
use crate::{
    backends::Fresh,
    runner::tests,
    samples::{DAY_MS, family},
};

tests! {
    a_booking_after_midnight_counts_with_its_evening: [],
}

/// Open from 18:00 to 08:00, for two bookings a night, around this night.
pub(super) fn every_evening(name: &str, night: Night) -> Offer {
    Offer {
        valid_from_ms: night.begins_ms() - 3 * DAY_MS,
        valid_until_ms: night.begins_ms() + 100 * DAY_MS,
        schedule: Some(OfferSchedule {
            weekdays: (1..=7).collect(),
            from: "18:00".into(),
            to: "08:00".into(),
        }),
        quota: None,
        limits: BookingLimits {
            per_day: Some(2),
            per_user: None,
        },
        ..places(name, 0)
    }
}

/// In an ordinary week and at both changes of the clocks.
async fn a_booking_after_midnight_counts_with_its_evening(fresh: Fresh) {
    let nights = ["2026-06-05", "2026-03-28", "2026-10-24"].map(|text| Night::parse(text).unwrap());
    let offers = nights.map(|night| every_evening(&night.to_string(), night));
    fresh.fill(vec![family(offers.to_vec())]).await;
    for (offer, night) in offers.iter().zip(nights) {
        let named = |name: &str| {
            new(
                &format!("{name} {night}"),
                &format!("{name} {night}"),
                offer,
            )
        };
        let evening_ms = night.begins_ms() + 14 * HOUR_MS;
        let midnight_ms = night.day().next().begins_ms();
        let morning_ms = night.range_ms().end + HOUR_MS;
        let of = |booking: Booking| (booking.night, booking.status.as_str());
        let expected = (night, "CONFIRMED");
        let first = made(&fresh, named("ana"), evening_ms).await;
        assert_eq!(stored(&fresh, &first.id).await, Some(first.clone()));
        assert_eq!(of(first), expected);
        let second = made(&fresh, named("bob"), midnight_ms + HOUR_MS / 6).await;
        assert_eq!(of(second), expected);
        // 07:00 is another night, but this opening began in this one.
        for at_ms in [midnight_ms + 3 * HOUR_MS, morning_ms] {
            let full = create(&fresh, named("eve"), at_ms).await;
            let expected = Created::Refused(BookingRefusal::SoldOutThatDay);
            assert_eq!(full, expected, "{night} {at_ms}");
        }
        let next = made(&fresh, named("eve"), morning_ms + 2 * HOUR_MS).await;
        assert_eq!(of(next), (night.next(), "CONFIRMED"));
    }
}
