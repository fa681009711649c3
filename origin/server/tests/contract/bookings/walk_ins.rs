//! People who come without a booking, and what a partner's nights add up to.

use domain::{
    Offer, WalkInId,
    bookings::figures::{Figures, by_local_hour},
    bookings::{
        party::PartySize,
        refusals::BookingRefusal,
        rules::NewBooking,
        walk_in::{NewWalkIn, WalkIn, WalkInUndone, WalkedIn},
    },
    night::Night,
    offers::store::Updated,
    tags,
};
use futures_util::future::join_all;

use super::{HOUR_MS, check_in, made, new, places, remaining, set_quota};
use crate::{
    backends::Fresh,
    runner::tests,
    samples::{NOW_MS, family},
};

tests! {
    who_walks_in_takes_places_until_none_is_left: [],
    walk_ins_at_once_take_no_place_twice: [Transactions],
    a_mistake_is_taken_back_once: [],
    mistakes_taken_back_at_once_give_places_once: [Transactions],
    an_edit_of_a_quota_counts_walk_ins: [],
    nights_add_up_by_offer_and_hour: [],
}

fn party(people: i32) -> PartySize {
    PartySize::new(people).unwrap()
}

async fn walk_in(fresh: &Fresh, name: &str, offer: &Offer, people: i32, now_ms: i64) -> WalkedIn {
    let new = NewWalkIn {
        id: WalkInId::derive("walk-in", name),
        offer: offer.id.clone(),
        party: party(people),
    };
    fresh.db.bookings.record_walk_in(new, now_ms).await.unwrap()
}

async fn who_walks_in_takes_places_until_none_is_left(fresh: Fresh) {
    let offer = places("a", 5);
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    let before = fresh.pending().await;
    let first = walk_in(&fresh, "1", &offer, 3, NOW_MS).await;
    let expected = WalkIn {
        id: WalkInId::derive("walk-in", "1"),
        offer: offer.id.clone(),
        partner: offer.partner_id.clone(),
        night: Night::of(NOW_MS).unwrap(),
        party: party(3),
        counted: true,
        at_ms: NOW_MS,
    };
    assert_eq!(first, WalkedIn::Done(Box::new(expected.clone())));
    assert_eq!(remaining(&fresh, &offer).await, 2);
    let rows = fresh.pending_after(&before).await;
    let purged = [tags::bookings_of(&offer.partner_id), tags::quota(&offer.id)];
    assert_eq!(rows[0].purge.tags, purged);
    let again = walk_in(&fresh, "1", &offer, 3, NOW_MS + 5).await;
    assert_eq!(again, WalkedIn::Before(Box::new(expected)));
    let other = walk_in(&fresh, "1", &offer, 2, NOW_MS + 5).await;
    assert_eq!(other, WalkedIn::Refused(BookingRefusal::KeyReused));
    let too_many = walk_in(&fresh, "2", &offer, 3, NOW_MS).await;
    assert_eq!(too_many, WalkedIn::Refused(BookingRefusal::TooFewPlaces));
    assert_eq!(remaining(&fresh, &offer).await, 2);
    assert!(matches!(
        walk_in(&fresh, "3", &offer, 2, NOW_MS).await,
        WalkedIn::Done(_)
    ));
    assert_eq!(remaining(&fresh, &offer).await, 0);
    let night = Night::of(NOW_MS).unwrap();
    let counts = fresh
        .db
        .bookings
        .walk_ins_of_night(&offer.partner_id, night)
        .await;
    let counts = counts.unwrap();
    assert_eq!((counts.len(), counts[0].people), (1, 5));
    let before = fresh
        .db
        .bookings
        .walk_ins_of_night(&offer.partner_id, night.previous());
    assert_eq!(before.await.unwrap(), []);
}

async fn walk_ins_at_once_take_no_place_twice(fresh: Fresh) {
    let offer = places("a", 5);
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    let names: Vec<String> = (0..8).map(|n| n.to_string()).collect();
    let coming = names
        .iter()
        .map(|name| walk_in(&fresh, name, &offer, 2, NOW_MS));
    let came = join_all(coming).await;
    let done = came
        .iter()
        .filter(|one| matches!(one, WalkedIn::Done(_)))
        .count();
    assert_eq!((done, remaining(&fresh, &offer).await), (2, 1));
}

async fn undo(fresh: &Fresh, name: &str, now_ms: i64) -> WalkInUndone {
    let id = WalkInId::derive("walk-in", name);
    fresh.db.bookings.undo_walk_in(&id, now_ms).await.unwrap()
}

