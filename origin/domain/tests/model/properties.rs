//! What must hold in every state, and what must happen in some.

use std::collections::BTreeSet;

use domain::{
    bookings::booking::BookingStatus,
    payments::{
        ledger::Account,
        payment::PaymentState,
        provider::IntentStatus,
        refund::{RefundCause, RefundState},
    },
};
use stateright::Property;

use crate::{
    scenario::Scenario,
    state::{State, account},
};

pub(crate) const KEPT: &str = "money is for a booking, or goes back, or stays by the rule";
pub(crate) const CONFIRMED: &str = "no booking is confirmed without its money";
pub(crate) const BOUNDED: &str = "no more goes back than has come";
pub(crate) const LEDGER: &str = "the ledger says what the rows say, and sums to zero";
pub(crate) const RESTS: &str =
    "everything comes to rest, paid in time is confirmed, books are equal";

type Condition = fn(&Scenario, &State) -> bool;

pub(crate) fn of(scenario: &Scenario) -> Vec<Property<Scenario>> {
    let pays_right = scenario.pays == crate::state::AMOUNT;
    let gets_late = scenario.moments == crate::state::MOMENTS.len();
    let mut properties = vec![
        Property::always(KEPT, is_kept_well as Condition),
        Property::always(CONFIRMED, is_confirmed_with_money),
        Property::always(BOUNDED, is_bounded),
        Property::always(LEDGER, ledger_is_right),
        Property::always(RESTS, Scenario::rests),
        Property::sometimes("late money is refunded", |_, state: &State| {
            let is_late = |refund: &domain::payments::refund::Refund| {
                refund.cause == RefundCause::Late && refund.state == RefundState::Accepted
            };
            state.refunds.iter().any(is_late)
        }),
        Property::sometimes("an intent is cancelled", |_, state: &State| {
            state.payment.as_ref().map(|payment| payment.state) == Some(PaymentState::Cancelled)
        }),
    ];
    if pays_right {
        let name = "a booking is confirmed";
        properties.push(Property::sometimes(name, |_, state: &State| {
            state.booking.status == BookingStatus::Confirmed
        }));
    }
    if pays_right && gets_late {
        let name = "money stays by the rule";
        properties.push(Property::sometimes(name, |_, state: &State| {
            state.kept_by_rule && state.provider.received() > 0 && state.refunds.is_empty()
        }));
    }
    properties
}

/// Of refunds that failed an operator was told.
fn is_kept_well(_: &Scenario, state: &State) -> bool {
    let Some(payment) = &state.payment else {
        return true;
    };
    if payment.state != PaymentState::Captured {
        return true;
    }
    let asked: i64 = state.refunds.iter().map(|refund| refund.amount).sum();
    is_good(state.booking.status) || state.kept_by_rule || asked >= payment.amount
}

const fn is_good(status: BookingStatus) -> bool {
    match status {
        BookingStatus::Confirmed | BookingStatus::CheckedIn | BookingStatus::NoShow => true,
        BookingStatus::Pending | BookingStatus::Cancelled | BookingStatus::Expired => false,
    }
}

fn is_confirmed_with_money(_: &Scenario, state: &State) -> bool {
    let has_money = state.provider.intent.is_some_and(|(status, received)| {
        status == IntentStatus::Succeeded
            && Some(received) == state.booking.price.map(|price| price.amount)
    });
    let is_captured =
        |payment: &domain::payments::payment::Payment| payment.state == PaymentState::Captured;
    !is_good(state.booking.status) || (has_money && state.payment.as_ref().is_some_and(is_captured))
}

fn is_bounded(_: &Scenario, state: &State) -> bool {
    let is_row_good = state
        .payment
        .as_ref()
        .is_none_or(|payment| (0..=payment.amount).contains(&payment.refunded));
    is_row_good && state.provider.given_back() <= state.provider.received()
}

fn ledger_is_right(_: &Scenario, state: &State) -> bool {
    let keys: BTreeSet<&str> = state
        .ledger
        .iter()
        .map(|entry| entry.key.as_str())
        .collect();
    let owed = |account: &Account| -> i64 {
        let changes = state.ledger.iter().map(|entry| entry.change_of(account));
        changes.sum()
    };
    let all = [
        Account::Provider,
        Account::Partner(account().partner),
        Account::Fees,
        Account::Disputed,
        Account::Losses,
    ];
    let Some(payment) = &state.payment else {
        return state.ledger.is_empty();
    };
    let of = |what: fn(&domain::payments::refund::Refund) -> i64| -> i64 {
        let accepted = state
            .refunds
            .iter()
            .filter(|refund| refund.state == RefundState::Accepted);
        accepted.map(what).sum()
    };
    let (came, fee) = match payment.state {
        PaymentState::Captured => (payment.amount, payment.fee),
        PaymentState::Open | PaymentState::Cancelled => (0, 0),
    };
    let not_failed = state
        .refunds
        .iter()
        .filter(|refund| refund.state != RefundState::Failed);
    keys.len() == state.ledger.len()
        && all.iter().map(&owed).sum::<i64>() == 0
        && -owed(&Account::Provider) == came - of(|refund| refund.amount)
        && owed(&Account::Fees) == fee - of(|refund| refund.fee)
        && payment.refunded == not_failed.map(|refund| refund.amount).sum::<i64>()
}
