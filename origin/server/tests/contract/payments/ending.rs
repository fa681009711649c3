//! What becomes of the money when a booking ends.

use domain::{
    bookings::{
        booking::{Booking, BookingStatus, Step},
        store::{By, Stepped},
    },
    payments::{
        payment::PaymentState,
        price::PAID_WITHIN_MS,
        provider::IntentStatus,
        refund::{RefundCause, RefundState},
        store::Applied,
    },
    users::store::Erased,
};

use super::{
    AMOUNT, FEE, HOUR_MS, applied, booked, euros, intent, ledger, of, offered, owed, paid, refunds,
    started, stored, tasks, user,
};
use crate::{backends::Fresh, bookings::remaining, runner::tests, samples::NOW_MS};

tests! {
    an_unpaid_booking_runs_out_and_its_intent_is_cancelled: [],
    money_that_comes_too_late_goes_back: [],
    money_that_comes_after_the_payment_was_cancelled_goes_back: [],
    an_intent_that_is_heard_of_after_the_end_is_cancelled: [],
    a_guest_who_cancels_in_time_is_refunded_and_later_not: [],
    a_venue_that_cancels_refunds_all_that_is_left: [],
    the_erasure_of_a_guest_refunds_by_the_rule_and_keeps_no_name: [],
}

async fn step(fresh: &Fresh, booking: &Booking, step: Step, by: By, now_ms: i64) {
    let stepped = fresh.db.bookings.step(&booking.id, step, by, now_ms);
    let stepped = stepped.await.unwrap();
    assert!(matches!(stepped, Stepped::Done(_)), "{stepped:?}");
}

async fn an_unpaid_booking_runs_out_and_its_intent_is_cancelled(fresh: Fresh) {
    let offer = offered(&fresh, 1).await;
    let never_started = booked(&fresh, "1", "ana", &offer).await;
    let late_ms = NOW_MS + PAID_WITHIN_MS;
    step(&fresh, &never_started, Step::Expire, By::Job, late_ms).await;
    assert_eq!(tasks(&fresh, "payment_").await, [""; 0]);
    let booking = booked(&fresh, "2", "ana", &offer).await;
    let payment = started(&fresh, &booking).await;
    let waiting = intent(&payment, IntentStatus::Waiting);
    applied(&fresh, &waiting, NOW_MS).await;
    step(&fresh, &booking, Step::Expire, By::Job, late_ms).await;
    let task = tasks(&fresh, "payment_").await;
    assert_eq!(task, [format!("payment_cancel:{}", payment.id)]);
    assert_eq!(remaining(&fresh, &offer).await, 1);
    let ended = intent(&payment, IntentStatus::Cancelled);
    assert_eq!(applied(&fresh, &ended, late_ms).await, Applied::Done);
    let payment = of(&fresh, &payment.id).await;
    assert_eq!(payment.state, PaymentState::Cancelled);
    assert_eq!(ledger(&fresh, &offer).await, []);
}

async fn money_that_comes_too_late_goes_back(fresh: Fresh) {
    let offer = offered(&fresh, 1).await;
    for (name, ending, by) in [
        ("1", Step::Expire, By::Job),
        ("2", Step::Cancel, By::Holder),
        ("3", Step::Cancel, By::Staff(None)),
    ] {
        let booking = booked(&fresh, name, "ana", &offer).await;
        let payment = started(&fresh, &booking).await;
        let late_ms = NOW_MS + PAID_WITHIN_MS;
        step(&fresh, &booking, ending, by, late_ms).await;
        let ended = stored(&fresh, &booking.id).await;
        let came = intent(&payment, IntentStatus::Succeeded);
        for expected in [Applied::Done, Applied::Nothing] {
            assert_eq!(applied(&fresh, &came, late_ms).await, expected);
        }
        assert_eq!(stored(&fresh, &booking.id).await, ended);
        let payment = of(&fresh, &payment.id).await;
        assert_eq!(payment.state, PaymentState::Captured);
        assert_eq!(payment.refunded, AMOUNT);
        let asked = refunds(&fresh, &payment.id).await;
        assert_eq!(asked.len(), 1);
        assert_eq!((asked[0].amount, asked[0].fee), (AMOUNT, FEE));
        assert_eq!(asked[0].cause, RefundCause::Late);
        let receipt = tasks(&fresh, "payment_result").await;
        assert_eq!(receipt, [""; 0], "nothing was bought");
        assert_eq!(remaining(&fresh, &offer).await, 1);
    }
}

async fn money_that_comes_after_the_payment_was_cancelled_goes_back(fresh: Fresh) {
    let offer = offered(&fresh, 1).await;
    let booking = booked(&fresh, "1", "ana", &offer).await;
    let payment = started(&fresh, &booking).await;
    for expected in [Applied::Done, Applied::Nothing] {
        let cancelled = fresh.db.payments.cancelled(&payment.id).await;
        assert_eq!(cancelled.unwrap(), expected);
    }
    let came = intent(&payment, IntentStatus::Succeeded);
    assert_eq!(applied(&fresh, &came, NOW_MS).await, Applied::Done);
    assert_eq!(
        stored(&fresh, &booking.id).await.status,
        BookingStatus::Pending
    );
    let payment = of(&fresh, &payment.id).await;
    assert_eq!((payment.state, payment.left()), (PaymentState::Captured, 0));
}

