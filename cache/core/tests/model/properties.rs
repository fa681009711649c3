//! What must hold in every state, and what must happen in some.

use cache_core::{InvalidReason, Revision, Validity};
use stateright::Property;

use crate::edge::bits;
use crate::scenario::{ITEM, Scenario};
use crate::state::{By, Commits, Entry, Replica, State, Write, Writer, identity};

/// (a), by revisions.
pub(crate) const KNOWN: &str = "a hit misses no write whose purge the copy knows";
/// (a), by checks.
pub(crate) const CHECKED: &str = "a trusted hit misses no write from before the check";
/// What the cache itself read after a write is served.
const WARMED: &str = "what a warm fill read after a write is hit";
/// (b)
pub(crate) const KEPT: &str = "a row that is gone is in the attested log, or needs not be";
/// (b), at the edge: it has every record that it claims to have.
pub(crate) const HELD: &str = "the edge has every record after its horizon";
/// (c)
pub(crate) const CATCHES_UP: &str = "everybody catches up once the faults end";

type Condition = fn(&Scenario, &State) -> bool;

/// The properties that apply to the scenario.
pub(crate) fn of(scenario: &Scenario) -> Vec<Property<Scenario>> {
    let has_entries = !scenario.fills.is_empty();
    let has_edge = scenario.messages > 0;
    let properties = [
        (
            true,
            Property::always(KNOWN, knows_what_it_serves as Condition),
        ),
        (true, Property::always(CHECKED, serves_what_was_checked)),
        (true, Property::always(KEPT, keeps_rows)),
        (has_edge, Property::always(HELD, has_no_gaps)),
        (
            !has_entries,
            Property::always(CATCHES_UP, Scenario::catches_up),
        ),
        (
            has_entries && !scenario.tiers.is_empty(),
            Property::sometimes("a pod hits", |scenario, state| {
                found_by_pods(state).any(|found| found.is_hit(scenario, state))
            }),
        ),
        (
            has_entries && has_edge,
            Property::sometimes("the edge hits", |scenario, state| {
                found_by_edge(state).is_some_and(|found| found.is_hit(scenario, state))
            }),
        ),
        (
            scenario.warms > 0,
            Property::sometimes(WARMED, |scenario, state| {
                found(state).any(|found| {
                    let is_warm = found.entry.by == By::Cache && found.entry.contains > 0;
                    is_warm && found.is_hit(scenario, state)
                })
            }),
        ),
        (
            has_entries,
            Property::sometimes("a purged entry is refused", |scenario, state| {
                refusals(scenario, state).any(|it| matches!(it, InvalidReason::Purged { .. }))
            }),
        ),
        (
            has_entries && scenario.trims + u64::from(scenario.restarts) > 0,
            Property::sometimes(
                "an entry before the horizon is refused",
                |scenario, state| {
                    refusals(scenario, state).any(|it| it == InvalidReason::BeforeHorizon)
                },
            ),
        ),
        (
            has_entries && scenario.failovers > 0,
            Property::sometimes("an entry of another log is refused", |scenario, state| {
                refusals(scenario, state).any(|it| it == InvalidReason::OtherLog)
            }),
        ),
        (
            scenario.failovers > 0,
            Property::sometimes("a new log is in force", |_: &Scenario, state: &State| {
                state.database.in_force != identity(0)
            }),
        ),
        (
            scenario.crashes,
            Property::sometimes(
                "a crashed writer's row is swept",
                |_: &Scenario, state: &State| {
                    let mut writers = (0..).zip(&state.writers);
                    writers.any(|(w, is)| *is == Writer::Crashed && !state.database.is_pending(w))
                },
            ),
        ),
    ];
    properties
        .into_iter()
        .filter_map(|(is_meant, property)| is_meant.then_some(property))
        .collect()
}

/// An entry, and the copy that judges it.
struct Found {
    entry: Entry,
    replica: Replica,
    confirmed: Option<Commits>,
    /// The copy's pod itself has stored the entry.
    is_own: bool,
}

