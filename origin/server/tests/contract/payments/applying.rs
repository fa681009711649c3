//! What the provider says of an intent, applied in any order, once, and found by looking.

use domain::{
    RefundId,
    bookings::booking::BookingStatus,
    payments::{
        money::Currency,
        payment::PaymentState,
        provider::{Intent, IntentStatus},
        refund::{RefundCause, RefundState},
        refusals::PaymentRefusal,
        store::{Applied, Started, Worry},
    },
};
use futures_util::future::join_all;

use super::{
    AMOUNT, FEE, applied, asked_to_pay, booked, euros, intent, ledger, of, offered, owed, paid,
    refunds, started, stored, tasks,
};
use crate::{
    backends::Fresh,
    runner::tests,
    samples::{DAY_MS, NOW_MS},
};

tests! {
    answers_in_any_order_come_to_the_same: [],
    the_same_answer_on_two_servers_is_applied_once: [Transactions],
    another_amount_confirms_nothing_and_goes_back: [],
    money_of_another_currency_goes_back: [],
    a_payment_that_nobody_reports_is_looked_at_ever_less: [],
}

async fn answers_in_any_order_come_to_the_same(fresh: Fresh) {
    let offer = offered(&fresh, 3).await;
    let (booking, payment) = paid(&fresh, "1", "ana", &offer).await;
    // Older answers, applied late; and one that the provider never gives.
    for status in [
        IntentStatus::Waiting,
        IntentStatus::Processing,
        IntentStatus::Cancelled,
        IntentStatus::Succeeded,
    ] {
        let old = intent(&payment, status);
        assert_eq!(applied(&fresh, &old, NOW_MS + 9).await, Applied::Nothing);
    }
    let cancelled = fresh.db.payments.cancelled(&payment.id).await;
    assert_eq!(cancelled.unwrap(), Applied::Nothing);
    assert_eq!(of(&fresh, &payment.id).await, payment);
    assert_eq!(stored(&fresh, &booking.id).await, booking);
    assert_eq!(ledger(&fresh, &offer).await.len(), 1);
    // A second intent of a payment cannot be; if it is, an operator has to look.
    let second = Intent {
        id: "pi_second".into(),
        ..intent(&payment, IntentStatus::Succeeded)
    };
    let worry = Applied::Worrying(Worry::SecondIntent);
    assert_eq!(applied(&fresh, &second, NOW_MS).await, worry);
}

async fn the_same_answer_on_two_servers_is_applied_once(fresh: Fresh) {
    let offer = offered(&fresh, 3).await;
    let booking = booked(&fresh, "1", "ana", &offer).await;
    let payment = started(&fresh, &booking).await;
    let other = fresh.of_another_server().await;
    let came = intent(&payment, IntentStatus::Succeeded);
    let all = (0..6).map(|number| {
        let servers = [&fresh.db, &other];
        let (payments, came) = (servers[number % 2].payments.clone(), came.clone());
        async move { payments.apply_intent(&came, NOW_MS).await.unwrap() }
    });
    let all = join_all(all).await;
    let done = all.iter().filter(|one| **one == Applied::Done).count();
    assert_eq!(done, 1, "{all:?}");
    assert_eq!(ledger(&fresh, &offer).await.len(), 1);
    assert_eq!(owed(&fresh, &offer).await, euros(AMOUNT - FEE));
}