async fn an_intent_that_is_heard_of_after_the_end_is_cancelled(fresh: Fresh) {
    let offer = offered(&fresh, 1).await;
    let booking = booked(&fresh, "1", "ana", &offer).await;
    let payment = started(&fresh, &booking).await;
    step(&fresh, &booking, Step::Cancel, By::Holder, NOW_MS).await;
    let first = format!("payment_cancel:{}", payment.id);
    let waits = tasks(&fresh, "payment_cancel").await;
    assert_eq!(waits, std::slice::from_ref(&first));
    // The provider did not know it then, or the answer to its making was lost.
    fresh.db.payments.cancelled(&payment.id).await.unwrap();
    let waiting = intent(&payment, IntentStatus::Waiting);
    assert_eq!(applied(&fresh, &waiting, NOW_MS).await, Applied::Done);
    let second = format!("{first}:{}", waiting.id);
    assert_eq!(tasks(&fresh, "payment_cancel").await, [first, second]);
    let looked = of(&fresh, &payment.id).await;
    assert!(looked.look_at_ms.is_some());
    let ended = intent(&payment, IntentStatus::Cancelled);
    assert_eq!(applied(&fresh, &ended, NOW_MS).await, Applied::Done);
    assert_eq!(of(&fresh, &payment.id).await.look_at_ms, None);
}

async fn a_guest_who_cancels_in_time_is_refunded_and_later_not(fresh: Fresh) {
    let offer = offered(&fresh, 2).await;
    for (by, before_ms, given_back) in [("ana", 24 * HOUR_MS + 1, AMOUNT), ("ben", 24 * HOUR_MS, 0)]
    {
        let (booking, payment) = paid(&fresh, by, by, &offer).await;
        let now_ms = booking.from_ms - before_ms;
        step(&fresh, &booking, Step::Cancel, By::Holder, now_ms).await;
        let payment = of(&fresh, &payment.id).await;
        assert_eq!(payment.refunded, given_back, "{by}");
        let asked = refunds(&fresh, &payment.id).await;
        assert_eq!(asked.len(), usize::from(given_back > 0));
        for refund in asked {
            assert_eq!(refund.cause, RefundCause::Guest);
            assert_eq!(refund.state, RefundState::Requested);
            let task = tasks(&fresh, "payment_refund").await;
            assert_eq!(task, [format!("payment_refund:{}", refund.id)]);
        }
        // Nothing has moved yet.
        assert_eq!(
            ledger(&fresh, &offer).await.len(),
            if by == "ana" { 1 } else { 2 }
        );
    }
    assert_eq!(owed(&fresh, &offer).await, euros(2 * (AMOUNT - FEE)));
    assert_eq!(remaining(&fresh, &offer).await, 2);
}

async fn a_venue_that_cancels_refunds_all_that_is_left(fresh: Fresh) {
    let offer = offered(&fresh, 2).await;
    let (booking, payment) = paid(&fresh, "1", "ana", &offer).await;
    // Long after a guest would be refunded.
    let now_ms = booking.from_ms + HOUR_MS / 60;
    let by = || By::Staff(None);
    step(&fresh, &booking, Step::Cancel, by(), now_ms).await;
    let again = fresh
        .db
        .bookings
        .step(&booking.id, Step::Cancel, by(), now_ms);
    assert!(matches!(again.await.unwrap(), Stepped::Before(_)));
    let asked = refunds(&fresh, &payment.id).await;
    assert_eq!(asked.len(), 1);
    assert_eq!(
        (asked[0].amount, asked[0].cause),
        (AMOUNT, RefundCause::Venue)
    );
    assert_eq!(of(&fresh, &payment.id).await.left(), 0);
}

async fn the_erasure_of_a_guest_refunds_by_the_rule_and_keeps_no_name(fresh: Fresh) {
    let offer = offered(&fresh, 3).await;
    let (booking, payment) = paid(&fresh, "1", "ana", &offer).await;
    let unpaid = booked(&fresh, "2", "ben", &offer).await;
    let open = started(&fresh, &unpaid).await;
    for name in ["ana", "ben"] {
        let (user, pseudonym) = (user(name), format!("p-{name}"));
        let erased = fresh.db.users.erase(&user, &pseudonym, NOW_MS);
        assert_eq!(erased.await.unwrap(), Erased::Done);
    }
    let ended = stored(&fresh, &booking.id).await;
    assert_eq!((ended.status, ended.user), (BookingStatus::Cancelled, None));
    let kept = of(&fresh, &payment.id).await;
    assert_eq!((kept.user.clone(), kept.refunded), (None, AMOUNT));
    let asked = refunds(&fresh, &payment.id).await;
    assert_eq!(asked[0].cause, RefundCause::Erasure);
    // What is to be done goes on without the account.
    let expected = [
        format!("payment_cancel:{}", open.id),
        format!("payment_refund:{}", asked[0].id),
    ];
    assert_eq!(tasks(&fresh, "payment_").await, expected);
    assert_eq!(of(&fresh, &open.id).await.user, None);
    assert_eq!(ledger(&fresh, &offer).await.len(), 1, "the books stay");
}
