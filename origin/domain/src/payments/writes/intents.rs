//! What the provider says of an intent.

use super::{Change, Facts, looking::next_look_ms, refunds::all_that_is_left};
use crate::{
    RefundId,
    bookings::{
        booking::{Booking, BookingStatus, Step},
        rules,
        store::By,
    },
    payments::{
        ledger::Transaction,
        payment::{Payment, PaymentState},
        provider::{Intent, IntentStatus},
        refund::RefundCause,
        store::Worry,
    },
    queue::NewTask,
};

/// Applies an answer about a payment's intent. `booking` is the payment's.
pub fn intent(facts: Facts<'_>, booking: Option<&Booking>, intent: &Intent, now_ms: i64) -> Change {
    let payment = facts.payment;
    let is_known = payment.intent.as_ref() == Some(&intent.id);
    // What says that it succeeded, and that nothing came, is read once more.
    let has_come = intent.status == IntentStatus::Succeeded && intent.received > 0;
    match (payment.state, intent.status) {
        (PaymentState::Captured, _) if has_come && !is_known => {
            Change::worrying(Worry::SecondIntent)
        }
        (PaymentState::Captured, _) => Change::default(),
        (PaymentState::Open | PaymentState::Cancelled, _) if has_come => {
            came(facts, booking, intent, now_ms)
        }
        (_, IntentStatus::Cancelled) if !is_known && payment.intent.is_some() => Change::default(),
        (PaymentState::Open | PaymentState::Cancelled, IntentStatus::Cancelled) => {
            never_comes(payment, Some(intent))
        }
        (
            PaymentState::Open | PaymentState::Cancelled,
            IntentStatus::Waiting | IntentStatus::Processing | IntentStatus::Succeeded,
        ) => waits(payment, booking, intent, now_ms),
    }
}

/// The provider has no intent of this payment, or has cancelled it.
pub fn cancelled(payment: &Payment) -> Change {
    match payment.state {
        PaymentState::Open => never_comes(payment, None),
        PaymentState::Captured | PaymentState::Cancelled => Change::default(),
    }
}

fn never_comes(payment: &Payment, intent: Option<&Intent>) -> Change {
    let after = Payment {
        state: PaymentState::Cancelled,
        intent: payment
            .intent
            .clone()
            .or(intent.map(|intent| intent.id.clone())),
        look_at_ms: None,
        ..payment.clone()
    };
    Change {
        payment: (after != *payment).then_some(after),
        ..Change::default()
    }
}

/// Its name is kept, and it is looked at until it is final.
fn waits(payment: &Payment, booking: Option<&Booking>, intent: &Intent, now_ms: i64) -> Change {
    let is_wanted = payment.state == PaymentState::Open && booking.is_some_and(waits_for_money);
    if payment.intent.is_some() {
        // It was being paid when it was to be cancelled, and the bank has refused that: each look at it
        // has it cancelled once more.
        let looked_ms = payment.look_at_ms.unwrap_or(now_ms).to_string();
        let is_over = intent.status == IntentStatus::Waiting && !is_wanted;
        let again = || NewTask::of_cancelling(&payment.id, Some(&looked_ms), now_ms);
        return Change {
            tasks: is_over.then(again).into_iter().collect(),
            ..Change::default()
        };
    }
    // The booking ended before the intent was known: the task that was to cancel it may have found none.
    let cancel = NewTask::of_cancelling(&payment.id, Some(&intent.id), now_ms);
    Change {
        payment: Some(Payment {
            intent: Some(intent.id.clone()),
            look_at_ms: Some(next_look_ms(payment.created_at_ms, now_ms)),
            ..payment.clone()
        }),
        tasks: if is_wanted { vec![] } else { vec![cancel] },
        ..Change::default()
    }
}

fn waits_for_money(booking: &Booking) -> bool {
    booking.status == BookingStatus::Pending
}

/// The money has come: for the booking, or too late, and then it goes back.
fn came(facts: Facts<'_>, booking: Option<&Booking>, intent: &Intent, now_ms: i64) -> Change {
    let payment = facts.payment;
    let is_expected =
        intent.received == payment.amount && intent.currency == Some(payment.currency);
    let confirmed = booking
        .filter(|booking| {
            is_expected && payment.state == PaymentState::Open && waits_for_money(booking)
        })
        .and_then(|booking| rules::step(booking, &Step::Confirm.into(), &By::Payment, now_ms).ok());
    let after = Payment {
        state: PaymentState::Captured,
        intent: Some(intent.id.clone()),
        amount: intent.received,
        // One that we do not take is given back all the same; reconciling finds that the books differ.
        currency: intent.currency.unwrap_or(payment.currency),
        fee: payment.fee.min(intent.received),
        captured_at_ms: Some(now_ms),
        look_at_ms: None,
        ..payment.clone()
    };
    let mut change = Change {
        transactions: vec![Transaction::capture(&after, &intent.id, now_ms)],
        worry: (!is_expected).then_some(Worry::WrongAmount),
        ..Change::default()
    };
    if confirmed.is_some() {
        let receipt = |user| NewTask::of_receipt(&after.id, None, user, now_ms);
        change.tasks.extend(after.user.as_ref().map(receipt));
        change.payment = Some(after);
        change.confirmed = confirmed;
    } else {
        let facts = Facts {
            payment: &after,
            ..facts
        };
        let id = RefundId::derive("late", after.id.as_str());
        all_that_is_left(&mut change, facts, id, RefundCause::Late, now_ms);
    }
    change
}
