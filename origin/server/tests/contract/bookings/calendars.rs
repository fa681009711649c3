//! Bookings by time, how often each was changed, and the feed that a calendar reads.

use domain::{
    Offer, OfferSchedule,
    bookings::{
        booking::{Booking, BookingStatus, Step},
        calendar_feed::FeedSecret,
        rules::NewBooking,
        store::{By, Stepped, TimedCursor, TimedQuery, When},
    },
    night::Night,
    users::{account::Status, change::AccountChange},
};

use super::{HOUR_MS, made, new, places, stored, user};
use crate::{
    backends::Fresh,
    runner::tests,
    samples::{DAY_MS, NOW_MS, family},
    users::sign_up,
};

tests! {
    bookings_are_listed_by_time_in_pages_that_neither_lose_nor_repeat_any: [],
    a_calendar_shows_what_begins_since_a_moment: [],
    each_change_of_a_booking_counts: [],
    a_calendar_feed_ends_when_it_is_replaced_or_revoked: [],
    a_calendar_feed_ends_with_the_credentials_and_the_account: [],
}

/// Open every evening, without limits.
fn evenings(name: &str) -> Offer {
    Offer {
        valid_from_ms: NOW_MS - DAY_MS,
        valid_until_ms: NOW_MS + 90 * DAY_MS,
        quota: None,
        schedule: Some(OfferSchedule {
            weekdays: (1..=7).collect(),
            from: "20:00".into(),
            to: "23:00".into(),
        }),
        ..places(name, 0)
    }
}

/// One booking on each of these evenings from today on, each of an offer of its own.
async fn booked(fresh: &Fresh, by: &str, evenings: &[(Offer, usize)]) -> Vec<Booking> {
    let mut bookings = Vec::new();
    for (offer, ahead) in evenings {
        let mut night = Night::of(NOW_MS).unwrap();
        for _ in 0..*ahead {
            night = night.next();
        }
        let asked = NewBooking {
            opening_ms: Some(night.begins_ms() + 14 * HOUR_MS),
            ..new(&format!("{by} {}", offer.id), by, offer)
        };
        bookings.push(made(fresh, asked, NOW_MS).await);
    }
    bookings
}

async fn step(fresh: &Fresh, booking: &Booking, step: Step) -> Booking {
    let at_ms = if step == Step::CheckIn {
        booking.from_ms
    } else {
        NOW_MS
    };
    let stepped = fresh
        .db
        .bookings
        .step(&booking.id, step, By::Staff(None), at_ms);
    match stepped.await.unwrap() {
        Stepped::Done(booking) => *booking,
        other => panic!("{other:?}"),
    }
}

/// All of them, by pages of two.
async fn all(fresh: &Fresh, when: When, status: Option<BookingStatus>) -> Vec<Booking> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let query = TimedQuery {
            user: user("ana"),
            when,
            status,
            first: 2,
            after,
        };
        let page = fresh.db.bookings.by_time(&query).await.unwrap();
        assert!(page.items.len() <= 2);
        after = page.items.last().map(TimedCursor::of);
        found.extend(page.items);
        if !page.has_next_page {
            return found;
        }
    }
}

async fn bookings_are_listed_by_time_in_pages_that_neither_lose_nor_repeat_any(fresh: Fresh) {
    let offers: Vec<Offer> = (0..9).map(|n| evenings(&n.to_string())).collect();
    fresh.fill(vec![family(offers.clone())]).await;
    // Not in the order in which they are made; three of one evening.
    let ahead = [5, 1, 3, 3, 3, 7, 2, 4, 6];
    let evenings: Vec<_> = offers.iter().cloned().zip(ahead).collect();
    let mut bookings = booked(&fresh, "ana", &evenings).await;
    booked(&fresh, "bob", &evenings[..1]).await;
    for (at, to) in [(0, Step::Cancel), (2, Step::CheckIn), (5, Step::Cancel)] {
        bookings[at] = step(&fresh, &bookings[at], to).await;
    }
    let sorted = |is_open: bool, status: Option<BookingStatus>| {
        let mut these: Vec<Booking> = bookings
            .iter()
            .filter(|one| one.status.is_open() == is_open)
            .filter(|one| status.is_none_or(|status| one.status == status))
            .cloned()
            .collect();
        these.sort_by_key(|one| (one.from_ms, one.id.clone()));
        if !is_open {
            these.reverse();
        }
        these
    };
    assert_eq!(all(&fresh, When::Upcoming, None).await, sorted(true, None));
    assert_eq!(all(&fresh, When::Past, None).await, sorted(false, None));
    for (when, status) in [
        (When::Upcoming, BookingStatus::Confirmed),
        (When::Past, BookingStatus::Cancelled),
        (When::Past, BookingStatus::CheckedIn),
    ] {
        let expected = sorted(status.is_open(), Some(status));
        assert_eq!(all(&fresh, when, Some(status)).await, expected);
        assert!(!expected.is_empty());
    }
    let none = all(&fresh, When::Upcoming, Some(BookingStatus::Cancelled)).await;
    assert_eq!(none, []);
}

