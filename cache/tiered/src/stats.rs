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

    /// How often this outcome was seen.
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.0[outcome as usize].load(Ordering::Relaxed)
    }
}

/// Names a document: its hash.
pub type Label = [u8; 32];

/// The counts of all documents that were asked for.
#[derive(Debug, Default)]
pub struct Stats(RwLock<HashMap<Label, Arc<Counts>>>);

impl Stats {
    pub(crate) fn count(&self, label: &Label, outcome: Outcome) {
        let known = self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(label)
            .cloned();
        let counts = known.unwrap_or_else(|| {
            let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(*label).or_default())
        });
        counts.count(outcome);
    }

    /// The counts so far, in no order.
    pub fn all(&self) -> Vec<(Label, Arc<Counts>)> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .map(|(label, counts)| (*label, Arc::clone(counts)))
            .collect()
    }
}
