//! A limit per day counts by nights, from 06:00 to 06:00, and by people.

use std::{collections::BTreeMap, ops::RangeInclusive};

use domain::{
    BookingLimits, Offer, OfferSchedule,
    bookings::{
        booking::{Booking, Step},
        party::PartySize,
        refusals::BookingRefusal,
        rules::NewBooking,
        store::Created,
    },
    night::Night,
    offers::{
        edit::{Edit, OfferEdit, QuotaEdit},
        store::{Author, Updated},
    },
};

use super::{HOUR_MS, create, made, new, places, remaining, step, stored};
use crate::{
    backends::Fresh,
    runner::tests,
    samples::{DAY_MS, NOW_MS, family},
};

tests! {
    a_booking_after_midnight_counts_with_its_evening: [],
    each_person_takes_a_place_and_gives_it_back: [],
    an_opening_of_another_night_has_places_of_its_own: [],
    an_offer_takes_parties_up_to_its_largest: [],
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
            ..BookingLimits::default()
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

async fn each_person_takes_a_place_and_gives_it_back(fresh: Fresh) {
    let offer = places("a", 7);
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    let party = |name: &str, people| NewBooking {
        party: PartySize::new(people).unwrap(),
        ..new(name, name, &offer)
    };
    let four = made(&fresh, party("ana", 4), NOW_MS).await;
    assert_eq!(stored(&fresh, &four.id).await, Some(four.clone()));
    assert_eq!(four.party.people(), 4);
    assert_eq!(remaining(&fresh, &offer).await, 3);
    let too_many = create(&fresh, party("bob", 4), NOW_MS).await;
    assert_eq!(too_many, Created::Refused(BookingRefusal::TooFewPlaces));
    made(&fresh, party("bob", 3), NOW_MS).await;
    let none = create(&fresh, party("eve", 1), NOW_MS).await;
    assert_eq!(none, Created::Refused(BookingRefusal::SoldOut));
    // A form that sets the quota counts people, not bookings.
    let update = async |total| {
        let edit = OfferEdit {
            quota: Edit::Set(Some(QuotaEdit { total: Some(total) })),
            ..OfferEdit::default()
        };
        let author = Author {
            actor: "test".into(),
            action: "updateOffer",
        };
        let updated = fresh
            .db
            .offers
            .update(offer.id.clone(), edit, author, NOW_MS);
        updated.await.unwrap()
    };
    assert_eq!(update(6).await, Updated::BelowBooked(7));
    assert!(matches!(update(9).await, Updated::Done(..)));
    assert_eq!(remaining(&fresh, &offer).await, 2);
    step(&fresh, &four.id, Step::Cancel, NOW_MS).await;
    assert_eq!(remaining(&fresh, &offer).await, 6);
}

async fn an_opening_of_another_night_has_places_of_its_own(fresh: Fresh) {
    let night = Night::parse("2026-06-05").unwrap();
    let offer = every_evening("a", night);
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    let now_ms = night.begins_ms();
    let evening_ms = |night: Night| night.begins_ms() + 12 * HOUR_MS;
    let at = |name: &str, night: Night, people| NewBooking {
        opening_ms: Some(evening_ms(night)),
        party: PartySize::new(people).unwrap(),
        ..new(name, name, &offer)
    };
    let later = made(&fresh, at("ana", night.next(), 2), now_ms).await;
    assert_eq!(
        (later.night, later.from_ms),
        (night.next(), evening_ms(night.next()))
    );
    made(&fresh, at("bob", night, 1), now_ms).await;
    for (asked, refusal) in [
        (at("eve", night.next(), 1), BookingRefusal::SoldOutThatDay),
        (at("eve", night, 2), BookingRefusal::TooFewPlaces),
        (
            NewBooking {
                opening_ms: Some(now_ms),
                ..new("eve", "eve", &offer)
            },
            BookingRefusal::NoSuchOpening,
        ),
    ] {
        let refused = create(&fresh, asked, now_ms).await;
        assert_eq!(refused, Created::Refused(refusal));
    }
    let taken = async |nights: RangeInclusive<Night>| {
        let ids = [offer.id.clone()];
        let found = fresh
            .db
            .bookings
            .taken_by_night(&ids, nights)
            .await
            .unwrap();
        let found = found
            .into_iter()
            .map(|((_, night), places)| (night, places));
        found.collect::<BTreeMap<_, _>>()
    };
    let both = BTreeMap::from([(night, 1), (night.next(), 2)]);
    assert_eq!(taken(night.previous()..=night.next()).await, both);
    step(&fresh, &later.id, Step::Cancel, now_ms).await;
    assert_eq!(taken(night.next()..=night.next()).await, BTreeMap::new());
    assert_eq!(taken(night..=night).await, BTreeMap::from([(night, 1)]));
}

async fn an_offer_takes_parties_up_to_its_largest(fresh: Fresh) {
    let offer = Offer {
        limits: BookingLimits {
            party: Some(4),
            ..BookingLimits::default()
        },
        ..places("a", 20)
    };
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    let party = |name: &str, people| NewBooking {
        party: PartySize::new(people).unwrap(),
        idempotency_key: Some("k".into()),
        ..new(name, name, &offer)
    };
    let before = fresh.pending().await;
    let five = create(&fresh, party("bob", 5), NOW_MS).await;
    assert_eq!(five, Created::Refused(BookingRefusal::PartyTooLarge));
    assert_eq!(fresh.pending_after(&before).await, []);
    assert_eq!(remaining(&fresh, &offer).await, 20);
    let four = made(&fresh, party("ana", 4), NOW_MS).await;
    let largest = async |party| {
        let edit = OfferEdit {
            max_party_size: Edit::Set(party),
            ..OfferEdit::default()
        };
        let author = Author {
            actor: "test".into(),
            action: "updateOffer",
        };
        let id = offer.id.clone();
        let Updated::Done(after, _) = fresh
            .db
            .offers
            .update(id.clone(), edit, author, NOW_MS)
            .await
            .unwrap()
        else {
            panic!("it is edited");
        };
        let read = fresh.db.offers.by_ids(std::slice::from_ref(&id)).await;
        assert_eq!(read.unwrap().remove(&id), Some(*after));
    };
    largest(Some(3)).await;
    // What was booked stays, and a repeated request is answered by it.
    let again = create(&fresh, party("ana", 4), NOW_MS).await;
    assert_eq!(again, Created::Before(Box::new(four)));
    let too_many = create(&fresh, party("bob", 4), NOW_MS).await;
    assert_eq!(too_many, Created::Refused(BookingRefusal::PartyTooLarge));
    largest(None).await;
    made(&fresh, party("bob", 5), NOW_MS).await;
}
