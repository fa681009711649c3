//! Bookings: made within their quotas, moved on once, found again, and forgotten.

mod calendars;
mod nights;
mod racing;
mod telling;
mod venue;
mod walk_ins;

use domain::{
    BookingId, BookingLimits, Offer, OfferId, Quota, UserId,
    bookings::{
        booking::{Booking, BookingStatus, Step, night_of},
        party::PartySize,
        refusals::BookingRefusal,
        rules::{MADE_WITHIN_MS, MAX_MADE, NewBooking},
        store::{BookingCursor, BookingQuery, By, Created, Stepped},
    },
    offers::{
        edit::{Edit, OfferEdit, QuotaEdit},
        store::{Author, Updated},
    },
    paris::Day,
    purges::OutboxRow,
    tags,
    users::store::{Created as AccountCreated, Erased},
};

use crate::{
    backends::Fresh,
    runner::{Test, tests},
    samples::{DAY_MS, NOW_MS, family, offer},
    users::{account, sign_up},
};

tests! {
    a_booking_takes_a_place_and_is_found_as_it_was_made: [],
    what_cannot_be_booked_is_refused_and_writes_nothing: [],
    a_user_has_one_open_booking_of_an_offer: [],
    the_same_key_gives_the_same_booking_and_never_another_offers: [],
    a_step_is_done_once_and_a_cancelled_booking_gives_its_place_back: [],
    the_last_place_purges_the_offer_and_so_does_its_return: [],
    bookings_are_listed_newest_first_by_pages_and_status: [],
    limits_by_day_and_by_user_are_kept: [],
    what_is_due_is_found_the_longest_due_first: [],
    a_partners_days_count_bookings_and_check_ins: [],
    one_server_at_a_time_has_the_lease: [],
    an_erased_account_leaves_bookings_that_lead_to_nobody: [],
    an_edit_of_a_quota_keeps_what_is_booked: [],
    a_quota_counts_bookings_from_before_it: [],
    a_user_makes_so_many_bookings_a_day: [],
}

pub(crate) use telling::in_two_days;

pub(crate) const CALENDARS: &[Test] = calendars::TESTS;
pub(crate) const NIGHTS: &[Test] = nights::TESTS;
pub(crate) const RACES: &[Test] = racing::TESTS;
pub(crate) const TELLING: &[Test] = telling::TESTS;
pub(crate) const VENUE: &[Test] = venue::TESTS;
pub(crate) const WALK_INS: &[Test] = walk_ins::TESTS;

const HOUR_MS: i64 = 3_600_000;

/// So many places, of which all are left; open at any time.
pub(crate) fn places(name: &str, total: i32) -> Offer {
    Offer {
        quota: Some(Quota {
            total,
            remaining: total,
        }),
        schedule: None,
        ..offer(name)
    }
}

fn user(name: &str) -> UserId {
    UserId::derive("user", name)
}

pub(crate) fn new(name: &str, by: &str, offer: &Offer) -> NewBooking {
    NewBooking {
        id: BookingId::derive("booking", name),
        user: user(by),
        offer: offer.id.clone(),
        idempotency_key: None,
        terms: None,
        opening_ms: None,
        party: PartySize::ONE,
    }
}

async fn create(fresh: &Fresh, new: NewBooking, now_ms: i64) -> Created {
    sign_up(fresh, &new.user).await;
    fresh.db.bookings.create(new, now_ms).await.unwrap()
}

async fn made(fresh: &Fresh, new: NewBooking, now_ms: i64) -> Booking {
    match create(fresh, new, now_ms).await {
        Created::Done(booking) => *booking,
        other => panic!("{other:?}"),
    }
}

async fn step(fresh: &Fresh, id: &BookingId, step: Step, now_ms: i64) -> Stepped {
    let stepped = fresh.db.bookings.step(id, step, By::Holder, now_ms);
    stepped.await.unwrap()
}

async fn check_in(fresh: &Fresh, id: &BookingId, scanner: &str, now_ms: i64) -> Stepped {
    let scanner = user(scanner);
    sign_up(fresh, &scanner).await;
    let by = By::Staff(Some(scanner));
    let stepped = fresh.db.bookings.step(id, Step::CheckIn, by, now_ms);
    stepped.await.unwrap()
}

async fn stored(fresh: &Fresh, id: &BookingId) -> Option<Booking> {
    let found = fresh.db.bookings.by_ids(std::slice::from_ref(id)).await;
    found.unwrap().remove(id)
}

