//! The simulated log servers. They do what the scripts of `redis_log` do.

use std::collections::HashMap;

use cache_core::{Digest, LogId, PurgeRecord, Revision, Tip};
use cache_tiered::{
    Page,
    redis_log::{Looked, Opened},
};

use super::{schedule::Disaster, world::PODS};

#[derive(Clone, Debug)]
struct Appended {
    record: PurgeRecord,
    /// The digest before it.
    after: Digest,
    digest: Digest,
}

#[derive(Clone, Debug)]
struct State {
    log: LogId,
    tip: Tip,
}

#[derive(Clone, Debug, Default)]
struct Server {
    state: Option<State>,
    streams: HashMap<LogId, Vec<Appended>>,
}

impl Server {
    fn looked(&self, known: &[(LogId, Tip)]) -> Option<Looked> {
        let State { log, tip } = self.state.as_ref()?;
        let records = self.streams.get(log).map_or(&[][..], Vec::as_slice);
        let has = |must: &Tip| {
            let next = records
                .iter()
                .find(|next| next.record.revision == must.revision.next());
            must.revision <= tip.revision
                && (must.revision != tip.revision || must == tip)
                && next.is_none_or(|next| next.after == must.digest)
        };
        let of_this = known.iter().filter(|(known, _)| known == log);
        let first = records.first();
        let horizon = first.map_or(tip.revision.0, |first| first.record.revision.0 - 1);
        Some(Looked {
            opened: Opened {
                log: *log,
                horizon: Revision(horizon),
                tip: *tip,
            },
            has_lost: of_this.map(|(_, tip)| tip).any(|tip| !has(tip)),
        })
    }

    /// It loses its newest records.
    fn forget(&mut self, forgets: usize) {
        let Some(state) = &mut self.state else { return };
        let stream = self.streams.entry(state.log).or_default();
        for _ in 0..forgets {
            let Some(lost) = stream.pop() else { return };
            state.tip = Tip {
                revision: Revision(lost.record.revision.0 - 1),
                digest: lost.after,
            };
        }
    }
}

/// The servers, and which of them each pod is connected to.
#[derive(Debug)]
pub(super) struct LogServers {
    all: Vec<Server>,
    pub(super) leads_to: [usize; PODS],
    next: u64,
}

impl Default for LogServers {
    fn default() -> Self {
        Self {
            all: vec![Server::default()],
            leads_to: [0; PODS],
            next: 1,
        }
    }
}

impl LogServers {
    /// A number that was never given before, as random numbers are.
    const fn fresh(&mut self) -> [u8; 8] {
        self.next += 1;
        self.next.to_be_bytes()
    }

    fn fresh_log(&mut self) -> LogId {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.fresh());
        LogId::from_bytes(bytes)
    }

    /// The newest server.
    pub(super) fn current(&self) -> usize {
        self.all.len() - 1
    }

    /// The log of the newest server, and its end.
    pub(super) fn end(&self) -> Option<(LogId, Revision)> {
        let state = self.all.last()?.state.as_ref()?;
        Some((state.log, state.tip.revision))
    }

    pub(super) fn look(&self, pod: usize, known: &[(LogId, Tip)]) -> Option<Looked> {
        self.all[self.leads_to[pod]].looked(known)
    }

    pub(super) fn open(
        &mut self,
        pod: usize,
        wrong: Option<LogId>,
        begins_after: Revision,
    ) -> Option<Opened> {
        let (log, digest) = (self.fresh_log(), Digest::from_bytes(self.fresh()));
        let server = &mut self.all[self.leads_to[pod]];
        let before = server.state.as_ref().map(|state| state.log);
        if before.is_none() || before == wrong {
            server.streams.clear();
            let tip = Tip {
                revision: begins_after,
                digest,
            };
            server.state = Some(State { log, tip });
        }
        server.looked(&[]).map(|looked| looked.opened)
    }

    /// `None` when the log has another identity.
    pub(super) fn append(
        &mut self,
        pod: usize,
        log: LogId,
        records: Vec<PurgeRecord>,
    ) -> Option<Page> {
        let mut page = Page::default();
        for mut record in records {
            let digest = Digest::from_bytes(self.fresh());
            let server = &mut self.all[self.leads_to[pod]];
            let state = server.state.as_mut().filter(|state| state.log == log)?;
            let after = state.tip.digest;
            record.revision = state.tip.revision.next();
            state.tip = Tip {
                revision: record.revision,
                digest,
            };
            if page.records.is_empty() {
                page.base = after;
            }
            page.records.push(record.clone());
            page.digests.push(digest);
            server.streams.entry(log).or_default().push(Appended {
                record,
                after,
                digest,
            });
        }
        Some(page)
    }

    pub(super) fn records_after(
        &self,
        pod: usize,
        log: LogId,
        after: Revision,
        limit: usize,
    ) -> Page {
        let stream = self.all[self.leads_to[pod]].streams.get(&log);
        let records = stream.into_iter().flatten();
        let found: Vec<&Appended> = records
            .filter(|record| record.record.revision > after)
            .take(limit)
            .collect();
        Page {
            base: found.first().map(|first| first.after).unwrap_or_default(),
            records: found.iter().map(|found| found.record.clone()).collect(),
            digests: found.iter().map(|found| found.digest).collect(),
        }
    }

    /// Applies a fault to the newest server. Returns whether the pods must connect to another one.
    pub(super) fn strike(&mut self, disaster: Disaster) -> bool {
        let current = self.current();
        let server = &mut self.all[current];
        match disaster {
            Disaster::Restarts { forgets } => server.forget(forgets),
            Disaster::Wiped => *server = Server::default(),
            Disaster::Trimmed { keep } => {
                for stream in server.streams.values_mut() {
                    stream.drain(..stream.len().saturating_sub(keep));
                }
            }
            Disaster::FailsOver { forgets } => {
                let mut replica = server.clone();
                replica.forget(forgets);
                self.all.push(replica);
                return true;
            }
        }
        false
    }
}
