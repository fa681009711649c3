//! What became of questions, by document.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// What became of one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Served from this server's memory.
    Memory,
    /// Served from Redis.
    Redis,
    /// Served while it is refreshed, from either.
    Stale,
    /// Made anew.
    Filled,
    /// Made anew by another question's fill.
    Collapsed,
    /// Made anew, and not to be stored.
    Unshared,
    /// Served because the tier below failed.
    Covered,
    /// Nothing could be served.
    Failed,
}

impl Outcome {
    /// Each, in the order of a table's columns.
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

    /// The word in tables and metrics.
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

    /// Whether nothing had to be made for the answer.
    pub const fn is_hit(self) -> bool {
        matches!(self, Self::Memory | Self::Redis | Self::Stale)
    }
}

/// How often each outcome was seen.
#[derive(Debug, Default)]
pub struct Counts([AtomicU64; Outcome::ALL.len()]);

impl Counts {
    pub(crate) fn count(&self, outcome: Outcome) {
        self.0[outcome as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// How often any outcome was seen.
    pub fn all(&self) -> u64 {
        Outcome::ALL.iter().map(|outcome| self.of(*outcome)).sum()
    }

    /// How often something could be served without making it.
    pub fn hits(&self) -> u64 {
        Outcome::ALL
            .iter()
            .filter(|outcome| outcome.is_hit())
            .map(|outcome| self.of(*outcome))
            .sum()
    }

    /// How often this outcome was seen.
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.0[outcome as usize].load(Ordering::Relaxed)
    }
}

/// Names a document: its hash.
pub type Label = [u8; 32];

/// Documents that are counted apart. Where any document is executed, anybody can bring new ones:
/// what comes after these is counted together.
pub const MAX_LABELS: usize = 10_000;

/// The counts of all documents that were asked for.
#[derive(Debug, Default)]
pub struct Stats {
    apart: RwLock<HashMap<Label, Arc<Counts>>>,
    together: Arc<Counts>,
}

impl Stats {
    pub(crate) fn count(&self, label: &Label, outcome: Outcome) {
        self.counts_of(label).count(outcome);
    }

    fn counts_of(&self, label: &Label) -> Arc<Counts> {
        {
            let apart = self.apart.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(counts) = apart.get(label) {
                return Arc::clone(counts);
            }
            if apart.len() >= MAX_LABELS {
                return Arc::clone(&self.together);
            }
        }
        let mut apart = self.apart.write().unwrap_or_else(PoisonError::into_inner);
        // Others may have come in between.
        if apart.len() >= MAX_LABELS && !apart.contains_key(label) {
            return Arc::clone(&self.together);
        }
        Arc::clone(apart.entry(*label).or_default())
    }

    /// The counts so far, in no order; under no label those of all documents past
    /// [`MAX_LABELS`], once there are any.
    pub fn all(&self) -> Vec<(Option<Label>, Arc<Counts>)> {
        let apart = self.apart.read().unwrap_or_else(PoisonError::into_inner);
        let together = (self.together.all() > 0).then(|| (None, Arc::clone(&self.together)));
        apart
            .iter()
            .map(|(label, counts)| (Some(*label), Arc::clone(counts)))
            .chain(together)
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
            "who was there before is still apart"
        );
        assert_eq!(all[&Some(label(0))].of(Outcome::Memory), 1);
    }
}
