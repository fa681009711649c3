use proptest::{prelude::*, sample::select};

use super::*;

const STAFF: By = By::Staff(None);
use crate::{
    Admission, BookingLimits, Quota,
    bookings::samples::{NOW_MS, booking, offer},
    payments::{money::Currency, price::OfferPrice},
};

fn new() -> NewBooking {
    NewBooking {
        id: BookingId::derive("booking", "new"),
        user: UserId::derive("user", "1"),
        offer: offer().id,
        idempotency_key: Some("k".into()),
        terms: None,
        opening_ms: None,
        party: PartySize::ONE,
    }
}

#[test]
fn only_what_everybody_sees_is_booked() {
    let off = Offer {
        is_active: false,
        ..offer()
    };
    for (offer, now_ms) in [
        (off, NOW_MS),
        (offer(), offer().valid_from_ms - 1),
        (offer(), offer().valid_until_ms),
    ] {
        assert_eq!(
            draft(&offer, &new(), now_ms),
            Err(BookingRefusal::NotBookable)
        );
    }
    let made = draft(&offer(), &new(), NOW_MS).unwrap();
    assert_eq!(made.status, BookingStatus::Confirmed);
    assert_eq!(
        (made.from_ms, made.until_ms),
        (NOW_MS, NOW_MS + 24 * HOUR_MS)
    );
}

#[test]
fn a_booking_is_confirmed_at_once_unless_the_venue_approves_it() {
    // Open on Wednesdays from 18:00 in Paris; now is Monday, 14:00 in Paris.
    let schedule = crate::OfferSchedule {
        weekdays: vec![3],
        from: "18:00".into(),
        to: "20:00".into(),
    };
    let offer = Offer {
        schedule: Some(schedule),
        ..offer()
    };
    let made = draft(&offer, &new(), NOW_MS).unwrap();
    assert_eq!(made.from_ms - NOW_MS, 52 * HOUR_MS);
    assert_eq!(made.status, BookingStatus::Confirmed);
    assert_eq!(made.decide_before_ms, None);
    let asks = Offer {
        admission: Admission {
            requires_approval: true,
            ..Admission::default()
        },
        ..offer
    };
    let waits = draft(&asks, &new(), NOW_MS).unwrap();
    let until_ms = NOW_MS + 24 * HOUR_MS;
    assert_eq!(waits.status, BookingStatus::Pending);
    assert_eq!(waits.decide_before_ms, Some(until_ms));
    assert_eq!(due_ms(&waits), Some(until_ms));
    for (by, at_ms, expected) in [
        (STAFF, until_ms - 1, Ok(())),
        (STAFF, until_ms, Err(BookingRefusal::TooLateToApprove)),
        (By::Holder, NOW_MS, Err(BookingRefusal::ApprovalRequired)),
        (By::Job, NOW_MS, Err(BookingRefusal::ApprovalRequired)),
    ] {
        let confirmed = step(&waits, &Step::Confirm.into(), &by, at_ms);
        assert_eq!(confirmed.map(drop), expected, "{by:?} {at_ms}");
    }
    assert!(step(&waits, &Step::Expire.into(), &By::Job, until_ms).is_ok());
    // Those of earlier versions: either side confirms them until they begin.
    let earlier = Booking {
        decide_before_ms: None,
        ..waits
    };
    for by in [By::Holder, STAFF] {
        let last_ms = earlier.from_ms - 1;
        assert!(step(&earlier, &Step::Confirm.into(), &by, last_ms).is_ok());
        let late = step(&earlier, &Step::Confirm.into(), &by, earlier.from_ms);
        assert_eq!(late, Err(BookingRefusal::TooLate));
    }
}

#[test]
fn an_opening_is_one_of_the_offers_that_is_not_over_nor_too_far() {
    let friday = crate::OfferSchedule {
        weekdays: vec![5],
        from: "18:00".into(),
        to: "02:00".into(),
    };
    let offer = Offer {
        valid_until_ms: NOW_MS + 400 * 24 * HOUR_MS,
        schedule: Some(friday),
        ..offer()
    };
    // Friday, 5 June, 18:00 in Paris.
    let begins_ms = NOW_MS + 100 * HOUR_MS;
    let at = |opening_ms| NewBooking {
        opening_ms: Some(opening_ms),
        ..new()
    };
    let made = draft(&offer, &at(begins_ms), NOW_MS).unwrap();
    assert_eq!(
        (made.from_ms, made.until_ms),
        (begins_ms, begins_ms + 8 * HOUR_MS)
    );
    // It goes on: what is left of it.
    let late_ms = begins_ms + 7 * HOUR_MS;
    let late = draft(&offer, &at(begins_ms), late_ms).unwrap();
    assert_eq!((late.from_ms, late.night), (late_ms, made.night));
    let week_ms = 7 * 24 * HOUR_MS;
    for (opening_ms, now_ms, refusal) in [
        (begins_ms + 1, NOW_MS, BookingRefusal::NoSuchOpening),
        (begins_ms + HOUR_MS, NOW_MS, BookingRefusal::NoSuchOpening),
        (
            begins_ms - 24 * HOUR_MS,
            NOW_MS,
            BookingRefusal::NoSuchOpening,
        ),
        (i64::MAX, NOW_MS, BookingRefusal::NoSuchOpening),
        (
            begins_ms,
            begins_ms + 8 * HOUR_MS,
            BookingRefusal::OpeningOver,
        ),
        (
            begins_ms + 13 * week_ms,
            NOW_MS,
            BookingRefusal::OpeningTooFar,
        ),
    ] {
        let refused = draft(&offer, &at(opening_ms), now_ms);
        assert_eq!(refused, Err(refusal), "{opening_ms}");
    }
    assert!(draft(&offer, &at(begins_ms + 12 * week_ms), NOW_MS).is_ok());
}

