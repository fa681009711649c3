//! What a venue does with its guests' bookings, and its evening.

use std::collections::HashMap;

use domain::{
    BookingId, Offer, OfferId, PartnerId,
    bookings::{
        booking::{Booking, BookingStatus, Step},
        night::{NightCount, NightQuery, totals},
        reason::Reason,
        refusals::BookingRefusal,
        scan::{Scan, ScanId},
        short_code::ShortCode,
        store::{By, NightCursor, Stepped, Taken},
    },
    night::Night,
    paris::Day,
    tags,
};

use super::{HOUR_MS, check_in, create, made, new, places, remaining, step, stored, user};
use crate::{
    backends::Fresh,
    runner::tests,
    samples::{DAY_MS, NOW_MS, family},
    users::sign_up,
};

tests! {
    a_venue_ends_bookings_and_its_reason_is_kept: [],
    a_check_in_is_undone_unless_its_guest_has_booked_again: [],
    a_scan_from_the_night_counts_after_the_guest_was_given_up: [],
    a_night_is_listed_by_openings_and_counted: [],
    a_short_code_is_found_in_its_nights_and_given_once: [],
}

async fn take(fresh: &Fresh, id: &BookingId, taken: Taken, who: &str, now_ms: i64) -> Stepped {
    sign_up(fresh, &user(who)).await;
    let by = By::Staff(Some(user(who)));
    fresh.db.bookings.take(id, taken, by, now_ms).await.unwrap()
}

fn done(stepped: Stepped) -> Booking {
    match stepped {
        Stepped::Done(booking) => *booking,
        other => panic!("{other:?}"),
    }
}

async fn a_venue_ends_bookings_and_its_reason_is_kept(fresh: Fresh) {
    let offer = places("a", 3);
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    let booking = made(&fresh, new("1", "ana", &offer), NOW_MS).await;
    let before = fresh.pending().await;
    let cancel = Taken {
        reason: Some(Reason::parse("Nous sommes complets.").unwrap()),
        ..Step::CancelByVenue.into()
    };
    let cancelled = done(take(&fresh, &booking.id, cancel.clone(), "sam", NOW_MS + 5).await);
    let expected = Booking {
        status: BookingStatus::Cancelled,
        changed_at_ms: NOW_MS + 5,
        changes: 1,
        cancel_reason: cancel.reason.clone(),
        ..booking.clone()
    };
    assert_eq!(cancelled, expected);
    assert_eq!(stored(&fresh, &booking.id).await, Some(expected.clone()));
    assert_eq!(remaining(&fresh, &offer).await, 3);
    let rows = fresh.pending_after(&before).await;
    let purged = &rows[0].purge;
    assert!(purged.tags.contains(&tags::bookings_of(&offer.partner_id)));
    assert_eq!(purged.reason, "cancelBookingByVenue: CANCELLED");
    assert_eq!(purged.actor, "staff of the partner");
    let again = take(&fresh, &booking.id, cancel, "tom", NOW_MS + 9).await;
    assert_eq!(again, Stepped::Before(Box::new(expected)));
}

async fn a_check_in_is_undone_unless_its_guest_has_booked_again(fresh: Fresh) {
    let offer = places("a", 3);
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    let booking = made(&fresh, new("1", "ana", &offer), NOW_MS).await;
    check_in(&fresh, &booking.id, "sam", NOW_MS + 1).await;
    let undo = async |id: &BookingId, now_ms| {
        take(&fresh, id, Step::UndoCheckIn.into(), "tom", now_ms).await
    };
    let undone = done(undo(&booking.id, NOW_MS + 2).await);
    let expected = Booking {
        changed_at_ms: NOW_MS + 2,
        changes: 2,
        ..booking.clone()
    };
    assert_eq!(undone, expected);
    assert_eq!(stored(&fresh, &booking.id).await, Some(expected));
    let due = fresh
        .db
        .bookings
        .due(NOW_MS + 40 * DAY_MS, 9)
        .await
        .unwrap();
    assert_eq!(due.len(), 1, "it is open again");
    assert_eq!(remaining(&fresh, &offer).await, 2);
    let days = Day::of(NOW_MS).unwrap()..=Day::of(NOW_MS).unwrap();
    let counts = fresh.db.bookings.days_of_partner(&offer.partner_id, days);
    assert_eq!(counts.await.unwrap()[0].check_ins, 0);
    check_in(&fresh, &booking.id, "sam", NOW_MS + 3).await;
    let second = made(&fresh, new("2", "ana", &offer), NOW_MS + 4).await;
    let refused = undo(&booking.id, NOW_MS + 5).await;
    assert_eq!(refused, Stepped::Refused(BookingRefusal::BookedAgain));
    step(&fresh, &second.id, Step::Cancel, NOW_MS + 6).await;
    done(undo(&booking.id, NOW_MS + 7).await);
    // Only one of two that a guest has may be open.
    let third = create(&fresh, new("3", "ana", &offer), NOW_MS + 8).await;
    assert_eq!(third, BookingRefusal::AlreadyBooked.into());
}

