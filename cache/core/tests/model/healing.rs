//! Recovery: what the programs do by themselves once the faults end. Every state must recover.

use crate::scenario::{Action, Scenario, Start};
use crate::state::{Replica, State};

/// Rounds until everybody is up to date: one to come to the current log, one for the rows that a
/// sweeper could not remove at first, one to check and relay.
const ROUNDS: usize = 4;

impl Scenario {
    /// Whether everybody catches up when nothing fails any more. The schedule is what the programs
    /// do by themselves: connect, take up the log in force, sweep, tail, check, relay.
    pub(crate) fn catches_up(&self, state: &State) -> bool {
        let mut state = state.clone();
        state.network.clear();
        for _ in 0..ROUNDS {
            for pod in 0..state.pods.len() {
                for action in self.recovery(pod) {
                    self.advance(&mut state, action);
                }
                if self.messages > 0 {
                    self.relay_what_is_missing(&mut state, pod);
                }
            }
        }
        self.is_up_to_date(&state)
    }

    fn advance(&self, state: &mut State, action: Action) {
        if let Some(next) = self.step(state, action) {
            *state = next;
        }
    }

    fn recovery(&self, pod: usize) -> Vec<Action> {
        let mut actions = vec![
            Action::Connect(pod),
            Action::Register(pod),
            Action::Adopt(pod, Start::Horizon),
        ];
        for write in (0..).take(self.writes.len()) {
            actions.extend([
                Action::AbandonSweep(pod),
                Action::RemoveSweptRow(pod),
                Action::Sweep { pod, write },
                Action::RemoveSweptRow(pod),
            ]);
        }
        actions.extend([
            Action::Attest(pod),
            Action::BeginCheck(pod),
            Action::ReadEnd(pod),
            Action::ReadHead(pod),
            Action::ReadInForce(pod),
            Action::Fetch(pod),
            Action::Apply(pod),
            Action::Confirm(pod),
        ]);
        actions
    }

    /// As the origin's relay does: sends what follows the edge's head if it is known, else
    /// everything after the horizon.
    fn relay_what_is_missing(&self, state: &mut State, pod: usize) {
        let Some(replica) = state.pods[pod].replica else {
            return;
        };
        let after = state
            .edge
            .feed
            .filter(|feed| feed.log == replica.log)
            .map(|feed| feed.head)
            .filter(|head| (replica.horizon..=replica.head).contains(head))
            .unwrap_or(replica.horizon);
        let to = self.settled(&state.pods[pod], replica.head);
        let (after, to) = (after.0, to.0);
        for action in [
            Action::Relay { pod, after, to },
            Action::Deliver(0),
            Action::Lose(0),
        ] {
            self.advance(state, action);
        }
    }

    fn is_up_to_date(&self, state: &State) -> bool {
        let Some(server) = state.servers.last() else {
            return false;
        };
        let commits = Some(state.database.commits);
        let at_head = Some((server.log, server.head));
        let end = |replica: Option<Replica>| replica.map(|r| (r.log, r.head));
        let pods = state
            .pods
            .iter()
            .all(|pod| end(pod.replica) == at_head && pod.confirmed == commits);
        let edge = end(state.edge.feed) == at_head && state.edge.confirmed == commits;
        server.log == state.database.in_force
            && state.database.outbox == 0
            && pods
            && (edge || self.messages == 0)
    }
}
