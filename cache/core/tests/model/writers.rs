//! Writers, sweepers, the database's outbox, and the server of the purge log.

use cache_core::Revision;

use crate::scenario::{Scenario, Weakening};
use crate::state::{History, Receipt, Server, State, Write, Writer, identity};

impl Scenario {
    /// Commits the write and its outbox row in one transaction.
    pub(crate) fn commit(&self, state: &State, writer: usize) -> Option<State> {
        let numbered_first = self.weakening == Weakening::RevisionBeforeCommit;
        let ready = if numbered_first {
            Writer::Numbered
        } else {
            Writer::Idle
        };
        // Writes are named by the order of their commits.
        if state.writers[writer] != ready || usize::from(state.database.commits) != writer {
            return None;
        }
        let mut next = state.clone();
        if numbered_first {
            next.writers[writer] = Writer::Done;
        } else {
            next.database.insert_row(state.database.commits);
            next.writers[writer] = Writer::Committed;
        }
        next.database.commits += 1;
        Some(next)
    }

    pub(crate) fn append(&self, state: &State, writer: usize) -> Option<State> {
        let numbered_first = self.weakening == Weakening::RevisionBeforeCommit;
        let is_ready = if numbered_first {
            state.writers[writer] == Writer::Idle && usize::from(state.database.commits) == writer
        } else {
            state.writers[writer] == Writer::Committed
        };
        if !is_ready {
            return None;
        }
        let (mut next, receipt) = self.give_revision(state, writer, writer.try_into().ok()?)?;
        next.writers[writer] = if numbered_first {
            Writer::Numbered
        } else if self.weakening == Weakening::RowRemovedOnAck {
            Writer::Done
        } else {
            Writer::Appended(receipt)
        };
        Some(next)
    }

    /// The writer's row stays in the outbox, so a sweeper appends its record (again).
    pub(crate) fn crash(state: &State, writer: usize) -> Option<State> {
        match state.writers[writer] {
            Writer::Committed | Writer::Appended(_) => {
                let mut next = state.clone();
                next.writers[writer] = Writer::Crashed;
                Some(next)
            }
            Writer::Idle | Writer::Numbered | Writer::Done | Writer::Crashed => None,
        }
    }

    pub(crate) fn remove_row(state: &State, writer: usize) -> Option<State> {
        let Writer::Appended(receipt) = state.writers[writer] else {
            return None;
        };
        let mut next = Self::removed(state, writer, receipt)?;
        next.writers[writer] = Writer::Done;
        Some(next)
    }

    /// A sweeper cannot know whether the writer of a row has crashed or is only slow.
    pub(crate) fn sweep(&self, state: &State, pod: usize, write: Write) -> Option<State> {
        if state.pods[pod].sweep.is_some() || !state.database.is_pending(write) {
            return None;
        }
        let (mut next, receipt) = self.give_revision(state, pod, write)?;
        if self.weakening != Weakening::RowRemovedOnAck {
            next.pods[pod].sweep = Some(receipt);
        }
        Some(next)
    }

    pub(crate) fn remove_swept_row(state: &State, pod: usize) -> Option<State> {
        let mut next = Self::removed(state, pod, state.pods[pod].sweep?)?;
        next.pods[pod].sweep = None;
        Some(next)
    }

    /// Gives up a sweep whose row is gone or whose record is in a log that is not in force. If the
    /// row is still there, a later sweep handles it.
    pub(crate) fn abandon_sweep(state: &State, pod: usize) -> Option<State> {
        let receipt = state.pods[pod].sweep?;
        let is_lost = receipt.log != state.database.in_force;
        if !is_lost && state.database.is_pending(receipt.write) {
            return None;
        }
        let mut next = state.clone();
        next.pods[pod].sweep = None;
        Some(next)
    }

    /// Appends a record. The server checks in the same atomic step whether it may have lost records.
    /// The receipt names the log, which the writer expects from then on.
    fn give_revision(&self, state: &State, pod: usize, write: Write) -> Option<(State, Receipt)> {
        let server = state.server_of(pod);
        if server.is_suspect {
            return None;
        }
        let receipt = Receipt {
            write,
            log: server.log,
            revision: server.head.next(),
        };
        let place = state.pods[pod].server;
        let mut next = state.clone();
        next.history_mut(receipt.log).records.push(write);
        next.servers[place].head = receipt.revision;
        if self.weakening == Weakening::RowRemovedOnAck {
            next.database.remove_row(write);
        }
        Some((next, receipt))
    }

    /// Reads the record back, then removes the row in one transaction if the log is in force.
    /// (Both are one step here: an action between them has the same effect as after them.)
    fn removed(state: &State, pod: usize, receipt: Receipt) -> Option<State> {
        let server = state.server_of(pod);
        let is_read_back = !server.is_suspect
            && server.log == receipt.log
            && (server.horizon.next()..=server.head).contains(&receipt.revision);
        if !is_read_back || state.database.in_force != receipt.log {
            return None;
        }
        let mut next = state.clone();
        next.database.remove_row(receipt.write);
        Some(next)
    }

    /// The server forgets its oldest record.
    pub(crate) fn trim(state: &State) -> Option<State> {
        let mut next = state.clone();
        let server = next.servers.last_mut()?;
        if server.horizon == server.head {
            return None;
        }
        server.horizon = server.horizon.next();
        Some(next)
    }

    /// A replica that has only the first `kept` records becomes the server (0: all are lost). Pods
    /// that are connected to the old server may go on using it.
    pub(crate) fn fail_over(state: &State, kept: u64) -> Option<State> {
        let server = state.servers.last()?;
        let kept = Revision(kept);
        let replica = Server {
            horizon: server.horizon.min(kept),
            head: kept,
            is_suspect: true,
            ..server.clone()
        };
        let mut next = state.clone();
        next.servers.push(replica);
        Some(next)
    }

    /// A pod connects to the current server. If the server may have lost records, or its log can
    /// never come into force, the pod starts a new log there.
    pub(crate) fn connect(&self, state: &State, pod: usize) -> Option<State> {
        let current = state.servers.len() - 1;
        let server = &state.servers[current];
        let in_force = state.database.in_force;
        let is_late = server.log != in_force
            && server.predecessor != Some(in_force)
            && self.weakening != Weakening::LateLogStays;
        if state.pods[pod].server == current && !server.is_suspect && !is_late {
            return None;
        }
        let mut next = state.clone();
        next.pods[pod].server = current;
        if server.is_suspect || is_late {
            next.servers[current] = Server {
                log: identity(state.logs.len().try_into().ok()?),
                predecessor: Some(in_force),
                horizon: Revision::ZERO,
                head: Revision::ZERO,
                is_suspect: false,
            };
            next.logs.push(History {
                records: vec![],
                in_force_at: None,
            });
        }
        Some(next)
    }

    /// Puts the new log in force if its predecessor is in force. A log that was replaced never comes
    /// back.
    pub(crate) fn register(&self, state: &State, pod: usize) -> Option<State> {
        let server = state.server_of(pod);
        let in_force = state.database.in_force;
        let may_follow =
            server.predecessor == Some(in_force) || self.weakening == Weakening::InForceAgain;
        if server.is_suspect || server.log == in_force || !may_follow {
            return None;
        }
        let mut next = state.clone();
        next.database.in_force = server.log;
        next.history_mut(server.log).in_force_at = Some(state.database.commits);
        Some(next)
    }
}
