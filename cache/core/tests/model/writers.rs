//! Writers, sweepers, the database's outbox, and the server of the purge log.

use cache_core::Revision;

use crate::scenario::{Scenario, Weakening};
use crate::state::{Branch, Log, NO_LOG, Receipt, Server, State, Write, Writer, identity};

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

    pub(crate) fn remove_row(&self, state: &State, writer: usize) -> Option<State> {
        let Writer::Appended(receipt) = state.writers[writer] else {
            return None;
        };
        let mut next = self.removed(state, writer, receipt)?;
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

    pub(crate) fn remove_swept_row(&self, state: &State, pod: usize) -> Option<State> {
        let mut next = self.removed(state, pod, state.pods[pod].sweep?)?;
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

    /// Appends a record. The receipt names the log, which the writer expects from then on.
    fn give_revision(&self, state: &State, pod: usize, write: Write) -> Option<(State, Receipt)> {
        let place = state.pods[pod].server;
        let (log, branch) = (state.servers[place].log, state.servers[place].branch);
        if state.servers[place].is_empty() {
            return None;
        }
        let mut next = state.clone();
        next.branches[branch].records.push(write);
        next.servers[place].head = next.servers[place].head.next();
        let receipt = Receipt {
            write,
            log,
            point: next.point(branch, next.servers[place].head),
        };
        if self.weakening == Weakening::RowRemovedOnAck {
            next.database.remove_row(write);
        }
        Some((next, receipt))
    }

    /// Reads the record back, then removes the row in one transaction if the log is in force and has
    /// what was attested of it. (Both are one step here: an action between them has the same effect as
    /// after them.)
    fn removed(&self, state: &State, pod: usize, receipt: Receipt) -> Option<State> {
        let server = state.server_of(pod);
        let Receipt { write, log, point } = receipt;
        let is_read_back =
            server.log == log && point.revision > server.horizon && self.has(state, server, point);
        let end = state.log(log).end;
        let is_proven =
            self.has(state, server, end) || self.weakening == Weakening::TakenOutWithoutProof;
        if !is_read_back || !is_proven || state.database.in_force != log {
            return None;
        }
        let mut next = state.clone();
        next.database.remove_row(write);
        if point.revision > end.revision {
            next.log_mut(log).end = point;
        }
        self.learn_that_it_is_attested(&mut next, pod, receipt);
        Some(next)
    }

    /// The pod whose connection was used learns of it, if its copy has the record.
    fn learn_that_it_is_attested(&self, state: &mut State, pod: usize, receipt: Receipt) {
        let Some(copy) = state.pods[pod].replica else {
            return;
        };
        let revision = receipt.point.revision;
        let is_there = copy.log == receipt.log
            && revision <= copy.head
            && (self.weakening == Weakening::WithoutDigests
                || state.point(copy.branch, revision) == receipt.point);
        if is_there && self.failovers > 0 {
            let attested = &mut state.pods[pod].attested;
            *attested = revision.max(*attested);
        }
    }

    /// A check attests a log of which no row is left, but that ends with a record which nobody attests.
    pub(crate) fn attest(&self, state: &State, pod: usize) -> Option<State> {
        let (server, in_force) = (state.server_of(pod), state.database.in_force);
        let end = state.log(in_force).end;
        let is_due = server.log == in_force
            && state.database.outbox == 0
            && end.revision < server.head
            && self.has(state, server, end);
        if !is_due {
            return None;
        }
        let mut next = state.clone();
        next.log_mut(server.log).end = state.point(server.branch, server.head);
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
        let mut next = state.clone();
        let count = usize::try_from(kept.0).ok()?;
        next.branches.push(Branch {
            records: state.branches[server.branch].records[..count].to_vec(),
            parent: Some((server.branch, kept)),
        });
        next.servers.push(Server {
            horizon: server.horizon.min(kept),
            head: kept,
            branch: state.branches.len(),
            ..server.clone()
        });
        Some(next)
    }

    /// A server without any log becomes the server.
    pub(crate) fn wipe(state: &State) -> Option<State> {
        let mut next = Self::fail_over(state, 0)?;
        let server = next.servers.last_mut()?;
        (server.log, server.predecessor) = (NO_LOG, None);
        Some(next)
    }

    /// A pod connects to the current server. If the server has lost records, or its log can never come
    /// into force, the pod starts a new log there.
    pub(crate) fn connect(&self, state: &State, pod: usize) -> Option<State> {
        let current = state.servers.len() - 1;
        let server = &state.servers[current];
        let in_force = state.database.in_force;
        let is_late = !server.is_empty()
            && server.log != in_force
            && server.predecessor != Some(in_force)
            && self.weakening != Weakening::LateLogStays;
        let is_wrong =
            is_late || server.is_empty() || self.has_lost(state, server, &state.pods[pod]);
        if state.pods[pod].server == current && !is_wrong {
            return None;
        }
        let mut next = state.clone();
        next.pods[pod].server = current;
        if is_wrong {
            let branch = state.branches.len();
            next.branches.push(Branch {
                records: vec![],
                parent: None,
            });
            next.servers[current] = Server {
                log: identity(state.logs.len().try_into().ok()?),
                predecessor: Some(in_force),
                horizon: Revision::ZERO,
                head: Revision::ZERO,
                branch,
            };
            next.logs.push(Log {
                in_force_at: None,
                end: next.point(branch, Revision::ZERO),
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
        if server.is_empty() || server.log == in_force || !may_follow {
            return None;
        }
        let mut next = state.clone();
        next.database.in_force = server.log;
        let end = state.point(server.branch, server.head);
        *next.log_mut(server.log) = Log {
            in_force_at: Some(state.database.commits),
            end,
        };
        Some(next)
    }
}
