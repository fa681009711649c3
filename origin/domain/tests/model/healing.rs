//! What must come to rest: the state after the programs' own recovery, without further faults.

use domain::{
    bookings::booking::BookingStatus,
    payments::{
        payment::{Payment, PaymentState},
        price::BookedPrice,
        provider::{IntentStatus, MovementKind, RefundStatus},
        refund::RefundState,
    },
};

use crate::{
    provider::INTENT,
    scenario::Scenario,
    state::{AMOUNT, Answer, HOUR_MS, Starter, State, Worker},
    working::{answer, ended},
};

/// By then a payment that has just begun is looked at.
const FIRST_MS: i64 = 60_000;
/// More rounds than anything takes.
const ROUNDS: usize = 6;

impl Scenario {
    /// Whether everything comes to rest, money that came in time has confirmed its booking, and the books
    /// are equal then. No report comes any more, but those of refunds that fail: nothing else tells of
    /// them.
    pub(crate) fn rests(&self, before: &State) -> bool {
        let mut state = before.clone();
        // The workers that had tasks have crashed.
        state.starter = Starter::Idle;
        state.workers.fill(Worker::Idle);
        for round in 0..ROUNDS {
            state.now_ms += if round == 0 { FIRST_MS } else { HOUR_MS / 6 };
            self.expire(&mut state);
            self.look(&mut state);
            while let Some((key, work)) = state.queue.pop_first() {
                let answer = answer(&mut state, &work);
                self.applied_at_last(&mut state, &answer);
                ended(&mut state, key);
            }
            if is_at_rest(&state) {
                break;
            }
        }
        for found in state.provider.refunds.clone() {
            let answer = Answer::Refund(found);
            self.applied_at_last(&mut state, &answer);
        }
        let is_confirmed = state.booking.status == BookingStatus::Confirmed;
        is_at_rest(&state) && books_are_equal(&state) && (is_confirmed || !came_in_time(before))
    }

    /// What is early is applied after what it waited for.
    fn applied_at_last(&self, state: &mut State, answer: &Answer) {
        if !self.applied(state, answer) {
            self.applied(state, answer);
        }
    }
}

/// Whether the money has come, and there is time to look before the booking runs out.
fn came_in_time(state: &State) -> bool {
    let is_open = |payment: &Payment| payment.state == PaymentState::Open;
    let has_time = |price: BookedPrice| state.now_ms + FIRST_MS < price.pay_before_ms;
    state.booking.status == BookingStatus::Pending
        && state.provider.received() == AMOUNT
        && state.payment.as_ref().is_some_and(is_open)
        && state.booking.price.is_some_and(has_time)
}

fn is_at_rest(state: &State) -> bool {
    let is_final = match &state.payment {
        Some(payment) => payment.state != PaymentState::Open && payment.look_at_ms.is_none(),
        None => true,
    };
    let waits = matches!(
        state.provider.intent,
        Some((IntentStatus::Waiting | IntentStatus::Processing, _))
    );
    let is_requested =
        |refund: &domain::payments::refund::Refund| refund.state == RefundState::Requested;
    state.booking.status != BookingStatus::Pending
        && is_final
        && !waits
        && !state.refunds.iter().any(is_requested)
        && state.queue.is_empty()
}

/// The lines of both books, sorted.
fn books_are_equal(state: &State) -> bool {
    let mut ours: Vec<(String, u8, i64)> = state
        .ledger
        .iter()
        .filter_map(|entry| {
            let kind = rank(entry.movement()?);
            Some((entry.provider_id.clone(), kind, entry.amount()))
        })
        .collect();
    let mut theirs = Vec::new();
    if state.provider.received() > 0 {
        theirs.push((INTENT.to_owned(), 0, state.provider.received()));
    }
    for refund in &state.provider.refunds {
        theirs.push((refund.id.clone(), 1, refund.amount));
        if refund.status == RefundStatus::Failed {
            theirs.push((refund.id.clone(), 2, refund.amount));
        }
    }
    ours.sort();
    theirs.sort();
    ours == theirs
}

const fn rank(kind: MovementKind) -> u8 {
    match kind {
        MovementKind::Capture => 0,
        MovementKind::Refund => 1,
        MovementKind::RefundFailure => 2,
    }
}
