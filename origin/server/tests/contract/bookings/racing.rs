//! No quota is exceeded, however many ask at once on however many servers.

use std::collections::BTreeMap;

use domain::{
    BookingLimits, Offer,
    bookings::{
        booking::Step,
        party::PartySize,
        refusals::BookingRefusal,
        rules::{MAX_OPEN, NewBooking},
        store::{By, Created, Stepped},
    },
};
use futures_util::future::join_all;

use super::{create, made, new, places, remaining, user};
use crate::{
    backends::Fresh,
    runner::tests,
    samples::{NOW_MS, family},
    users::sign_up,
};

tests! {
    of_500_that_book_50_places_on_two_servers_50_have_one: [Transactions],
    of_many_that_book_one_day_as_many_as_it_has_do: [Transactions],
    parties_of_any_size_never_take_more_places_than_there_are: [Transactions],
    of_many_bookings_of_one_user_as_many_as_allowed_are_open: [Transactions],
    of_many_retries_of_one_key_on_two_servers_one_books: [Transactions],
    of_many_that_check_one_booking_in_one_does: [Transactions],
    places_that_are_taken_and_given_back_at_once_add_up: [Transactions],
}

/// How often each outcome came.
fn tally<'a>(all: impl IntoIterator<Item = &'a Created>) -> BTreeMap<String, usize> {
    let mut tally = BTreeMap::new();
    for created in all {
        let word = match created {
            Created::Done(_) => "booked".to_owned(),
            Created::Before(_) => "booked before".to_owned(),
            Created::Refused(refusal) => format!("{refusal:?}"),
            Created::NoAccount => "no account".to_owned(),
        };
        *tally.entry(word).or_default() += 1;
    }
    tally
}

async fn of_500_that_book_50_places_on_two_servers_50_have_one(fresh: Fresh) {
    let offer = places("a", 50);
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    let other = fresh.of_another_server().await;
    for n in 0..500 {
        sign_up(&fresh, &user(&n.to_string())).await;
    }
    let began = std::time::Instant::now();
    let all = (0..500).map(|n| {
        let bookings = if n % 2 == 0 { &fresh.db } else { &other }.bookings.clone();
        let new = new(&n.to_string(), &n.to_string(), &offer);
        async move { bookings.create(new, NOW_MS).await.unwrap() }
    });
    let tally = tally(&join_all(all).await);
    println!(
        "quota race: 500 createBooking on 50 places, two servers: {tally:?} in {} ms",
        began.elapsed().as_millis()
    );
    let expected = [("SoldOut".to_owned(), 450), ("booked".to_owned(), 50)];
    assert_eq!(tally, BTreeMap::from(expected));
    assert_eq!(remaining(&fresh, &offer).await, 0);
}

/// Nothing is counted down here: each counts what the others have. On one server they stand in line,
/// so there are several.
async fn of_many_that_book_one_day_as_many_as_it_has_do(fresh: Fresh) {
    const SERVERS: usize = 6;
    let offer = Offer {
        quota: None,
        limits: BookingLimits {
            per_day: Some(10),
            ..BookingLimits::default()
        },
        ..places("a", 0)
    };
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    let mut servers = vec![fresh.db.clone()];
    for _ in 1..SERVERS {
        servers.push(fresh.of_another_server().await);
    }
    for n in 0..100 {
        sign_up(&fresh, &user(&n.to_string())).await;
    }
    let all = (0..100).map(|n| {
        let bookings = servers[n % SERVERS].bookings.clone();
        let new = new(&n.to_string(), &n.to_string(), &offer);
        async move { bookings.create(new, NOW_MS).await.unwrap() }
    });
    let tally = tally(&join_all(all).await);
    let expected = [("SoldOutThatDay".to_owned(), 90), ("booked".to_owned(), 10)];
    assert_eq!(tally, BTreeMap::from(expected));
}

/// Four hundred parties of one to twenty on two servers, of which every third takes its places back: what is left is
/// the quota without those who hold a place, and so is what a night has left.
async fn parties_of_any_size_never_take_more_places_than_there_are(fresh: Fresh) {
    let offer = Offer {
        limits: BookingLimits {
            per_day: Some(90),
            ..BookingLimits::default()
        },
        ..places("a", 70)
    };
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    let other = fresh.of_another_server().await;
    for n in 0..400 {
        sign_up(&fresh, &user(&n.to_string())).await;
    }
    let all = (0..400).map(|n| {
        let bookings = if n % 2 == 0 { &fresh.db } else { &other }.bookings.clone();
        let new = NewBooking {
            party: PartySize::new(1 + n * 7 % 20).unwrap(),
            ..new(&n.to_string(), &n.to_string(), &offer)
        };
        async move {
            let created = bookings.create(new, NOW_MS).await.unwrap();
            let Created::Done(booking) = &created else {
                return (created, 0);
            };
            if n % 3 == 0 {
                let back = bookings.step(&booking.id, Step::Cancel, By::Holder, NOW_MS);
                assert!(matches!(back.await.unwrap(), Stepped::Done(_)));
                return (created, 0);
            }
            let people = booking.party.people();
            (created, people)
        }
    });
    let all = join_all(all).await;
    let tally = tally(all.iter().map(|(created, _)| created));
    println!("storm of parties: {tally:?}");
    let words: Vec<_> = tally.keys().map(String::as_str).collect();
    assert_eq!(words, ["SoldOut", "TooFewPlaces", "booked"], "{tally:?}");
    let held: i32 = all.iter().map(|(_, people)| people).sum();
    assert_eq!(remaining(&fresh, &offer).await, 70 - held);
    let Created::Done(first) = &all.iter().find(|(_, people)| *people > 0).unwrap().0 else {
        panic!("it holds places");
    };
    let nights = first.night..=first.night;
    let taken = fresh
        .db
        .bookings
        .taken_by_night(std::slice::from_ref(&offer.id), nights);
    let taken = taken.await.unwrap();
    assert_eq!(taken[&(offer.id.clone(), first.night)], i64::from(held));
}