#[test]
fn a_party_needs_a_place_for_each() {
    let four = PartySize::new(4).unwrap();
    let left = |remaining, per_day| Offer {
        quota: Some(Quota {
            total: 9,
            remaining,
        }),
        limits: BookingLimits {
            per_day,
            ..BookingLimits::default()
        },
        ..offer()
    };
    for (remaining, per_day, of_day, expected) in [
        (4, None, 0, Ok(())),
        (3, None, 0, Err(BookingRefusal::TooFewPlaces)),
        (0, None, 0, Err(BookingRefusal::SoldOut)),
        (9, Some(6), 2, Ok(())),
        (9, Some(6), 3, Err(BookingRefusal::TooFewPlaces)),
        (9, Some(6), 6, Err(BookingRefusal::SoldOutThatDay)),
        (9, Some(3), 0, Err(BookingRefusal::TooFewPlaces)),
    ] {
        let standing = Standing {
            of_day,
            ..Standing::default()
        };
        let admitted = admit(&left(remaining, per_day), four, standing);
        assert_eq!(admitted, expected, "{remaining} {per_day:?} {of_day}");
    }
}

#[test]
fn each_limit_is_a_refusal_of_its_own() {
    let sold_out = Offer {
        quota: Some(Quota {
            total: 5,
            remaining: 0,
        }),
        ..offer()
    };
    let limited = Offer {
        limits: BookingLimits {
            per_day: Some(3),
            per_user: Some(2),
            party: None,
        },
        ..offer()
    };
    let standing = Standing::default();
    let (day, user) = (
        Standing {
            of_day: 3,
            ..standing
        },
        Standing {
            of_day: 3,
            of_user: 2,
            ..standing
        },
    );
    assert_eq!(admit(&limited, PartySize::ONE, standing), Ok(()));
    assert_eq!(
        admit(&limited, PartySize::ONE, day),
        Err(BookingRefusal::SoldOutThatDay)
    );
    assert_eq!(
        admit(&limited, PartySize::ONE, user),
        Err(BookingRefusal::UserLimit)
    );
    assert_eq!(admit(&offer(), PartySize::ONE, user), Ok(()));
    assert_eq!(admit(&offer(), PartySize::ONE, standing), Ok(()));
    assert_eq!(
        admit(&sold_out, PartySize::ONE, standing),
        Err(BookingRefusal::SoldOut)
    );
    let again = Standing {
        open_of_offer: 1,
        open: MAX_OPEN,
        ..standing
    };
    assert_eq!(
        admit(&sold_out, PartySize::ONE, again),
        Err(BookingRefusal::AlreadyBooked)
    );
    let busy = Standing {
        open: MAX_OPEN,
        ..standing
    };
    assert_eq!(
        admit(&offer(), PartySize::ONE, busy),
        Err(BookingRefusal::TooManyOpen)
    );
}

#[test]
fn a_booking_is_cancelled_until_two_hours_before_or_right_after_it_was_made() {
    let later = Booking {
        from_ms: NOW_MS + 10 * HOUR_MS,
        until_ms: NOW_MS + 12 * HOUR_MS,
        ..booking()
    };
    for (booking, now_ms, good) in [
        (&later, NOW_MS + 8 * HOUR_MS - 1, true),
        (&later, NOW_MS + 8 * HOUR_MS, false),
        (&booking(), NOW_MS + UNDO_WITHIN_MS - 1, true),
        (&booking(), NOW_MS + UNDO_WITHIN_MS, false),
    ] {
        let cancelled = step(booking, &Step::Cancel.into(), &By::Holder, now_ms);
        assert_eq!(cancelled.is_ok(), good, "{now_ms}");
        if let Err(refusal) = cancelled {
            assert_eq!(refusal, BookingRefusal::TooLateToCancel);
        }
    }
}