pub(crate) async fn remaining(fresh: &Fresh, offer: &Offer) -> i32 {
    let found = fresh.db.offers.remaining(std::slice::from_ref(&offer.id));
    found.await.unwrap()[&offer.id]
}

async fn a_booking_takes_a_place_and_is_found_as_it_was_made(fresh: Fresh) {
    let offer = places("a", 3);
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    let before = fresh.pending().await;
    let asked = NewBooking {
        idempotency_key: Some("k:1".into()),
        ..new("1", "ana", &offer)
    };
    let booking = made(&fresh, asked, NOW_MS).await;
    assert_eq!(stored(&fresh, &booking.id).await, Some(booking.clone()));
    assert_eq!(booking.user, Some(user("ana")));
    assert_eq!(booking.partner, offer.partner_id);
    assert_eq!(booking.idempotency_key.as_deref(), Some("k:1"));
    assert_eq!(booking.status, BookingStatus::Confirmed);
    assert!(booking.counted);
    assert_eq!(remaining(&fresh, &offer).await, 2);
    let rows = fresh.pending_after(&before).await;
    let purged: Vec<_> = rows.iter().flat_map(|row| row.purge.tags.clone()).collect();
    let expected = [
        tags::booking(&booking.id),
        tags::bookings_of(&offer.partner_id),
        tags::quota(&offer.id),
    ];
    assert_eq!(purged, expected);
    // The purge does not name the booking's holder.
    let said = format!("{:?}", rows[0].purge);
    assert!(!said.contains(user("ana").as_str()), "{said}");
}

async fn what_cannot_be_booked_is_refused_and_writes_nothing(fresh: Fresh) {
    let (none_left, off) = (
        places("none", 0),
        Offer {
            is_active: false,
            ..places("off", 3)
        },
    );
    let unknown = places("unknown", 3);
    fresh
        .fill(vec![family(vec![none_left.clone(), off.clone()])])
        .await;
    let before = fresh.pending().await;
    for (offer, refusal) in [
        (&none_left, BookingRefusal::SoldOut),
        (&off, BookingRefusal::NotBookable),
        (&unknown, BookingRefusal::OfferNotFound),
    ] {
        let refused = create(&fresh, new("1", "ana", offer), NOW_MS).await;
        assert_eq!(refused, Created::Refused(refusal));
    }
    assert_eq!(fresh.pending_after(&before).await, []);
    let id = BookingId::derive("booking", "1");
    assert_eq!(stored(&fresh, &id).await, None);
    let nothing = step(&fresh, &id, Step::Cancel, NOW_MS).await;
    assert_eq!(nothing, Stepped::Refused(BookingRefusal::NotFound));
}

async fn a_user_has_one_open_booking_of_an_offer(fresh: Fresh) {
    let (one, other) = (places("a", 3), places("b", 3));
    fresh
        .fill(vec![family(vec![one.clone(), other.clone()])])
        .await;
    let first = made(&fresh, new("1", "ana", &one), NOW_MS).await;
    let again = create(&fresh, new("2", "ana", &one), NOW_MS + 1).await;
    assert_eq!(again, Created::Refused(BookingRefusal::AlreadyBooked));
    assert_eq!(remaining(&fresh, &one).await, 2);
    made(&fresh, new("3", "ana", &other), NOW_MS).await;
    made(&fresh, new("4", "bob", &one), NOW_MS).await;
    step(&fresh, &first.id, Step::CheckIn, NOW_MS + 2).await;
    made(&fresh, new("5", "ana", &one), NOW_MS + 3).await;
    assert_eq!(remaining(&fresh, &one).await, 0);
}

