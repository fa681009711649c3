//! The protocol of coherence, model-checked: every order in which things can happen, within
//! bounds, is tried.
//!
//! Reading order: [`state`] (what there is) → [`scenario`] (what can happen, and how the protocol
//! is weakened) → [`writers`] (database, outbox, log) → [`pods`] → [`edge`] → [`properties`] (what
//! must hold) → [`healing`] (what must come back) → [`bounds`] (what is explored together) →
//! [`exploration`].
//!
//! The rule, the growth of a copy and its trimming are the real ones ([`cache_core::LogCopy`]).
//! Two writers, two pods, the shared cache, the log's servers, the database with its outbox, and
//! the edge are modelled, with crashes, restarts, trims, fail-overs to a server that lacks records
//! while the old one can still be reached, and a network that delays, loses, repeats and reorders. An
//! answer is read because somebody asks for it, or by the cache itself (a warm fill), at any moment.
//!
//! The model has no clocks. The bounds of 2 s and 5 s are replaced by two rules: a copy may stop
//! being trusted at any moment ("silence"), and a trusted copy guarantees what was committed before
//! its last completed check began. Soft purges are left out: they only make an answer stale.
//!
//! The properties:
//! - (a) by revisions: a hit contains every committed write whose purge the copy has. Checked for
//!   every entry that is valid by the rule, whether the copy is trusted or not.
//! - (a) by checks: a hit on a trusted copy contains every write that was committed before the last
//!   completed check began.
//! - (b) no purge is lost: a row that has left the outbox is in the log in force, or that log came
//!   into force after the write was committed, so that no entry of it can miss the write. And the
//!   edge has every record that it claims to have.
//! - (c) everybody catches up. stateright's `eventually` cannot express this: it only looks at the
//!   ends of paths without cycles, and here a lost message or silence leads back to an earlier
//!   state. Instead the model takes *every* state, runs the programs' own recovery ([`healing`])
//!   without further faults, and requires that the outbox is empty and that all copies and
//!   confirmations have reached the log's head.
//! - The model is not empty: hits, refusals, sweeps and new logs do happen.
//!
//! Each weakening of the protocol breaks a property in a scenario where the real protocol breaks
//! none. So the properties are strong enough to notice the weakening.

#![cfg(not(target_arch = "wasm32"))]

mod bounds;
mod edge;
mod exploration;
mod healing;
mod pods;
mod properties;
mod scenario;
mod state;
mod writers;

use std::time::Instant;

use stateright::{Checker, HasDiscoveries, Model};

use properties::{CATCHES_UP, CHECKED, KEPT, KNOWN};
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

/// Fails unless the weakened protocol breaks the property; prints the shortest path to it.
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
fn the_protocol_holds_when_writers_crash_and_rows_are_swept() {
    holds("crashes", bounds::CRASHES);
    holds("own memory", bounds::OWN_MEMORY);
    holds("hasty sweepers", bounds::HASTY_SWEEPERS);
}

#[test]
fn the_protocol_holds_when_records_come_late_or_twice_and_pods_restart() {
    holds("delivery", bounds::DELIVERY);
    holds("horizon", bounds::HORIZON);
}

#[test]
fn the_protocol_holds_at_the_edge_of_a_bad_network() {
    holds("edge", bounds::EDGE);
    holds("edge, reordered", bounds::EDGE_REORDERED);
}

#[test]
fn the_protocol_holds_when_the_log_forgets_and_a_new_one_begins() {
    holds("new log", bounds::NEW_LOG);
    holds("new log, two writes", bounds::NEW_LOG_TWO_WRITES);
    holds("newer log", bounds::NEWER_LOG);
}

#[test]
fn the_protocol_holds_when_nobody_is_left_who_saw_what_the_log_lost() {
    holds("lost and forgotten", bounds::LOST_AND_FORGOTTEN);
}

#[test]
fn the_protocol_holds_when_the_edge_hears_of_two_logs() {
    holds("new log at the edge", bounds::NEW_LOG_AT_EDGE);
    holds("two logs at the edge", bounds::TWO_LOGS_AT_EDGE);
}

#[test]
fn everybody_catches_up_from_every_state() {
    holds("recovery", bounds::RECOVERY);
    holds("recovery, twice", bounds::RECOVERY_TWICE);
    holds("recovery of the edge", bounds::RECOVERY_OF_EDGE);
}

#[test]
fn the_protocol_holds_when_caches_fill_by_themselves() {
    holds("warm", bounds::WARM);
    holds("warm, after a start", bounds::WARM_START);
    holds("warm, new log", bounds::WARM_NEW_LOG);
    holds("warm, at the edge", bounds::WARM_AT_EDGE);
}

#[test]
fn an_as_of_from_after_the_read_is_caught() {
    breaks(&bounds::CRASHES, Weakening::AsOfAtStore, KNOWN);
}

#[test]
fn an_as_of_of_a_warm_fill_from_after_its_read_is_caught() {
    for scenario in [bounds::WARM, bounds::WARM_NEW_LOG, bounds::WARM_AT_EDGE] {
        breaks(&scenario, Weakening::WarmAsOfAfterRead, KNOWN);
    }
}

#[test]
fn a_revision_from_before_the_commit_is_caught() {
    breaks(&bounds::CRASHES, Weakening::RevisionBeforeCommit, KNOWN);
}

#[test]
fn trust_past_the_horizon_is_caught() {
    breaks(&bounds::HORIZON, Weakening::TrustPastHorizon, KNOWN);
}

#[test]
fn trust_across_identities_is_caught() {
    let scenario = &bounds::NEW_LOG_TWO_WRITES;
    breaks(scenario, Weakening::TrustAcrossIdentities, KNOWN);
}

#[test]
fn a_row_removed_whatever_log_is_in_force_is_caught() {
    breaks(&bounds::NEW_LOG, Weakening::RowRemovedOnAck, KEPT);
}

#[test]
fn a_check_that_does_not_wait_for_the_outbox_is_caught() {
    breaks(&bounds::CRASHES, Weakening::ConfirmWithoutOutbox, CHECKED);
}

#[test]
fn an_as_of_in_a_log_that_is_not_in_force_yet_is_caught() {
    breaks(&bounds::NEW_LOG, Weakening::AsOfBeforeInForce, CHECKED);
}

#[test]
fn a_replaced_log_that_comes_back_is_caught() {
    breaks(&bounds::NEW_LOG, Weakening::InForceAgain, CHECKED);
}

#[test]
fn a_log_that_came_too_late_and_stays_is_caught() {
    let scenario = &bounds::RECOVERY_TWICE;
    breaks(scenario, Weakening::LateLogStays, CATCHES_UP);
}

#[test]
fn a_log_without_digests_is_caught() {
    let scenario = &bounds::NEW_LOG_TWO_WRITES;
    breaks(scenario, Weakening::WithoutDigests, CHECKED);
}

#[test]
fn a_row_taken_out_without_proof_is_caught() {
    let scenario = &bounds::LOST_AND_FORGOTTEN;
    breaks(scenario, Weakening::TakenOutWithoutProof, KEPT);
}

#[test]
fn a_revision_that_leaves_before_it_is_attested_is_caught() {
    let scenario = &bounds::LOST_AND_FORGOTTEN;
    breaks(scenario, Weakening::UnattestedLeaves, KNOWN);
}