async fn another_amount_confirms_nothing_and_goes_back(fresh: Fresh) {
    let offer = offered(&fresh, 3).await;
    let booking = booked(&fresh, "1", "ana", &offer).await;
    let payment = started(&fresh, &booking).await;
    let less = Intent {
        received: AMOUNT - 1,
        ..intent(&payment, IntentStatus::Succeeded)
    };
    let worry = Applied::Worrying(Worry::WrongAmount);
    assert_eq!(applied(&fresh, &less, NOW_MS).await, worry);
    assert_eq!(applied(&fresh, &less, NOW_MS).await, Applied::Nothing);
    assert_eq!(stored(&fresh, &booking.id).await, booking);
    let captured = of(&fresh, &payment.id).await;
    assert_eq!((captured.amount, captured.left()), (AMOUNT - 1, 0));
    let asked = refunds(&fresh, &payment.id).await;
    let [asked] = asked.as_slice() else {
        panic!("{asked:?}")
    };
    assert_eq!((asked.amount, asked.fee), (AMOUNT - 1, FEE));
    assert_eq!(
        (asked.cause, asked.state),
        (RefundCause::Late, RefundState::Requested)
    );
    let task = tasks(&fresh, "payment_refund").await;
    assert_eq!(task, [format!("payment_refund:{}", asked.id)]);
    assert_eq!(
        fresh.db.payments.refund(&asked.id).await.unwrap().as_ref(),
        Some(asked)
    );
    let none = RefundId::derive("refund", "none");
    assert_eq!(fresh.db.payments.refund(&none).await.unwrap(), None);
}

async fn money_of_another_currency_goes_back(fresh: Fresh) {
    let offer = offered(&fresh, 3).await;
    for (name, currency) in [("ana", Some(Currency::Chf)), ("ben", None)] {
        let booking = booked(&fresh, name, name, &offer).await;
        let payment = started(&fresh, &booking).await;
        let other = Intent {
            currency,
            ..intent(&payment, IntentStatus::Succeeded)
        };
        let worry = Applied::Worrying(Worry::WrongAmount);
        assert_eq!(applied(&fresh, &other, NOW_MS).await, worry);
        assert_eq!(
            stored(&fresh, &booking.id).await.status,
            BookingStatus::Pending
        );
        assert_eq!(of(&fresh, &payment.id).await.left(), 0);
        assert_eq!(refunds(&fresh, &payment.id).await.len(), 1);
    }
}

async fn a_payment_that_nobody_reports_is_looked_at_ever_less(fresh: Fresh) {
    let offer = offered(&fresh, 3).await;
    let booking = booked(&fresh, "1", "ana", &offer).await;
    let payment = started(&fresh, &booking).await;
    let poll = async |now_ms| fresh.db.payments.poll_due(now_ms, 9).await.unwrap();
    let mut waits = Vec::new();
    let mut last_ms = NOW_MS;
    for _ in 0..18 {
        let at_ms = of(&fresh, &payment.id).await.look_at_ms.unwrap();
        assert_eq!(poll(at_ms - 1).await, 0);
        assert_eq!(poll(at_ms).await, 1);
        assert_eq!(poll(at_ms).await, 0, "once");
        waits.push((at_ms - last_ms) / 1_000);
        last_ms = at_ms;
    }
    let expected = [vec![30; 2], vec![60; 14], vec![600; 2]].concat();
    assert_eq!(waits, expected, "each minute while its booking may wait");
    assert_eq!(tasks(&fresh, "payment_poll").await.len(), 18);
    let figures = fresh.db.payments.figures().await.unwrap();
    assert_eq!((figures.open, figures.refunds_requested), (1, 0));
    assert_eq!(figures.oldest_look_at_ms, Some(last_ms + 600_000));
    let ended = intent(&payment, IntentStatus::Cancelled);
    assert_eq!(applied(&fresh, &ended, last_ms).await, Applied::Done);
    assert_eq!(applied(&fresh, &ended, last_ms).await, Applied::Nothing);
    let cancelled = of(&fresh, &payment.id).await;
    assert_eq!(cancelled.state, PaymentState::Cancelled);
    assert_eq!(poll(NOW_MS + DAY_MS).await, 0);
    // It is over: the booking runs out.
    let again = asked_to_pay(&fresh, &booking, NOW_MS).await;
    assert_eq!(again, Started::Refused(PaymentRefusal::NotPayable));
}