async fn the_same_key_gives_the_same_booking_and_never_another_offers(fresh: Fresh) {
    let (one, other) = (places("a", 3), places("b", 3));
    fresh
        .fill(vec![family(vec![one.clone(), other.clone()])])
        .await;
    let keyed = |name: &str, by: &str, offer: &Offer| NewBooking {
        idempotency_key: Some("k".into()),
        ..new(name, by, offer)
    };
    let first = made(&fresh, keyed("1", "ana", &one), NOW_MS).await;
    let before = fresh.pending().await;
    let again = create(&fresh, keyed("2", "ana", &one), NOW_MS + 5).await;
    assert_eq!(again, Created::Before(Box::new(first.clone())));
    let elsewhere = create(&fresh, keyed("3", "ana", &other), NOW_MS).await;
    assert_eq!(elsewhere, Created::Refused(BookingRefusal::KeyReused));
    assert_eq!(fresh.pending_after(&before).await, []);
    assert_eq!(remaining(&fresh, &one).await, 2);
    // Keys are each user's own.
    made(&fresh, keyed("4", "bob", &one), NOW_MS).await;
    // Also when it is over: the key's booking is the one that was made.
    step(&fresh, &first.id, Step::Cancel, NOW_MS + 6).await;
    let again = create(&fresh, keyed("5", "ana", &one), NOW_MS + 7).await;
    let cancelled = stored(&fresh, &first.id).await.unwrap();
    assert_eq!(cancelled.status, BookingStatus::Cancelled);
    assert_eq!(again, Created::Before(Box::new(cancelled)));
}

async fn limits_by_day_and_by_user_are_kept(fresh: Fresh) {
    let limited = |name: &str, per_day, per_user| Offer {
        quota: None,
        schedule: None,
        limits: BookingLimits {
            per_day,
            per_user,
            party: None,
        },
        ..offer(name)
    };
    let (by_day, by_user) = (limited("d", Some(2), None), limited("u", None, Some(2)));
    let all = vec![by_day.clone(), by_user.clone()];
    fresh.fill(vec![family(all)]).await;
    let one = made(&fresh, new("1", "ana", &by_day), NOW_MS).await;
    made(&fresh, new("2", "bob", &by_day), NOW_MS).await;
    let third = create(&fresh, new("3", "eve", &by_day), NOW_MS).await;
    assert_eq!(third, Created::Refused(BookingRefusal::SoldOutThatDay));
    // Another day counts anew, and so does a place that was given back.
    made(&fresh, new("4", "eve", &by_day), NOW_MS + DAY_MS).await;
    step(&fresh, &one.id, Step::Cancel, NOW_MS).await;
    made(&fresh, new("5", "zoe", &by_day), NOW_MS).await;
    for name in ["6", "7"] {
        let booking = made(&fresh, new(name, "ana", &by_user), NOW_MS).await;
        step(&fresh, &booking.id, Step::CheckIn, NOW_MS).await;
    }
    let third = create(&fresh, new("8", "ana", &by_user), NOW_MS).await;
    assert_eq!(third, Created::Refused(BookingRefusal::UserLimit));
    made(&fresh, new("9", "bob", &by_user), NOW_MS).await;
}

async fn a_step_is_done_once_and_a_cancelled_booking_gives_its_place_back(fresh: Fresh) {
    let offer = places("a", 3);
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    let one = made(&fresh, new("1", "ana", &offer), NOW_MS).await;
    let two = made(&fresh, new("2", "bob", &offer), NOW_MS).await;
    assert_eq!(remaining(&fresh, &offer).await, 1);
    let cancelled = Booking {
        status: BookingStatus::Cancelled,
        changed_at_ms: NOW_MS + 9,
        changes: 1,
        ..one.clone()
    };
    let done = step(&fresh, &one.id, Step::Cancel, NOW_MS + 9).await;
    assert_eq!(done, Stepped::Done(Box::new(cancelled.clone())));
    assert_eq!(stored(&fresh, &one.id).await, Some(cancelled.clone()));
    let checked_in = Booking {
        status: BookingStatus::CheckedIn,
        changed_at_ms: NOW_MS + 9,
        changes: 1,
        checked_in_at_ms: Some(NOW_MS + 9),
        checked_in_by: Some(user("sam")),
        ..two.clone()
    };
    let done = check_in(&fresh, &two.id, "sam", NOW_MS + 9).await;
    assert_eq!(done, Stepped::Done(Box::new(checked_in.clone())));
    assert_eq!(stored(&fresh, &two.id).await, Some(checked_in.clone()));
    let before = fresh.pending().await;
    let refused = |status| Stepped::Refused(BookingRefusal::WrongStatus(status));
    for (answer, expected) in [
        // F3. A lost answer repeated is the same answer, and nothing is written.
        (
            step(&fresh, &one.id, Step::Cancel, NOW_MS + 10).await,
            Stepped::Before(Box::new(cancelled)),
        ),
        (
            check_in(&fresh, &two.id, "sam", NOW_MS + 10).await,
            Stepped::Before(Box::new(checked_in)),
        ),
        (
            check_in(&fresh, &two.id, "tom", NOW_MS + 10).await,
            refused(BookingStatus::CheckedIn),
        ),
        (
            check_in(&fresh, &two.id, "sam", NOW_MS + 9 + 10_000).await,
            refused(BookingStatus::CheckedIn),
        ),
        (
            check_in(&fresh, &one.id, "sam", NOW_MS + 10).await,
            refused(BookingStatus::Cancelled),
        ),
        (
            step(&fresh, &two.id, Step::Cancel, NOW_MS + 10).await,
            refused(BookingStatus::CheckedIn),
        ),
    ] {
        assert_eq!(answer, expected);
    }
    assert_eq!(fresh.pending_after(&before).await, []);
    assert_eq!(remaining(&fresh, &offer).await, 2);
}

