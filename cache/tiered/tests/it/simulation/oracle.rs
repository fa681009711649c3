//! The oracle: it records every write, and so knows what each answer must contain.

use std::collections::BTreeMap;

use cache_core::{AsOf, LogId, PurgeKind, Revision};

use super::{
    database::{KEYS, Row},
    world::CLIENTS,
};

/// What an answer shows: the version of each value in it.
pub(super) type Parts = BTreeMap<usize, usize>;

#[derive(Clone, Debug)]
struct Version {
    committed_at_ms: u64,
    kind: PurgeKind,
    /// Its records, as the database attests them.
    records: Vec<(LogId, Revision)>,
}

/// A client's last acknowledged write.
#[derive(Clone, Copy, Debug)]
pub(super) struct Own {
    pub(super) revision: Revision,
    pub(super) key: usize,
    pub(super) version: usize,
    pub(super) kind: PurgeKind,
}

/// An answer that the oracle checks.
pub(super) struct Served<'a> {
    /// How it was obtained, for the message.
    pub(super) how: String,
    pub(super) parts: &'a Parts,
    /// It must contain every write that was committed before this moment; `None` when it was served
    /// because the fill failed (stale-if-error).
    pub(super) bound_ms: Option<u64>,
    /// It claims to contain every write that was committed before this moment.
    pub(super) seen_ms: u64,
    /// The client's own last write, whose revision the request demanded.
    pub(super) own: Option<Own>,
    /// The revisions up to which it claims to contain every write: its own `as_of`, and the heads of
    /// the copies that find it valid.
    pub(super) claims: Vec<AsOf>,
}

/// The writes, and the first answer that was wrong.
#[derive(Debug, Default)]
pub(super) struct Oracle {
    versions: [Vec<Version>; KEYS],
    pub(super) own: [Option<Own>; CLIENTS],
    pub(super) violation: Option<String>,
}

impl Oracle {
    pub(super) fn committed(&mut self, row: &Row, at_ms: u64) {
        self.versions[row.key].push(Version {
            committed_at_ms: at_ms,
            kind: row.kind,
            records: Vec::new(),
        });
    }

    pub(super) fn appended(&mut self, key: usize, version: usize, log: LogId, revision: Revision) {
        self.versions[key][version - 1]
            .records
            .push((log, revision));
    }

    pub(super) fn complain(&mut self, complaint: String) {
        self.violation.get_or_insert(complaint);
    }

    /// Whether an answer keeps every promise.
    pub(super) fn judge(&mut self, served: &Served<'_>) {
        let wrong = served
            .parts
            .iter()
            .find_map(|(key, shown)| self.wrong(served, *key, *shown));
        if let Some(wrong) = wrong {
            let Served { how, claims, .. } = served;
            let versions = &self.versions;
            self.complain(format!("{wrong}\n{how}\nclaims {claims:?}\n{versions:?}"));
        }
    }

    fn wrong(&self, served: &Served<'_>, key: usize, shown: usize) -> Option<String> {
        let unseen = || (1..).zip(&self.versions[key]).skip(shown);
        // After a soft purge an entry may be served until its lifetime ends.
        let late = unseen().find(|(_, version)| {
            let bound_ms = served.bound_ms.unwrap_or(0);
            version.kind == PurgeKind::Hard && version.committed_at_ms < bound_ms
        });
        if let Some((number, _)) = late {
            return Some(format!(
                "past the bound: value {key} is shown at version {shown}, not {number}"
            ));
        }
        if let Some((number, _)) =
            unseen().find(|(_, version)| version.committed_at_ms < served.seen_ms)
        {
            let seen_ms = served.seen_ms;
            return Some(format!(
                "it says that it has seen all before {seen_ms}: version {number} of value {key} is not in it"
            ));
        }
        let own = served
            .own
            .filter(|own| own.key == key && own.kind == PurgeKind::Hard);
        if let Some(own) = own.filter(|own| own.version > shown) {
            return Some(format!("its asker does not see its own write: {own:?}"));
        }
        for claim in &served.claims {
            let covered = |(log, revision): &(LogId, Revision)| {
                *log == claim.log && *revision <= claim.revision
            };
            if let Some((number, _)) =
                unseen().find(|(_, version)| version.records.iter().any(covered))
            {
                return Some(format!(
                    "a false claim: {claim} without version {number} of value {key}"
                ));
            }
        }
        None
    }
}