/// The offers differ, so the user is all that these bookings have in common.
async fn of_many_bookings_of_one_user_as_many_as_allowed_are_open(fresh: Fresh) {
    const MORE: usize = 10;
    let allowed = usize::try_from(MAX_OPEN).unwrap();
    let offers: Vec<Offer> = (0..allowed + MORE)
        .map(|n| places(&n.to_string(), 5))
        .collect();
    fresh.fill(vec![family(offers.clone())]).await;
    let other = fresh.of_another_server().await;
    sign_up(&fresh, &user("ana")).await;
    let all = offers.iter().enumerate().map(|(n, offer)| {
        let bookings = if n % 2 == 0 { &fresh.db } else { &other }.bookings.clone();
        let new = new(&n.to_string(), "ana", offer);
        async move { bookings.create(new, NOW_MS).await.unwrap() }
    });
    let tally = tally(&join_all(all).await);
    let expected = [
        ("TooManyOpen".to_owned(), MORE),
        ("booked".to_owned(), allowed),
    ];
    assert_eq!(tally, BTreeMap::from(expected));
}

async fn of_many_retries_of_one_key_on_two_servers_one_books(fresh: Fresh) {
    let offer = places("a", 50);
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    let other = fresh.of_another_server().await;
    sign_up(&fresh, &user("ana")).await;
    let all = (0..40).map(|n| {
        let bookings = if n % 2 == 0 { &fresh.db } else { &other }.bookings.clone();
        let new = NewBooking {
            idempotency_key: Some("k".into()),
            ..new(&n.to_string(), "ana", &offer)
        };
        async move { bookings.create(new, NOW_MS).await.unwrap() }
    });
    let all = join_all(all).await;
    let expected = [("booked before".to_owned(), 39), ("booked".to_owned(), 1)];
    assert_eq!(tally(&all), BTreeMap::from(expected));
    let mut ids: Vec<_> = all
        .iter()
        .map(|created| match created {
            Created::Done(booking) | Created::Before(booking) => booking.id.clone(),
            Created::Refused(_) | Created::NoAccount => panic!("{created:?}"),
        })
        .collect();
    ids.dedup();
    assert_eq!(ids.len(), 1);
    assert_eq!(remaining(&fresh, &offer).await, 49);
}

async fn of_many_that_check_one_booking_in_one_does(fresh: Fresh) {
    let offer = places("a", 50);
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    let other = fresh.of_another_server().await;
    let booking = made(&fresh, new("1", "ana", &offer), NOW_MS).await;
    let all = (0..20).map(|n| {
        let bookings = if n % 2 == 0 { &fresh.db } else { &other }.bookings.clone();
        let id = booking.id.clone();
        async move {
            bookings
                .step(&id, Step::CheckIn, By::Staff(None), NOW_MS)
                .await
                .unwrap()
        }
    });
    let all = join_all(all).await;
    let done = all
        .iter()
        .filter(|stepped| matches!(stepped, Stepped::Done(_)));
    assert_eq!(done.count(), 1, "{all:?}");
}

async fn places_that_are_taken_and_given_back_at_once_add_up(fresh: Fresh) {
    let offer = places("a", 10);
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    let mut first = Vec::new();
    for n in 0..10 {
        first.push(
            made(
                &fresh,
                new(&format!("first {n}"), &n.to_string(), &offer),
                NOW_MS,
            )
            .await,
        );
    }
    let none_left = create(&fresh, new("none", "none", &offer), NOW_MS).await;
    assert_eq!(none_left, Created::Refused(BookingRefusal::SoldOut));
    let other = fresh.of_another_server().await;
    let cancels = first.iter().map(|booking| {
        let bookings = other.bookings.clone();
        async move {
            let cancel = bookings
                .step(&booking.id, Step::Cancel, By::Holder, NOW_MS)
                .await;
            assert!(matches!(cancel.unwrap(), Stepped::Done(_)));
        }
    });
    for n in 0..40 {
        sign_up(&fresh, &user(&format!("second {n}"))).await;
    }
    let creates = (0..40).map(|n| {
        let (bookings, name) = (fresh.db.bookings.clone(), format!("second {n}"));
        let new = new(&name, &name, &offer);
        async move { bookings.create(new, NOW_MS).await.unwrap() }
    });
    let (outcomes, _) = futures_util::join!(join_all(creates), join_all(cancels));
    let booked = outcomes
        .iter()
        .filter(|created| matches!(created, Created::Done(_)));
    let booked = i32::try_from(booked.count()).unwrap();
    assert!(booked <= 10);
    assert_eq!(remaining(&fresh, &offer).await, 10 - booked);
}