async fn the_last_place_purges_the_offer_and_so_does_its_return(fresh: Fresh) {
    let offer = places("a", 1);
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    let before = fresh.pending().await;
    let booking = made(&fresh, new("1", "ana", &offer), NOW_MS).await;
    let taken = fresh.pending().await;
    step(&fresh, &booking.id, Step::Cancel, NOW_MS).await;
    let expected = [
        tags::booking(&booking.id),
        tags::bookings_of(&offer.partner_id),
        tags::offer(&offer.id),
        tags::partner(&offer.partner_id),
        tags::quota(&offer.id),
    ];
    let first = fresh.pending_after(&before).await;
    assert_eq!(first[0].purge.tags, expected);
    let back = fresh.pending_after(&taken).await;
    assert_eq!(back[0].purge.tags, expected);
}

async fn bookings_are_listed_newest_first_by_pages_and_status(fresh: Fresh) {
    let offers: Vec<Offer> = (0..5).map(|n| places(&n.to_string(), 9)).collect();
    fresh.fill(vec![family(offers.clone())]).await;
    let mut expected = Vec::new();
    // Two of one moment: their ids decide.
    for (n, offer) in offers.iter().enumerate() {
        let at_ms = NOW_MS + i64::try_from(n / 2).unwrap();
        expected.push(made(&fresh, new(&n.to_string(), "ana", offer), at_ms).await);
    }
    made(&fresh, new("x", "bob", &offers[0]), NOW_MS).await;
    expected.sort_by(|a, b| (b.created_at_ms, &b.id).cmp(&(a.created_at_ms, &a.id)));
    let mut query = BookingQuery {
        user: user("ana"),
        status: None,
        first: 2,
        after: None,
    };
    let mut listed = Vec::new();
    loop {
        let page = fresh.db.bookings.list(&query).await.unwrap();
        listed.extend(page.items);
        assert_eq!(page.has_next_page, listed.len() < 5);
        if !page.has_next_page {
            break;
        }
        let cursor = BookingCursor::of(listed.last().unwrap());
        query.after = BookingCursor::decode(&cursor.encode());
    }
    assert_eq!(listed, expected);
    step(&fresh, &expected[1].id, Step::CheckIn, NOW_MS + 9).await;
    query = BookingQuery {
        status: Some(BookingStatus::CheckedIn),
        after: None,
        ..query
    };
    let page = fresh.db.bookings.list(&query).await.unwrap();
    let ids: Vec<_> = page.items.iter().map(|item| &item.id).collect();
    assert_eq!(ids, [&expected[1].id]);
}

async fn what_is_due_is_found_the_longest_due_first(fresh: Fresh) {
    let offer = places("a", 9);
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    let late = made(&fresh, new("1", "ana", &offer), NOW_MS + HOUR_MS).await;
    let early = made(&fresh, new("2", "bob", &offer), NOW_MS).await;
    let gone = made(&fresh, new("3", "eve", &offer), NOW_MS).await;
    step(&fresh, &gone.id, Step::Cancel, NOW_MS).await;
    // A day, and two hours for check-ins that were scanned without a network.
    let due = async |now_ms| {
        let due = fresh.db.bookings.due(now_ms, 9).await.unwrap();
        due.into_iter().map(|due| due.id).collect::<Vec<_>>()
    };
    let first_ms = NOW_MS + DAY_MS + 2 * HOUR_MS;
    assert_eq!(due(first_ms - 1).await, []);
    assert_eq!(due(first_ms).await, std::slice::from_ref(&early.id));
    assert_eq!(due(first_ms + HOUR_MS).await, [early.id.clone(), late.id]);
    let early_on = step(&fresh, &early.id, Step::Miss, first_ms - 1).await;
    assert_eq!(early_on, Stepped::Refused(BookingRefusal::TooEarly));
    step(&fresh, &early.id, Step::Miss, first_ms).await;
    assert_eq!(due(first_ms).await, []);
    let ended = stored(&fresh, &early.id).await.unwrap();
    assert_eq!(ended.status, BookingStatus::NoShow);
    // Who did not come keeps the place.
    assert_eq!(remaining(&fresh, &offer).await, 7);
}