async fn a_scan_from_the_night_counts_after_the_guest_was_given_up(fresh: Fresh) {
    let offer = places("a", 3);
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    let booking = made(&fresh, new("1", "ana", &offer), NOW_MS).await;
    let over_ms = booking.until_ms + 2 * HOUR_MS;
    step(&fresh, &booking.id, Step::Miss, over_ms).await;
    let scanned_ms = NOW_MS + HOUR_MS;
    let report = |id: &str| Taken {
        scan: Some(Scan {
            id: ScanId::parse(id).unwrap(),
            at_ms: scanned_ms,
        }),
        ..Step::ReportScan.into()
    };
    let morning_ms = over_ms + HOUR_MS;
    let came = done(take(&fresh, &booking.id, report("s1"), "sam", morning_ms).await);
    let expected = Booking {
        status: BookingStatus::CheckedIn,
        checked_in_at_ms: Some(scanned_ms),
        checked_in_by: Some(user("sam")),
        changed_at_ms: morning_ms,
        changes: 2,
        scan: ScanId::parse("s1"),
        ..booking.clone()
    };
    assert_eq!(came, expected);
    assert_eq!(stored(&fresh, &booking.id).await, Some(expected.clone()));
    assert_eq!(remaining(&fresh, &offer).await, 2);
    // On the day of the scan, and not of its report.
    let days = Day::of(NOW_MS).unwrap()..=Day::of(morning_ms).unwrap();
    let counts = fresh.db.bookings.days_of_partner(&offer.partner_id, days);
    let counts = counts.await.unwrap();
    assert_eq!((counts.len(), counts[0].check_ins), (1, 1));
    let before = fresh.pending().await;
    let again = take(
        &fresh,
        &booking.id,
        report("s1"),
        "sam",
        morning_ms + HOUR_MS,
    )
    .await;
    assert_eq!(again, Stepped::Before(Box::new(expected)));
    let used = BookingRefusal::WrongStatus(BookingStatus::CheckedIn);
    let other = take(&fresh, &booking.id, report("s2"), "tom", morning_ms).await;
    assert_eq!(other, Stepped::Refused(used));
    assert_eq!(fresh.pending_after(&before).await, []);
}

