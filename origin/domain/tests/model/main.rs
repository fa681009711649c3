//! Booking, payment, provider, reports, workers and crashes, model-checked: every order in which things
//! can happen, within bounds, is tried.
//!
//! Reading order: [`state`] (what there is) → [`scenario`] (what can happen, and how the rules are
//! weakened) → [`steps`] (guests, venues, jobs) → [`working`] (the server that starts a payment, and the
//! workers) → [`provider`] → [`healing`] (what must come to rest) → [`properties`] (what must hold).
//!
//! Decisions are the real ones: [`domain::payments::writes`] and [`domain::bookings::writes`]. A
//! transaction of a store is one step here; that it is one on both backends is shown by the contract
//! tests. The provider, the queue, reports and workers are modelled, with reports that are lost, come
//! twice, late or in any order, workers that apply an answer long after they got it, or crash before or
//! after that, and two that have the same task.
//!
//! The properties:
//! - money that has come is for a booking that is confirmed, or goes back, or stays by the offer's rule;
//! - no booking is confirmed without money;
//! - no more goes back than has come;
//! - the ledger sums to zero, and has what the payment and its refunds say;
//! - from *every* state, without further faults, everything comes to rest: nothing is open, here and at
//!   the provider, and the ledger is equal to the provider's books. (stateright's `eventually` only
//!   looks at the ends of paths without cycles, and here a crash leads back to an earlier state.) And
//!   money that came in time has confirmed its booking then, although no report came.
//!
//! Each weakening of a rule breaks a property in a scenario where the real rules break none.

mod healing;
mod properties;
mod provider;
mod scenario;
mod state;
mod steps;
mod working;

use std::time::Instant;

use stateright::{Checker, HasDiscoveries, Model};

use properties::{BOUNDED, CONFIRMED, KEPT, LEDGER, RESTS};
use scenario::{Scenario, Weakening};

/// Visits every state and fails if a property is broken or a `sometimes` property never holds.
fn holds(name: &str, scenario: Scenario) {
    let began = Instant::now();
    let checker = scenario.checker().threads(2).spawn_bfs().join();
    println!(
        "{name}: {} unique states, depth {}, {:.1} s",
        checker.unique_state_count(),
        checker.max_depth(),
        began.elapsed().as_secs_f32()
    );
    checker.assert_properties();
}

/// Fails unless the weakened rules break the property; prints the shortest path to it.
fn breaks(scenario: &Scenario, weakening: Weakening, property: &'static str) {
    let weakened = Scenario {
        weakening,
        ..scenario.clone()
    };
    let checker = weakened
        .checker()
        .finish_when(HasDiscoveries::AnyOf([property].into()))
        .spawn_bfs()
        .join();
    let path = checker
        .discovery(property)
        .unwrap_or_else(|| panic!("{weakening:?} breaks nothing: the model is too weak"));
    println!(
        "{weakening:?}, after {} unique states: {:?}",
        checker.unique_state_count(),
        path.into_actions()
    );
}

#[test]
fn money_is_safe_when_people_pay_cancel_and_come_late() {
    holds("one worker", scenario::ONE_WORKER);
    holds("two taps", scenario::TWO_TAPS);
    holds("erasure", scenario::ERASURE);
}

#[test]
fn money_is_safe_when_two_workers_apply_old_answers() {
    holds("two workers", scenario::TWO_WORKERS);
}

#[test]
fn money_is_safe_when_support_and_the_provider_refund_at_once_and_refunds_fail() {
    holds("refunds", scenario::REFUNDS);
}

#[test]
fn money_is_safe_when_another_amount_comes() {
    holds("another amount", scenario::ANOTHER_AMOUNT);
}

#[test]
fn a_booking_that_is_confirmed_when_its_payment_begins_is_caught() {
    let scenario = &scenario::ONE_WORKER;
    breaks(scenario, Weakening::ConfirmedAtStart, CONFIRMED);
}

#[test]
fn late_money_that_is_not_refunded_is_caught() {
    breaks(&scenario::ONE_WORKER, Weakening::LateMoneyKept, KEPT);
}

#[test]
fn a_refund_whose_sum_is_not_checked_is_caught() {
    breaks(&scenario::REFUNDS, Weakening::SumUnchecked, BOUNDED);
}

#[test]
fn a_cancellation_by_the_venue_that_is_not_refunded_is_caught() {
    breaks(&scenario::ONE_WORKER, Weakening::VenueKeeps, KEPT);
}

#[test]
fn an_old_answer_that_undoes_a_newer_one_is_caught() {
    breaks(&scenario::TWO_WORKERS, Weakening::OldAnswersWin, CONFIRMED);
}

#[test]
fn reports_without_looks_of_our_own_are_caught() {
    breaks(&scenario::ONE_WORKER, Weakening::NeverLooks, RESTS);
}

#[test]
fn a_refund_that_is_entered_twice_is_caught() {
    breaks(
        &scenario::ONE_WORKER,
        Weakening::RefundsEnteredAgain,
        LEDGER,
    );
}