async fn a_partners_days_count_bookings_and_check_ins(fresh: Fresh) {
    let offer = places("a", 9);
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    let one = made(&fresh, new("1", "ana", &offer), NOW_MS).await;
    made(&fresh, new("2", "bob", &offer), NOW_MS).await;
    made(&fresh, new("3", "eve", &offer), NOW_MS + DAY_MS).await;
    step(&fresh, &one.id, Step::CheckIn, NOW_MS + DAY_MS).await;
    let (first, second) = (night_of(NOW_MS), night_of(NOW_MS + DAY_MS));
    let counts = async |days: std::ops::RangeInclusive<&str>| {
        let day = |text: &str| Day::parse(text).unwrap();
        let days = day(days.start())..=day(days.end());
        let found = fresh.db.bookings.days_of_partner(&offer.partner_id, days);
        let found = found.await.unwrap().into_iter();
        found
            .map(|day| (day.day, day.bookings, day.check_ins))
            .collect::<Vec<_>>()
    };
    let both = [(first.clone(), 2, 0), (second.clone(), 1, 1)];
    assert_eq!(counts("2020-01-01"..="2090-01-01").await, both);
    assert_eq!(counts(&second..=&second).await, both[1..]);
    assert_eq!(counts("2020-01-01"..="2020-02-01").await, []);
}

async fn one_server_at_a_time_has_the_lease(fresh: Fresh) {
    let take = async |holder: &str, until_ms: i64, now_ms: i64| {
        let taken = fresh.db.bookings.take_lease(holder, until_ms, now_ms);
        taken.await.unwrap()
    };
    assert!(take("a", 10, 0).await);
    assert!(!take("b", 15, 5).await);
    assert!(take("a", 20, 9).await);
    assert!(!take("b", 25, 19).await);
    // It was not renewed in time: the next one has it.
    assert!(take("b", 30, 20).await);
    assert!(!take("a", 40, 21).await);
    fresh.db.bookings.give_lease_back("a").await.unwrap();
    assert!(!take("a", 40, 21).await);
    fresh.db.bookings.give_lease_back("b").await.unwrap();
    assert!(take("a", 40, 21).await);
}

async fn an_erased_account_leaves_bookings_that_lead_to_nobody(fresh: Fresh) {
    let (one, other) = (places("a", 1), places("b", 9));
    fresh
        .fill(vec![family(vec![one.clone(), other.clone()])])
        .await;
    let ana = account("ana");
    let created = fresh
        .db
        .users
        .create(ana.clone(), vec![], None)
        .await
        .unwrap();
    assert_eq!(created, AccountCreated::Done);
    let asked = NewBooking {
        idempotency_key: Some("k".into()),
        ..new("1", "ana", &one)
    };
    let open = made(&fresh, asked, NOW_MS).await;
    let used = made(&fresh, new("2", "ana", &other), NOW_MS).await;
    // She scans her own code, as staff may: nothing leads to her as a scanner either.
    check_in(&fresh, &used.id, "ana", NOW_MS).await;
    let before = fresh.pending().await;
    // Long after anybody could cancel it.
    let now_ms = NOW_MS + 20 * HOUR_MS;
    let erased = fresh.db.users.erase(&ana.id, "pseudonym", now_ms).await;
    assert_eq!(erased.unwrap(), Erased::Done);
    let open = stored(&fresh, &open.id).await.unwrap();
    assert_eq!((open.user, open.idempotency_key), (None, None));
    assert_eq!(open.status, BookingStatus::Cancelled);
    let used = stored(&fresh, &used.id).await.unwrap();
    assert_eq!((used.user, used.checked_in_by), (None, None));
    assert_eq!(used.status, BookingStatus::CheckedIn);
    let all = BookingQuery {
        user: ana.id.clone(),
        status: None,
        first: 9,
        after: None,
    };
    let left = fresh.db.bookings.list(&all).await.unwrap();
    assert_eq!(left.items, []);
    assert_eq!(remaining(&fresh, &one).await, 1);
    assert_eq!(remaining(&fresh, &other).await, 8);
    let rows = fresh.pending_after(&before).await;
    // Her profile is dropped from the caches; nothing of the bookings leads to her.
    let profile = [domain::tags::user(&ana.id)];
    let of_bookings = rows.iter().filter(|row| row.purge.tags != profile);
    let of_bookings: Vec<_> = of_bookings.collect();
    let offer = domain::tags::offer(&one.id);
    let purges_it = |row: &&&OutboxRow| row.purge.tags.contains(&offer);
    assert_eq!(of_bookings.iter().filter(purges_it).count(), 1, "{rows:?}");
    assert!(!format!("{of_bookings:?}").contains(ana.id.as_str()));
    // The place is free for others, of whom there is one at most.
    made(&fresh, new("3", "bob", &one), now_ms).await;
    let late = create(&fresh, new("4", "eve", &one), now_ms).await;
    assert_eq!(late, Created::Refused(BookingRefusal::SoldOut));
}