async fn a_calendar_shows_what_begins_since_a_moment(fresh: Fresh) {
    let offers: Vec<Offer> = (0..4).map(|n| evenings(&n.to_string())).collect();
    fresh.fill(vec![family(offers.clone())]).await;
    let evenings: Vec<_> = offers.into_iter().zip([3, 1, 4, 2]).collect();
    let mut bookings = booked(&fresh, "ana", &evenings).await;
    bookings[2] = step(&fresh, &bookings[2], Step::Cancel).await;
    bookings.sort_by_key(|one| std::cmp::Reverse(one.from_ms));
    let ana = user("ana");
    let since = async |since_ms: i64, most: usize| {
        let found = fresh.db.bookings.beginning_since(&ana, since_ms, most);
        found.await.unwrap()
    };
    assert_eq!(since(0, 9).await, bookings);
    // The moment itself is in.
    assert_eq!(since(bookings[2].from_ms, 9).await, bookings[..3]);
    assert_eq!(since(bookings[2].from_ms + 1, 9).await, bookings[..2]);
    assert_eq!(since(0, 1).await, bookings[..1]);
}

async fn each_change_of_a_booking_counts(fresh: Fresh) {
    let offer = Offer {
        admission: domain::Admission {
            requires_approval: true,
            ..domain::Admission::default()
        },
        ..evenings("a")
    };
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    let [booking] = booked(&fresh, "ana", &[(offer, 2)])
        .await
        .try_into()
        .unwrap();
    let changes = async || stored(&fresh, &booking.id).await.unwrap().changes;
    assert_eq!(changes().await, 0);
    for (to, expected) in [(Step::Confirm, 1), (Step::Cancel, 2)] {
        assert_eq!(step(&fresh, &booking, to).await.changes, expected);
        assert_eq!(changes().await, expected);
    }
    // It is cancelled already: nothing changes.
    let again = fresh
        .db
        .bookings
        .step(&booking.id, Step::Cancel, By::Staff(None), NOW_MS);
    assert!(matches!(again.await.unwrap(), Stepped::Before(_)));
    assert_eq!(changes().await, 2);
}

async fn a_calendar_feed_ends_when_it_is_replaced_or_revoked(fresh: Fresh) {
    let (ana, ben) = (user("ana"), user("ben"));
    for one in [&ana, &ben] {
        sign_up(&fresh, one).await;
    }
    let bookings = &fresh.db.bookings;
    let hash = |byte| FeedSecret::new([byte; 32]).hash();
    let of = async |byte| bookings.user_of_feed(&hash(byte)).await.unwrap();
    assert_eq!(bookings.feed_since(&ana).await.unwrap(), None);
    assert!(!bookings.revoke_feed(&ana).await.unwrap());
    assert!(bookings.put_feed(&ana, &hash(1), NOW_MS).await.unwrap());
    assert!(bookings.put_feed(&ben, &hash(2), NOW_MS).await.unwrap());
    assert_eq!(
        (of(1).await, of(2).await),
        (Some(ana.clone()), Some(ben.clone()))
    );
    assert_eq!(bookings.feed_since(&ana).await.unwrap(), Some(NOW_MS));
    assert!(bookings.put_feed(&ana, &hash(3), NOW_MS + 1).await.unwrap());
    assert_eq!((of(1).await, of(3).await), (None, Some(ana.clone())));
    assert_eq!(bookings.feed_since(&ana).await.unwrap(), Some(NOW_MS + 1));
    assert!(bookings.revoke_feed(&ana).await.unwrap());
    assert!(!bookings.revoke_feed(&ana).await.unwrap());
    assert_eq!((of(3).await, of(2).await), (None, Some(ben)));
    assert_eq!(bookings.feed_since(&ana).await.unwrap(), None);
}

async fn a_calendar_feed_ends_with_the_credentials_and_the_account(fresh: Fresh) {
    let (ana, gone) = (user("ana"), user("gone"));
    sign_up(&fresh, &ana).await;
    let bookings = &fresh.db.bookings;
    let hash = |byte| FeedSecret::new([byte; 32]).hash();
    let of = async |byte| bookings.user_of_feed(&hash(byte)).await.unwrap();
    assert!(!bookings.put_feed(&gone, &hash(9), NOW_MS).await.unwrap());
    assert!(bookings.put_feed(&ana, &hash(1), NOW_MS).await.unwrap());
    // A change of something else leaves it.
    let change = async |status| {
        let change = AccountChange::Status(status);
        fresh.db.users.change(&ana, change, NOW_MS).await.unwrap();
    };
    change(Status::Active).await;
    assert_eq!(of(1).await, Some(ana.clone()));
    change(Status::Disabled).await;
    assert_eq!(of(1).await, None);
    assert!(!bookings.put_feed(&ana, &hash(2), NOW_MS).await.unwrap());
    // It does not come back with the account.
    change(Status::Active).await;
    assert_eq!(of(1).await, None);
    assert_eq!(bookings.feed_since(&ana).await.unwrap(), None);
    assert!(!bookings.revoke_feed(&ana).await.unwrap());
    assert!(bookings.put_feed(&ana, &hash(2), NOW_MS).await.unwrap());
    fresh
        .db
        .users
        .erase(&ana, "pseudonym", NOW_MS)
        .await
        .unwrap();
    assert_eq!(of(2).await, None);
}