impl Found {
    /// The records that the copy knows. What others have stored depends on the attested ones only: a
    /// record that is not attested may be another one for them.
    fn known<'s>(&self, scenario: &Scenario, state: &'s State) -> &'s [Write] {
        let Replica {
            log, branch, head, ..
        } = self.replica;
        let end = state.log(log).end;
        let is_known = |revision: &Revision| {
            let in_both =
                *revision <= end.revision && end.is_after(state, state.point(branch, *revision));
            self.is_own || scenario.failovers == 0 || in_both
        };
        let last = (0..=head.0).rev().map(Revision).find(is_known);
        state.records_of(state.point(branch, last.unwrap_or(Revision::ZERO)))
    }

    fn is_valid(&self, scenario: &Scenario, state: &State) -> bool {
        scenario.judge(state, self.replica, self.entry) == Validity::Valid
    }

    fn is_hit(&self, scenario: &Scenario, state: &State) -> bool {
        self.confirmed.is_some() && self.is_valid(scenario, state)
    }

    /// Whether the entry depends on a write and was read before its commit.
    fn misses(&self, scenario: &Scenario, write: Write) -> bool {
        scenario.writes[usize::from(write)] == ITEM && write >= self.entry.contains
    }
}

fn found_by_pods(state: &State) -> impl Iterator<Item = Found> {
    state.pods.iter().flat_map(|pod| {
        let both = [(pod.memory, true), (state.shared, false)];
        both.into_iter().filter_map(|(entry, is_own)| {
            Some(Found {
                entry: entry?,
                replica: pod.replica?,
                confirmed: pod.confirmed,
                is_own,
            })
        })
    })
}

fn found_by_edge(state: &State) -> Option<Found> {
    Some(Found {
        entry: state.edge.stored?,
        replica: state.edge.feed?,
        confirmed: state.edge.confirmed,
        is_own: false,
    })
}

fn found(state: &State) -> impl Iterator<Item = Found> {
    found_by_pods(state).chain(found_by_edge(state))
}

/// Stronger than needed: it holds for every valid entry, whether the copy is trusted or not.
fn knows_what_it_serves(scenario: &Scenario, state: &State) -> bool {
    found(state).all(|found| {
        let mut known = found.known(scenario, state).iter();
        let is_missed =
            known.any(|write| *write < state.database.commits && found.misses(scenario, *write));
        !is_missed || !found.is_valid(scenario, state)
    })
}

fn serves_what_was_checked(scenario: &Scenario, state: &State) -> bool {
    found(state).all(|found| {
        let checked = 0..found.confirmed.unwrap_or_default();
        let is_missed = checked
            .into_iter()
            .any(|write| found.misses(scenario, write));
        !is_missed || !found.is_hit(scenario, state)
    })
}

/// An entry of the log in force cannot miss a write that was committed before the log came into
/// force. Records that a log gave out and was trimmed of count: older entries cannot be judged.
fn keeps_rows(_: &Scenario, state: &State) -> bool {
    let log = state.log(state.database.in_force);
    (0..state.database.commits).all(|write| {
        state.database.is_pending(write)
            || state.records_of(log.end).contains(&write)
            || log.in_force_at.is_some_and(|commits| write < commits)
    })
}

fn has_no_gaps(_: &Scenario, state: &State) -> bool {
    let claimed = state.edge.feed.map(|feed| bits(feed.horizon, feed.head));
    state.edge.held == claimed.unwrap_or_default() && !state.edge.is_mixed
}

fn refusals(scenario: &Scenario, state: &State) -> impl Iterator<Item = InvalidReason> {
    found(state).filter_map(
        |found| match scenario.judge(state, found.replica, found.entry) {
            Validity::Invalid(reason) => Some(reason),
            Validity::Valid | Validity::Stale => None,
        },
    )
}
