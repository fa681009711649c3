//! Counts the outcomes of requests to the cache, per document.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// The outcome of one request to the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Served from this server's memory.
    Memory,
    /// Served from Redis.
    Redis,
    /// Served stale while it is refreshed, from memory or Redis.
    Stale,
    /// A miss: the answer was made and stored.
    Filled,
    /// A miss: the answer of another request's fill was shared.
    Collapsed,
    /// A miss: the answer was made, and may not be stored.
    Unshared,
    /// Served from a tier because the fill failed (stale-if-error).
    Covered,
    /// The fill failed, and no stored answer could be served.
    Failed,
}

impl Outcome {
    /// All outcomes, in the order of a table's columns.
    pub const ALL: [Self; 8] = [
        Self::Memory,
        Self::Redis,
        Self::Stale,
        Self::Filled,
        Self::Collapsed,
        Self::Unshared,
        Self::Covered,
        Self::Failed,
    ];

    /// The name used in tables and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "l1",
            Self::Redis => "l2",
            Self::Stale => "stale",
            Self::Filled => "filled",
            Self::Collapsed => "collapsed",
            Self::Unshared => "unshared",
            Self::Covered => "covered",
            Self::Failed => "failed",
        }
    }

    /// Whether the answer was served from a tier without waiting for a fill.
    pub const fn is_hit(self) -> bool {
        matches!(self, Self::Memory | Self::Redis | Self::Stale)
    }
}

/// How often each outcome occurred.
#[derive(Debug, Default)]
pub struct Counts([AtomicU64; Outcome::ALL.len()]);

impl Counts {
    pub(crate) fn count(&self, outcome: Outcome) {
        self.0[outcome as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// The number of all outcomes.
    pub fn all(&self) -> u64 {
        Outcome::ALL.iter().map(|outcome| self.of(*outcome)).sum()
    }

    /// The number of hits, see [`Outcome::is_hit`].
    pub fn hits(&self) -> u64 {
        Outcome::ALL
            .iter()
            .filter(|outcome| outcome.is_hit())
            .map(|outcome| self.of(*outcome))
            .sum()
    }

    /// How often this outcome occurred.
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.0[outcome as usize].load(Ordering::Relaxed)
    }
}

/// The hash of a document, under which outcomes are counted.
pub type Label = [u8; 32];

/// How many documents are counted separately; the others are counted together. Where unpublished
/// documents are executed, clients could otherwise fill the memory with counters.
pub const MAX_LABELS: usize = 10_000;

/// The counts of all documents that were requested.
#[derive(Debug, Default)]
pub struct Stats {
    by_label: RwLock<HashMap<Label, Arc<Counts>>>,
    others: Arc<Counts>,
}

impl Stats {
    pub(crate) fn count(&self, label: &Label, outcome: Outcome) {
        {
            let by_label = self.by_label.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(counts) = by_label.get(label) {
                return counts.count(outcome);
            }
            if by_label.len() >= MAX_LABELS {
                return self.others.count(outcome);
            }
        }
        let mut by_label = self
            .by_label
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        // Between the two locks other threads may have added labels.
        if by_label.len() >= MAX_LABELS && !by_label.contains_key(label) {
            return self.others.count(outcome);
        }
        by_label.entry(*label).or_default().count(outcome);
    }

    /// The counts so far, in no particular order. The entry without a label has the counts of all
    /// documents past [`MAX_LABELS`]; it is left out while there are none.
    pub fn all(&self) -> Vec<(Option<Label>, Arc<Counts>)> {
        let by_label = self.by_label.read().unwrap_or_else(PoisonError::into_inner);
        let others = (self.others.all() > 0).then(|| (None, Arc::clone(&self.others)));
        by_label
            .iter()
            .map(|(label, counts)| (Some(*label), Arc::clone(counts)))
            .chain(others)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_past_the_limit_are_counted_together() {
        let stats = Stats::default();
        let label = |number: usize| {
            let mut label = [0; 32];
            label[..8].copy_from_slice(&number.to_le_bytes());
            label
        };
        for number in 0..MAX_LABELS {
            stats.count(&label(number), Outcome::Filled);
        }
        assert_eq!(stats.all().len(), MAX_LABELS);
        for number in [MAX_LABELS, MAX_LABELS + 1, 0] {
            stats.count(&label(number), Outcome::Memory);
        }
        let all: HashMap<_, _> = stats.all().into_iter().collect();
        assert_eq!(all.len(), MAX_LABELS + 1);
        assert_eq!(all[&None].all(), 2);
        assert_eq!(
            all[&Some(label(0))].all(),
            2,
            "a label that was there before is still counted separately"
        );
        assert_eq!(all[&Some(label(0))].of(Outcome::Memory), 1);
    }
}