#[test]
fn a_check_in_has_its_time_and_is_written_down() {
    let booking = booking();
    for (now_ms, expected) in [
        (
            booking.from_ms - CHECK_IN_EARLY_MS - 1,
            Err(BookingRefusal::TooEarly),
        ),
        (booking.from_ms - CHECK_IN_EARLY_MS, Ok(())),
        (booking.until_ms + CHECK_IN_LATE_MS - 1, Ok(())),
        (
            booking.until_ms + CHECK_IN_LATE_MS,
            Err(BookingRefusal::TooLate),
        ),
    ] {
        let after = step(&booking, &Step::CheckIn.into(), &STAFF, now_ms);
        assert_eq!(after.clone().map(drop), expected, "{now_ms}");
        if let Ok(after) = after {
            assert_eq!(after.checked_in_at_ms, Some(now_ms));
            let again = step(&after, &Step::CheckIn.into(), &STAFF, now_ms);
            let status = BookingStatus::CheckedIn;
            assert_eq!(again, Err(BookingRefusal::WrongStatus(status)));
        }
    }
}

proptest! {
    /// At any moment either the job may end a booking or somebody may still use it, never both; and
    /// a due booking ends by the step of its status.
    #[test]
    fn the_job_ends_what_nobody_can_use_any_more(
        status in select(BookingStatus::ALL),
        offset_ms in -50 * HOUR_MS..50 * HOUR_MS,
    ) {
        let booking = Booking { status, ..booking() };
        let now_ms = NOW_MS + offset_ms;
        let is_due = due_ms(&booking).is_some_and(|due_ms| due_ms <= now_ms);
        let ended = due_step(status).map(|due| step(&booking, &due.into(), &By::Job, now_ms));
        prop_assert_eq!(ended.as_ref().is_some_and(Result::is_ok), is_due);
        prop_assert_eq!(due_step(status).is_some(), status.is_open());
        let usable = step(&booking, &Step::CheckIn.into(), &STAFF, now_ms).is_ok()
            || step(&booking, &Step::Confirm.into(), &By::Holder, now_ms).is_ok();
        prop_assert!(!(usable && is_due));
        if let Some(Ok(ended)) = ended {
            prop_assert!(!ended.status.is_open());
            prop_assert_eq!(due_ms(&ended), None);
        }
    }
}

#[test]
fn the_venue_may_cancel_until_the_end() {
    let booking = booking();
    let cancelled = |at_ms| step(&booking, &Step::Cancel.into(), &STAFF, at_ms);
    assert!(cancelled(booking.until_ms - 1).is_ok());
    let refused = cancelled(booking.until_ms).unwrap_err();
    assert_eq!(refused, BookingRefusal::TooLate);
}

fn price() -> OfferPrice {
    OfferPrice {
        amount: 1_000,
        currency: Currency::Eur,
        original: None,
        is_deposit: false,
        refundable_until_min: None,
        vat_rate_bp: 0,
    }
}

#[test]
fn what_has_a_price_waits_for_its_money_and_nobody_else_confirms_it() {
    let offer = Offer {
        price: Some(price()),
        ..offer()
    };
    assert_eq!(
        draft(&offer, &new(), NOW_MS),
        Err(BookingRefusal::PaymentsUnavailable)
    );
    let terms = Some(Terms { fee_bp: 700 });
    let new = NewBooking { terms, ..new() };
    let made = draft(&offer, &new, NOW_MS).unwrap();
    // Although it begins at once.
    assert_eq!(made.status, BookingStatus::Pending);
    assert_eq!(made.price.unwrap().fee, 70);
    let until_ms = NOW_MS + 10 * MINUTE_MS;
    assert_eq!(due_ms(&made), Some(until_ms));
    for by in [By::Holder, STAFF, By::Job] {
        let confirmed = step(&made, &Step::Confirm.into(), &by, NOW_MS);
        assert_eq!(confirmed, Err(BookingRefusal::PaymentRequired), "{by:?}");
    }
    let early = step(&made, &Step::Expire.into(), &By::Job, until_ms - 1);
    assert_eq!(early, Err(BookingRefusal::TooEarly));
    assert!(step(&made, &Step::Expire.into(), &By::Job, until_ms).is_ok());
    // The job is late: the place is held, and the money confirms it.
    let paid = step(&made, &Step::Confirm.into(), &By::Payment, until_ms + 5).unwrap();
    assert_eq!(due_ms(&paid), Some(usable_until_ms(&paid)));
    let over = step(&made, &Step::Confirm.into(), &By::Payment, made.until_ms);
    assert_eq!(over, Err(BookingRefusal::TooLate));
    let none = Standing::default();
    let refused = Err(BookingRefusal::PartnerTakesNoPayments);
    assert_eq!(admit(&offer, PartySize::ONE, none), refused);
    let takes = Standing {
        takes_payments: true,
        ..none
    };
    assert_eq!(admit(&offer, PartySize::ONE, takes), Ok(()));
}