async fn a_night_is_listed_by_openings_and_counted(fresh: Fresh) {
    let (one, other) = (places("a", 9), places("b", 9));
    fresh
        .fill(vec![family(vec![one.clone(), other.clone()])])
        .await;
    // 14:00, 14:00, 01:00 and 07:00 in Paris: the last one is in the next night.
    let mut bookings = Vec::new();
    for (name, who, offer, in_hours) in [
        ("1", "ana", &one, 0),
        ("2", "bob", &one, 0),
        ("3", "eve", &other, 11),
        ("4", "zoe", &one, 17),
    ] {
        bookings.push(made(&fresh, new(name, who, offer), NOW_MS + in_hours * HOUR_MS).await);
    }
    check_in(&fresh, &bookings[0].id, "sam", NOW_MS + 1).await;
    step(&fresh, &bookings[1].id, Step::Cancel, NOW_MS + 1).await;
    let tonight = Night::of(NOW_MS).unwrap();
    let all = NightQuery {
        partner: one.partner_id.clone(),
        night: tonight,
        offers: None,
        status: None,
        first: 9,
        after: None,
    };
    let ids = async |query: &NightQuery| {
        let page = fresh.db.bookings.of_night(query).await.unwrap();
        let ids = page.items.into_iter().map(|booking| booking.id);
        (ids.collect::<Vec<_>>(), page.has_next_page)
    };
    let mut expected: Vec<&Booking> = bookings[..3].iter().collect();
    expected.sort_by_key(|booking| (booking.from_ms, booking.id.clone()));
    let expected: Vec<BookingId> = expected.iter().map(|booking| booking.id.clone()).collect();
    assert_eq!(ids(&all).await, (expected.clone(), false));
    let mut paged = Vec::new();
    let mut query = NightQuery {
        first: 1,
        ..all.clone()
    };
    loop {
        let page = fresh.db.bookings.of_night(&query).await.unwrap();
        query.after = page.items.last().map(NightCursor::of);
        paged.extend(page.items.into_iter().map(|booking| booking.id));
        if !page.has_next_page {
            break;
        }
    }
    assert_eq!(paged, expected);
    let of = |offers: Option<Vec<OfferId>>, status| NightQuery {
        offers,
        status,
        ..all.clone()
    };
    let of_other = ids(&of(Some(vec![other.id.clone()]), None)).await;
    assert_eq!(of_other, (vec![bookings[2].id.clone()], false));
    let cancelled = ids(&of(None, Some(BookingStatus::Cancelled))).await;
    assert_eq!(cancelled, (vec![bookings[1].id.clone()], false));
    let foreign = NightQuery {
        partner: PartnerId::derive("partner", "foreign"),
        ..all.clone()
    };
    assert_eq!(ids(&foreign).await, (vec![], false));

    let counts = async |night| {
        let counts = fresh.db.bookings.night_counts(&one.partner_id, night).await;
        counts.unwrap()
    };
    let tonights = counts(tonight).await;
    let by_status: HashMap<_, _> = tonights
        .iter()
        .map(
            |NightCount {
                 offer,
                 status,
                 bookings,
                 ..
             }| ((offer.clone(), *status), *bookings),
        )
        .collect();
    let expected = [
        ((one.id.clone(), BookingStatus::CheckedIn), 1),
        ((one.id.clone(), BookingStatus::Cancelled), 1),
        ((other.id.clone(), BookingStatus::Confirmed), 1),
    ];
    assert_eq!(by_status, expected.into());
    let (sum, openings) = totals(&tonights, &[]);
    assert_eq!((sum.bookings, sum.expected, sum.arrived), (2, 2, 1));
    let begin: Vec<i64> = openings.iter().map(|one| one.from_ms).collect();
    assert_eq!(begin, [bookings[0].from_ms, bookings[2].from_ms]);
    assert_eq!(counts(tonight.next()).await.len(), 1);
    assert_eq!(counts(tonight.previous()).await, []);
}

/// Two bookings that would have the same code.
fn of_one_code() -> (BookingId, BookingId) {
    let mut seen: HashMap<ShortCode, BookingId> = HashMap::new();
    for n in 0_u32.. {
        let id = BookingId::derive("booking", &format!("code {n}"));
        if let Some(first) = seen.insert(ShortCode::of(&id, 0), id.clone()) {
            return (first, id);
        }
    }
    unreachable!("codes run out before numbers")
}

async fn a_short_code_is_found_in_its_nights_and_given_once(fresh: Fresh) {
    let offer = Offer {
        quota: None,
        ..places("a", 9)
    };
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    let (first, second) = of_one_code();
    let of = |id: &BookingId, who: &str, offer: &Offer| domain::bookings::rules::NewBooking {
        id: id.clone(),
        ..new("", who, offer)
    };
    let first = made(&fresh, of(&first, "ana", &offer), NOW_MS).await;
    let second = made(&fresh, of(&second, "bob", &offer), NOW_MS).await;
    let code = |booking: &Booking| booking.short_code.clone().unwrap();
    assert_eq!(code(&first), ShortCode::of(&first.id, 0));
    assert_eq!(code(&second), ShortCode::of(&second.id, 1));
    let tonight = Night::of(NOW_MS).unwrap();
    let found = async |partner: &PartnerId, nights: &[Night], code: &ShortCode| {
        let found = fresh.db.bookings.by_short_code(partner, nights, code).await;
        let ids = found.unwrap().into_iter().map(|booking| booking.id);
        ids.collect::<Vec<_>>()
    };
    let partner = &offer.partner_id;
    for booking in [&first, &second] {
        let nights = [tonight.previous(), tonight, tonight.next()];
        let here = found(partner, &nights, &code(booking)).await;
        assert_eq!(here, std::slice::from_ref(&booking.id));
        let before = found(partner, &[tonight.previous()], &code(booking)).await;
        assert_eq!(before, []);
        let foreign = PartnerId::derive("partner", "foreign");
        assert_eq!(found(&foreign, &nights, &code(booking)).await, []);
    }
    // Also when it is over: a check-in of it may be undone.
    step(&fresh, &first.id, Step::Cancel, NOW_MS).await;
    assert_eq!(
        found(partner, &[tonight], &code(&first)).await,
        std::slice::from_ref(&first.id)
    );
}
