use super::*;
use crate::{
    bookings::samples::{HOUR_MS, NOW_MS, booking},
    payments::{money::Currency, price::BookedPrice},
};

fn told(before: Option<BookingStatus>, after: &Booking, by: &By) -> Vec<(String, i64, i64)> {
    let tasks = notices(before, after, by, NOW_MS).into_iter();
    let told = tasks.map(|task| {
        assert_eq!(task.person, after.user);
        assert_eq!(task.key, format!("{}:{}", task.work.kind(), after.id));
        assert_eq!(task.stored().work(), Some(task.work.clone()));
        let (due, until) = (task.due_at_ms - NOW_MS, task.expires_at_ms - NOW_MS);
        (task.work.kind().to_owned(), due / HOUR_MS, until / HOUR_MS)
    });
    told.collect()
}

fn of(status: BookingStatus, in_hours: i64) -> Booking {
    Booking {
        status,
        from_ms: NOW_MS + in_hours * HOUR_MS,
        until_ms: NOW_MS + (in_hours + 2) * HOUR_MS,
        ..booking()
    }
}

fn confirmed() -> (String, i64, i64) {
    ("booking_confirmed".into(), 0, 24)
}

#[test]
fn a_guest_hears_of_a_confirmation_that_somebody_else_made_and_is_reminded() {
    use BookingStatus::{Confirmed, Pending};
    let (staff, reminder) = (By::Staff(None), ("booking_reminder".to_owned(), 8, 10));
    let later = of(Confirmed, 10);
    for (before, by, expected) in [
        (None, &By::Holder, vec![confirmed(), reminder.clone()]),
        (Some(Pending), &staff, vec![confirmed(), reminder.clone()]),
        (Some(Pending), &By::Holder, vec![reminder]),
    ] {
        assert_eq!(told(before, &later, by), expected, "{before:?} {by:?}");
    }
    for hours in [0, 3] {
        let soon = of(Confirmed, hours);
        assert_eq!(told(None, &soon, &By::Holder), [confirmed()], "{hours}");
    }
    assert_eq!(told(None, &of(Confirmed, 4), &By::Holder).len(), 2);
}

#[test]
fn a_venue_hears_at_once_of_what_waits_for_it_and_the_guest_if_it_never_answered() {
    let waits = |status| Booking {
        decide_before_ms: Some(NOW_MS + 24 * HOUR_MS),
        ..of(status, 48)
    };
    let tasks = notices(None, &waits(BookingStatus::Pending), &By::Holder, NOW_MS);
    let told_at: Vec<_> = tasks
        .iter()
        .map(|task| (task.work.kind(), task.due_at_ms))
        .collect();
    assert_eq!(told_at, [("booking_to_confirm", NOW_MS)]);
    assert_eq!(tasks[0].person, booking().user, "erasure removes it");
    let before = Some(BookingStatus::Pending);
    let expired = told(before, &waits(BookingStatus::Expired), &By::Job);
    assert_eq!(expired, [("booking_expired".to_owned(), 0, 24)]);
}

#[test]
fn a_guest_hears_of_a_cancellation_by_the_staff_only() {
    let cancelled = of(BookingStatus::Cancelled, 10);
    let before = Some(BookingStatus::Confirmed);
    for by in [By::Holder, By::Job, By::Erasure] {
        assert_eq!(told(before, &cancelled, &by), [], "{by:?}");
    }
    let expected = ("booking_cancelled_by_venue".to_owned(), 0, 24);
    assert_eq!(told(before, &cancelled, &By::Staff(None)), [expected]);
}

#[test]
fn nobody_hears_of_other_steps_nor_of_bookings_without_a_guest() {
    for status in [BookingStatus::Expired, BookingStatus::NoShow] {
        let before = Some(BookingStatus::Confirmed);
        assert_eq!(told(before, &of(status, 10), &By::Staff(None)), []);
    }
    let nobodys = Booking {
        user: None,
        ..of(BookingStatus::Confirmed, 10)
    };
    assert_eq!(told(None, &nobodys, &By::Staff(None)), []);
}

#[test]
fn a_notice_holds_while_the_booking_is_as_it_says() {
    for (notice, status) in [
        (BookingNotice::Confirmed, BookingStatus::Confirmed),
        (BookingNotice::Reminder, BookingStatus::Confirmed),
        (BookingNotice::CancelledByVenue, BookingStatus::Cancelled),
        (BookingNotice::Expired, BookingStatus::Expired),
        (BookingNotice::ReviewRequest, BookingStatus::CheckedIn),
    ] {
        for other in BookingStatus::ALL {
            assert_eq!(holds(notice, &of(*other, 1)), *other == status);
        }
    }
}

#[test]
fn a_guest_is_asked_for_a_review_in_the_morning_after_the_evening() {
    // NOW is 14:00 in Paris.
    let (one, midnight) = (HOUR_MS, 10 * HOUR_MS);
    for (checked_in_in, asked_in_hours) in [
        (0, 21),
        (midnight - one, 21),
        // Half past midnight is still the evening of before.
        (midnight + one / 2, 21),
        (midnight + 6 * one - 1, 21),
        (midnight + 6 * one, 45),
    ] {
        let visit = Booking {
            checked_in_at_ms: Some(NOW_MS + checked_in_in),
            ..of(BookingStatus::CheckedIn, 0)
        };
        let expected = ("review_request".to_owned(), asked_in_hours, 7 * 24);
        let told = told(Some(BookingStatus::Confirmed), &visit, &By::Staff(None));
        assert_eq!(told, [expected], "{checked_in_in}");
    }
}

#[test]
fn money_confirms_a_booking_and_is_told_and_while_it_is_awaited_nobody_is() {
    use BookingStatus::{Confirmed, Pending};
    let priced = |booking: Booking| Booking {
        price: Some(BookedPrice {
            amount: 1_000,
            currency: Currency::Eur,
            is_deposit: false,
            vat_rate_bp: 0,
            fee: 0,
            refundable_until_ms: None,
            pay_before_ms: NOW_MS,
        }),
        ..booking
    };
    let waits = priced(of(Pending, 48));
    assert_eq!(notices(None, &waits, &By::Holder, NOW_MS), []);
    let paid = priced(of(Confirmed, 0));
    assert_eq!(told(Some(Pending), &paid, &By::Payment), [confirmed()]);
}
