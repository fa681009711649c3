//! What became of requests for shared answers. Each isolate adds up its own, the Durable Object those
//! of all isolates, and the origin that asks the object shows the sums as metrics.
//!
//! A tally is handed on by taking it: what is taken is gone before it is sent. So nothing is counted
//! twice, whatever gets lost on the way, and the order in which tallies arrive does not matter.

use std::collections::BTreeMap;

use pq_core::DocumentHash;
use serde::{Deserialize, Serialize};

use crate::answer::{Served, Tier};

/// How long an isolate adds up before it hands its tally on, in milliseconds.
pub const HAND_ON_EVERY_MS: u64 = 10_000;
/// A tally that should have been handed on longer ago than this, in milliseconds, is handed on by the
/// next request: the platform has ended the one that was to do it.
const LATE_MS: u64 = 5_000;
/// The most documents in a tally; all further ones are one.
pub const MAX_DOCUMENTS: usize = 500;
/// The upper bounds of the buckets that ages are counted in, in seconds; one more has the rest.
pub const AGE_BOUNDS_S: [u32; 8] = [1, 5, 15, 60, 300, 900, 3_600, 86_400];

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// A fresh entry was served.
    Hit,
    /// A stale entry was served while it is refreshed.
    Stale,
    /// An entry was served because the origin failed, or may not be asked for this client.
    Covered,
    /// The answer was fetched and stored.
    Filled,
    /// The answer of another request's fetch was shared.
    Collapsed,
    /// The answer was fetched, and may not be stored.
    Unshared,
    /// The origin failed, and no entry could be served.
    Failed,
    /// The client was over its limit, and no entry could be served.
    Limited,
}

impl Outcome {
    /// The word in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Stale => "stale",
            Self::Covered => "covered",
            Self::Filled => "filled",
            Self::Collapsed => "collapsed",
            Self::Unshared => "unshared",
            Self::Failed => "failed",
            Self::Limited => "limited",
        }
    }
}

/// Where the answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The isolate's memory.
    Memory,
    /// Workers KV.
    Kv,
    /// The origin.
    Origin,
    /// Nowhere: the request was refused.
    None,
}

impl Source {
    /// The word in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Kv => "kv",
            Self::Origin => "origin",
            Self::None => "none",
        }
    }
}

impl From<Tier> for Source {
    fn from(tier: Tier) -> Self {
        match tier {
            Tier::Memory => Self::Memory,
            Tier::Kv => Self::Kv,
        }
    }
}

impl Served {
    /// What it counts as.
    pub fn counted_as(self) -> (Outcome, Source) {
        match self {
            Self::Hit { tier } => (Outcome::Hit, tier.into()),
            Self::Stale { tier } => (Outcome::Stale, tier.into()),
            Self::InsteadOfError { tier } | Self::InsteadOfRefusal { tier } => {
                (Outcome::Covered, tier.into())
            }
            Self::Fetched {
                collapsed: true, ..
            } => (Outcome::Collapsed, Source::Origin),
            Self::Fetched {
                collapsed: false, ..
            } => (Outcome::Filled, Source::Origin),
        }
    }
}

/// How many requests there were, and how old their answers were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// Requests.
    pub requests: u64,
    /// The sum of the ages, in milliseconds.
    pub age_ms: u64,
    /// How many answers were not older than each of [`AGE_BOUNDS_S`] and older than the one before;
    /// the last number is of all older ones. Refusals and answers that may not be stored have no age.
    pub ages: [u64; AGE_BOUNDS_S.len() + 1],
}

impl Sum {
    fn count(&mut self, age_ms: Option<u64>) {
        self.requests = self.requests.saturating_add(1);
        if let Some(age_ms) = age_ms {
            self.age_ms = self.age_ms.saturating_add(age_ms);
            let within = |bound: &u32| age_ms <= u64::from(*bound) * 1_000;
            let bucket = AGE_BOUNDS_S.iter().position(within);
            self.ages[bucket.unwrap_or(AGE_BOUNDS_S.len())] += 1;
        }
    }

    /// Adds another sum.
    pub fn add(&mut self, other: &Self) {
        self.requests = self.requests.saturating_add(other.requests);
        self.age_ms = self.age_ms.saturating_add(other.age_ms);
        for (mine, theirs) in self.ages.iter_mut().zip(other.ages) {
            *mine = mine.saturating_add(theirs);
        }
    }
}

/// The sum of one document, outcome and source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The document; `None` stands for those beyond [`MAX_DOCUMENTS`].
    pub document: Option<DocumentHash>,
    /// The name of its operation.
    pub operation: String,
    /// What became of the requests.
    pub outcome: Outcome,
    /// Where their answers came from.
    pub source: Source,
    /// How many there were.
    #[serde(flatten)]
    pub sum: Sum,
}

#[derive(Clone, Debug, Default)]
struct OfDocument {
    operation: String,
    sums: BTreeMap<(Outcome, Source), Sum>,
}

/// Sums by document, outcome and source.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    documents: BTreeMap<Option<DocumentHash>, OfDocument>,
}

impl Tally {
    /// Counts a request. `age_ms` is the age of its answer, in milliseconds.
    pub fn count(
        &mut self,
        document: DocumentHash,
        operation: &str,
        (outcome, source): (Outcome, Source),
        age_ms: Option<u64>,
    ) {
        self.sum(Some(document), operation, (outcome, source))
            .count(age_ms);
    }

    /// Adds rows of another tally.
    pub fn add(&mut self, rows: &[Row]) {
        for row in rows {
            self.sum(row.document, &row.operation, (row.outcome, row.source))
                .add(&row.sum);
        }
    }

    fn sum(
        &mut self,
        document: Option<DocumentHash>,
        operation: &str,
        key: (Outcome, Source),
    ) -> &mut Sum {
        let has_room = self.documents.len() < MAX_DOCUMENTS;
        let (document, operation) = if has_room || self.documents.contains_key(&document) {
            (document, operation)
        } else {
            (None, "")
        };
        let of_document = self
            .documents
            .entry(document)
            .or_insert_with(|| OfDocument {
                operation: operation.to_owned(),
                sums: BTreeMap::new(),
            });
        of_document.sums.entry(key).or_default()
    }

    /// Whether nothing was counted since it was last taken.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// The sums so far. The tally begins anew.
    pub fn take(&mut self) -> Vec<Row> {
        std::mem::take(self).rows().collect()
    }

    /// The sums so far.
    pub fn rows(&self) -> impl Iterator<Item = Row> {
        self.documents.iter().flat_map(|(document, of_document)| {
            of_document.sums.iter().map(|((outcome, source), sum)| Row {
                document: *document,
                operation: of_document.operation.clone(),
                outcome: *outcome,
                source: *source,
                sum: *sum,
            })
        })
    }
}

/// When an isolate hands its tally on. All times are in milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HandOn {
    due_at_ms: Option<u64>,
}

impl HandOn {
    /// Whether the request that is counted now must see to it that the tally is handed on, after
    /// [`HAND_ON_EVERY_MS`]. Another one did so already if not.
    pub fn falls_to_this_request(&mut self, now_ms: u64) -> bool {
        let is_seen_to = self
            .due_at_ms
            .is_some_and(|due_at_ms| now_ms <= due_at_ms + LATE_MS);
        if !is_seen_to {
            self.due_at_ms = Some(now_ms + HAND_ON_EVERY_MS);
        }
        !is_seen_to
    }

    /// The tally was taken.
    pub fn done(&mut self) {
        self.due_at_ms = None;
    }
}

#[cfg(test)]
mod tests;