async fn a_mistake_is_taken_back_once(fresh: Fresh) {
    let offer = places("a", 5);
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    walk_in(&fresh, "1", &offer, 3, NOW_MS).await;
    let too_late = undo(&fresh, "1", NOW_MS + 5 * 60_000).await;
    let refused = WalkInUndone::Refused(BookingRefusal::TooLateToUndo);
    assert_eq!((too_late, remaining(&fresh, &offer).await), (refused, 2));
    let id = WalkInId::derive("walk-in", "1");
    let stored = fresh.db.bookings.walk_in(&id).await.unwrap();
    assert_eq!(stored.unwrap().party, party(3));
    let before = fresh.pending().await;
    assert_eq!(
        undo(&fresh, "1", NOW_MS + 5 * 60_000 - 1).await,
        WalkInUndone::Done
    );
    assert_eq!(remaining(&fresh, &offer).await, 5);
    let rows = fresh.pending_after(&before).await;
    let purged = [tags::bookings_of(&offer.partner_id), tags::quota(&offer.id)];
    assert_eq!(rows[0].purge.tags, purged);
    assert_eq!(undo(&fresh, "1", NOW_MS).await, WalkInUndone::NotFound);
    let night = Night::of(NOW_MS).unwrap();
    let bookings = &fresh.db.bookings;
    let counts = bookings.walk_ins_of_night(&offer.partner_id, night).await;
    assert_eq!(counts.unwrap(), []);
}

async fn mistakes_taken_back_at_once_give_places_once(fresh: Fresh) {
    let offer = places("a", 9);
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    walk_in(&fresh, "1", &offer, 2, NOW_MS).await;
    walk_in(&fresh, "2", &offer, 2, NOW_MS).await;
    let undone = join_all((0..6).map(|_| undo(&fresh, "1", NOW_MS))).await;
    let done = undone.iter().filter(|one| **one == WalkInUndone::Done);
    assert_eq!((done.count(), remaining(&fresh, &offer).await), (1, 7));
}

async fn an_edit_of_a_quota_counts_walk_ins(fresh: Fresh) {
    let without = Offer {
        quota: None,
        ..places("a", 5)
    };
    fresh.fill(vec![family(vec![without.clone()])]).await;
    walk_in(&fresh, "1", &without, 3, NOW_MS).await;
    made(&fresh, new("1", "ana", &without), NOW_MS).await;
    assert_eq!(
        set_quota(&fresh, &without.id, Some(3)).await,
        Updated::BelowBooked(4)
    );
    set_quota(&fresh, &without.id, Some(9)).await;
    assert_eq!(remaining(&fresh, &without).await, 5);
}

async fn nights_add_up_by_offer_and_hour(fresh: Fresh) {
    let (one, other) = (places("a", 30), places("b", 30));
    fresh
        .fill(vec![family(vec![one.clone(), other.clone()])])
        .await;
    let of = |name: &str, who: &str, offer: &Offer, people| NewBooking {
        party: party(people),
        ..new(name, who, offer)
    };
    // 16:13 in Paris.
    let first = made(&fresh, of("1", "ana", &one, 4), NOW_MS).await;
    let second = made(&fresh, of("2", "bob", &one, 2), NOW_MS).await;
    made(&fresh, of("3", "eve", &other, 1), NOW_MS).await;
    // 16:43, and 02:43, which is still the same night.
    check_in(&fresh, &first.id, "sam", NOW_MS + HOUR_MS / 2).await;
    check_in(
        &fresh,
        &second.id,
        "sam",
        NOW_MS + 10 * HOUR_MS + HOUR_MS / 2,
    )
    .await;
    walk_in(&fresh, "1", &other, 3, NOW_MS + 10 * HOUR_MS).await;
    // 10:13: the next one.
    walk_in(&fresh, "2", &one, 1, NOW_MS + 18 * HOUR_MS).await;
    let tonight = Night::of(NOW_MS).unwrap();
    let nights = tonight..=tonight.next();
    let bookings = &fresh.db.bookings;
    let by_offer = bookings
        .figures_by_offer(&one.partner_id, nights.clone())
        .await;
    let by_offer: Vec<_> = by_offer
        .unwrap()
        .into_iter()
        .map(|of| (of.night, of.offer, of.figures))
        .collect();
    let figures = |bookings, check_ins, guests, walk_ins| Figures {
        bookings,
        check_ins,
        guests,
        walk_ins,
    };
    let mut expected = vec![
        (tonight, one.id.clone(), figures(2, 2, 6, 0)),
        (tonight, other.id.clone(), figures(1, 0, 0, 3)),
        (tonight.next(), one.id.clone(), figures(0, 0, 0, 1)),
    ];
    expected.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    assert_eq!(by_offer, expected);
    let hours = bookings
        .figures_by_hour(&one.partner_id, nights.clone())
        .await;
    let hours = by_local_hour(&hours.unwrap());
    let came: Vec<_> = hours
        .into_iter()
        .filter(|(_, figures)| *figures != Figures::default())
        .collect();
    let expected = [
        (10, figures(0, 0, 0, 1)),
        (16, figures(0, 1, 4, 0)),
        (2, figures(0, 1, 2, 3)),
    ];
    assert_eq!(came, expected);
    let days = bookings.days_of_partner(&one.partner_id, tonight.day()..=tonight.day());
    let days = days.await.unwrap();
    let of_day: Vec<_> = days
        .iter()
        .map(|day| {
            (
                day.day.as_str(),
                day.bookings,
                day.check_ins,
                day.guests,
                day.walk_ins,
            )
        })
        .collect();
    assert_eq!(of_day, [("2026-09-21", 3, 2, 6, 3)]);
    let none = bookings.figures_by_offer(&one.partner_id, tonight.previous()..=tonight.previous());
    assert_eq!(none.await.unwrap(), []);
}