async fn set_quota(fresh: &Fresh, id: &OfferId, total: Option<i32>) -> Updated {
    let edit = OfferEdit {
        quota: Edit::Set(total.map(|total| QuotaEdit { total: Some(total) })),
        ..OfferEdit::default()
    };
    let author = Author {
        actor: "test".into(),
        action: "edit",
    };
    let updated = fresh.db.offers.update(id.clone(), edit, author, NOW_MS);
    updated.await.unwrap()
}

/// F1.
async fn an_edit_of_a_quota_keeps_what_is_booked(fresh: Fresh) {
    let offer = places("a", 10);
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    made(&fresh, new("1", "ana", &offer), NOW_MS).await;
    let second = made(&fresh, new("2", "bob", &offer), NOW_MS).await;
    for (total, left) in [(20, 18), (5, 3), (2, 0)] {
        let before = fresh.pending().await;
        let updated = set_quota(&fresh, &offer.id, Some(total)).await;
        assert!(matches!(updated, Updated::Done(..)), "{updated:?}");
        assert_eq!(remaining(&fresh, &offer).await, left);
        let purged = fresh.pending_after(&before).await;
        let tags = &purged[0].purge.tags;
        assert!(tags.contains(&tags::quota(&offer.id)), "{tags:?}");
    }
    let refused = set_quota(&fresh, &offer.id, Some(1)).await;
    assert_eq!(refused, Updated::BelowBooked(2));
    let third = create(&fresh, new("3", "eve", &offer), NOW_MS).await;
    assert_eq!(third, Created::Refused(BookingRefusal::SoldOut));
    step(&fresh, &second.id, Step::Cancel, NOW_MS).await;
    assert_eq!(remaining(&fresh, &offer).await, 1);
}

/// F1: neither a quota that is lifted and set again nor one that is set late forgets a booking.
async fn a_quota_counts_bookings_from_before_it(fresh: Fresh) {
    let offer = places("a", 3);
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    made(&fresh, new("1", "ana", &offer), NOW_MS).await;
    set_quota(&fresh, &offer.id, None).await;
    let uncounted = made(&fresh, new("2", "bob", &offer), NOW_MS).await;
    assert!(!uncounted.counted);
    let refused = set_quota(&fresh, &offer.id, Some(1)).await;
    assert_eq!(refused, Updated::BelowBooked(2));
    set_quota(&fresh, &offer.id, Some(2)).await;
    assert_eq!(remaining(&fresh, &offer).await, 0);
    step(&fresh, &uncounted.id, Step::Cancel, NOW_MS).await;
    assert_eq!(remaining(&fresh, &offer).await, 1);
}

/// E9.
async fn a_user_makes_so_many_bookings_a_day(fresh: Fresh) {
    let offer = places("a", 1);
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    for n in 0..MAX_MADE {
        let booking = made(&fresh, new(&n.to_string(), "ana", &offer), NOW_MS).await;
        step(&fresh, &booking.id, Step::Cancel, NOW_MS).await;
    }
    let more = create(&fresh, new("more", "ana", &offer), NOW_MS + 1).await;
    assert_eq!(more, Created::Refused(BookingRefusal::TooManyMade));
    let tomorrow_ms = NOW_MS + MADE_WITHIN_MS;
    made(&fresh, new("tomorrow", "ana", &offer), tomorrow_ms).await;
}
