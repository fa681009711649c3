use proptest::{prelude::*, sample::select};

use super::*;

const STAFF: By = By::Staff(None);
use crate::{
    BookingLimits, Quota,
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
fn what_is_booked_long_before_has_to_be_confirmed() {
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
    assert_eq!(made.status, BookingStatus::Pending);
    assert_eq!(made.from_ms - NOW_MS, 52 * HOUR_MS);
    let day_before_ms = made.from_ms - 24 * HOUR_MS;
    let late = draft(&offer, &new(), day_before_ms + 1).unwrap();
    assert_eq!(late.status, BookingStatus::Confirmed);
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
    assert_eq!(admit(&limited, standing), Ok(()));
    assert_eq!(admit(&limited, day), Err(BookingRefusal::SoldOutThatDay));
    assert_eq!(admit(&limited, user), Err(BookingRefusal::UserLimit));
    assert_eq!(admit(&offer(), user), Ok(()));
    assert_eq!(admit(&offer(), standing), Ok(()));
    assert_eq!(admit(&sold_out, standing), Err(BookingRefusal::SoldOut));
    let again = Standing {
        open_of_offer: 1,
        open: MAX_OPEN,
        ..standing
    };
    assert_eq!(admit(&sold_out, again), Err(BookingRefusal::AlreadyBooked));
    let busy = Standing {
        open: MAX_OPEN,
        ..standing
    };
    assert_eq!(admit(&offer(), busy), Err(BookingRefusal::TooManyOpen));
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
    assert_eq!(admit(&offer, none), refused);
    let takes = Standing {
        takes_payments: true,
        ..none
    };
    assert_eq!(admit(&offer, takes), Ok(()));
}
