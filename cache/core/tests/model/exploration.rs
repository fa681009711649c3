//! The model as stateright explores it: every step of the protocol that the bounds allow.

use stateright::{Model, Property};

use crate::properties;
use crate::scenario::{Action, Scenario, Start, Sweeps};
use crate::state::{State, Writer};

/// The pod whose sweeper runs.
const SWEEPER: usize = 1;
/// The pod that is restarted. (The other pod would only lose a fill in progress.)
const RESTARTS: usize = 1;

impl Model for Scenario {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::first(self.writes.len())]
    }

    /// Candidates; [`Scenario::step`] decides which of them are possible in this state.
    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.of_writers(state, actions);
        self.of_servers(state, actions);
        self.of_sweeper(state, actions);
        for pod in 0..state.pods.len() {
            self.of_connection(state, pod, actions);
            self.of_copy(pod, actions);
            self.of_check(state, pod, actions);
            self.of_cache(state, pod, actions);
        }
        if self.messages > 0 {
            self.of_edge(state, actions);
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        self.step(state, action)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::of(self)
    }
}

impl Scenario {
    fn has_room(&self, state: &State, pod: usize) -> bool {
        state.branches[state.server_of(pod).branch].records.len() < self.records
    }

    fn of_writers(&self, state: &State, actions: &mut Vec<Action>) {
        for writer in 0..self.writes.len() {
            actions.extend([Action::Commit(writer), Action::RemoveRow(writer)]);
            if self.has_room(state, writer) {
                actions.push(Action::Append(writer));
            }
            if self.crashes {
                actions.push(Action::Crash(writer));
            }
        }
    }

    fn of_servers(&self, state: &State, actions: &mut Vec<Action>) {
        if state.servers.iter().map(|s| s.horizon.0).sum::<u64>() < self.trims {
            actions.push(Action::Trim);
        }
        if let Some(server) = state.servers.last()
            && state.servers.len() <= self.failovers
        {
            actions.extend((0..=server.head.0).map(|kept| Action::FailOver { kept }));
            actions.push(Action::Wipe);
        }
    }

    /// One sweeper runs: a second could do nothing that it or a slow writer cannot.
    fn of_sweeper(&self, state: &State, actions: &mut Vec<Action>) {
        let pod = SWEEPER;
        for (write, writer) in (0..).zip(&state.writers) {
            let is_due = match self.sweeps {
                Sweeps::Nothing => false,
                Sweeps::Crashed => *writer == Writer::Crashed,
                Sweeps::Any => true,
            };
            if is_due && self.has_room(state, pod) {
                actions.push(Action::Sweep { pod, write });
            }
        }
        actions.extend([Action::RemoveSweptRow(pod), Action::AbandonSweep(pod)]);
    }

    fn of_connection(&self, state: &State, pod: usize, actions: &mut Vec<Action>) {
        if self.failovers > 0 {
            actions.extend([Action::Connect(pod), Action::Register(pod)]);
        }
        if pod == RESTARTS && state.restarts < self.restarts {
            actions.push(Action::Restart(pod));
        }
    }

    /// A pod without any role has no use for its copy.
    fn of_copy(&self, pod: usize, actions: &mut Vec<Action>) {
        if [self.fills, self.checks, self.relays]
            .iter()
            .any(|role| role.contains(&pod))
        {
            actions.extend([
                Action::Adopt(pod, Start::Horizon),
                Action::Adopt(pod, Start::Head),
                Action::Fetch(pod),
                Action::Apply(pod),
            ]);
        }
    }

    fn of_check(&self, state: &State, pod: usize, actions: &mut Vec<Action>) {
        if !self.checks.contains(&pod) {
            return;
        }
        if state.pods[pod].confirmed.is_none() {
            actions.push(Action::BeginCheck(pod));
        }
        actions.extend([
            Action::ReadEnd(pod),
            Action::ReadHead(pod),
            Action::ReadInForce(pod),
            Action::Confirm(pod),
            Action::FallSilent(pod),
        ]);
        if self.failovers > 0 {
            actions.push(Action::Attest(pod));
        }
    }

    /// Readers fill nothing twice: what the properties forbid takes one entry and one copy, and no entry
    /// changes what happens to others. Only warm fills replace entries.
    fn of_cache(&self, state: &State, pod: usize, actions: &mut Vec<Action>) {
        if !self.fills.contains(&pod) {
            return;
        }
        let entries = [
            state.pods[pod].memory,
            state.shared,
            state.edge.flight,
            state.edge.stored,
        ];
        if entries.iter().all(Option::is_none) {
            actions.push(Action::BeginFill(pod));
        }
        if state.warms < self.warms {
            actions.push(Action::BeginWarmFill(pod));
        }
        actions.push(Action::ReadDatabase(pod));
        for tier in self.tiers {
            actions.push(Action::Store(pod, *tier));
        }
    }

    fn of_edge(&self, state: &State, actions: &mut Vec<Action>) {
        for (pod, replica) in (0..).zip(state.pods.iter().map(|pod| pod.replica)) {
            let Some(replica) = replica else { continue };
            if self.relays.contains(&pod) && state.network.len() < self.messages {
                for after in replica.horizon.0..=replica.head.0 {
                    for to in after..=replica.head.0 {
                        actions.push(Action::Relay { pod, after, to });
                    }
                }
            }
            if state.edge.stored.is_none() || state.warms > 0 {
                for tier in self.tiers {
                    actions.push(Action::AnswerFromCache(pod, *tier));
                }
                actions.push(Action::AnswerFromDatabase(pod));
            }
        }
        for place in 0..state.network.len() {
            actions.extend([Action::Deliver(place), Action::Lose(place)]);
        }
        actions.extend([Action::KeepAtEdge, Action::EdgeFallsSilent]);
    }
}
