//! The simulated log servers. They do what the scripts of `redis_log` do.

use std::collections::HashMap;

use cache_core::{LogId, PurgeRecord, Revision};
use cache_tiered::redis_log::Opened;

use super::{schedule::Disaster, world::PODS};

#[derive(Clone, Debug)]
struct State {
    log: LogId,
    /// The server that the log belongs to.
    server: u64,
    head: u64,
}

#[derive(Clone, Debug, Default)]
struct Server {
    /// Its replication id.
    id: u64,
    state: Option<State>,
    streams: HashMap<LogId, Vec<PurgeRecord>>,
}

/// The servers, and which of them each pod is connected to.
#[derive(Debug)]
pub(super) struct LogServers {
    all: Vec<Server>,
    pub(super) leads_to: [usize; PODS],
    next_id: u64,
}

impl Default for LogServers {
    fn default() -> Self {
        Self {
            all: vec![Server::default()],
            leads_to: [0; PODS],
            next_id: 1,
        }
    }
}

impl LogServers {
    const fn fresh(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    const fn fresh_log(&mut self) -> LogId {
        let mut bytes = [0; 16];
        let number = self.fresh().to_be_bytes();
        let mut at = 0;
        while at < 8 {
            bytes[at] = number[at];
            at += 1;
        }
        LogId::from_bytes(bytes)
    }

    /// The newest server.
    pub(super) fn current(&self) -> usize {
        self.all.len() - 1
    }

    /// The log of the newest server, and its end.
    pub(super) fn end(&self) -> Option<(LogId, Revision)> {
        let state = self.all.last()?.state.as_ref()?;
        Some((state.log, Revision(state.head)))
    }

    pub(super) fn open(
        &mut self,
        pod: usize,
        wrong: Option<LogId>,
        begins_after: Revision,
    ) -> Opened {
        let fresh = self.fresh_log();
        let server = &mut self.all[self.leads_to[pod]];
        let id = server.id;
        let known = server
            .state
            .take()
            .map(|state| (state.server == id && Some(state.log) != wrong, state));
        let state = match known {
            Some((true, state)) => state,
            other => {
                if let Some((_, state)) = other {
                    server.streams.remove(&state.log);
                }
                State {
                    log: fresh,
                    server: id,
                    head: begins_after.0,
                }
            }
        };
        let first = server.streams.get(&state.log).and_then(|all| all.first());
        let opened = Opened {
            log: state.log,
            horizon: Revision(first.map_or(state.head, |first| first.revision.0 - 1)),
            head: Revision(state.head),
        };
        server.state = Some(state);
        opened
    }

    /// `None` when the log has another identity.
    pub(super) fn append(
        &mut self,
        pod: usize,
        log: LogId,
        mut record: PurgeRecord,
    ) -> Option<Revision> {
        let server = &mut self.all[self.leads_to[pod]];
        let id = server.id;
        let state = server
            .state
            .as_mut()
            .filter(|state| state.log == log && state.server == id)?;
        state.head += 1;
        record.revision = Revision(state.head);
        let revision = record.revision;
        server.streams.entry(log).or_default().push(record);
        Some(revision)
    }

    pub(super) fn has(&self, pod: usize, log: LogId, revision: Revision) -> bool {
        self.records_after(pod, log, Revision(revision.0 - 1), 1)
            .first()
            .is_some_and(|record| record.revision == revision)
    }

    pub(super) fn records_after(
        &self,
        pod: usize,
        log: LogId,
        after: Revision,
        limit: usize,
    ) -> Vec<PurgeRecord> {
        let stream = self.all[self.leads_to[pod]].streams.get(&log);
        let records = stream.into_iter().flatten();
        records
            .filter(|record| record.revision > after)
            .take(limit)
            .cloned()
            .collect()
    }

    /// Applies a fault to the newest server. Returns whether the pods must connect to another one.
    pub(super) fn strike(&mut self, disaster: Disaster) -> bool {
        let fresh = self.fresh();
        let current = self.current();
        let server = &mut self.all[current];
        match disaster {
            Disaster::Restarts => server.id = fresh,
            Disaster::Wiped => {
                *server = Server {
                    id: fresh,
                    ..Server::default()
                }
            }
            Disaster::Flushed => {
                *server = Server {
                    id: server.id,
                    ..Server::default()
                }
            }
            Disaster::Trimmed { keep } => {
                for stream in server.streams.values_mut() {
                    stream.drain(..stream.len().saturating_sub(keep));
                }
            }
            Disaster::FailsOver { forgets } => {
                let mut replica = server.clone();
                replica.id = fresh;
                if let Some(state) = &mut replica.state {
                    let stream = replica.streams.entry(state.log).or_default();
                    let forgets = forgets.min(stream.len());
                    stream.truncate(stream.len() - forgets);
                    state.head -= forgets as u64;
                }
                self.all.push(replica);
                return true;
            }
        }
        false
    }
}
