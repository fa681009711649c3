//! Counts what happened in all schedules. The test fails if something never happened: a simulation
//! without hits or without faults would pass, but prove nothing.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Count {
    Schedules,
    Writes,
    WritesWithoutRevision,
    WritersCrashed,
    Faults,
    Disasters,
    Restarts,
    Reads,
    SessionReads,
    HitsInMemory,
    HitsInRedis,
    HitsStale,
    Filled,
    Collapsed,
    Unshared,
    Covered,
    Failed,
    EntitiesKept,
    EntitiesRead,
}

const NAMES: [(Count, &str); 19] = [
    (Count::Schedules, "schedules"),
    (Count::Writes, "writes"),
    (Count::WritesWithoutRevision, "without revision"),
    (Count::WritersCrashed, "writers crashed"),
    (Count::Faults, "faults"),
    (Count::Disasters, "disasters of the log"),
    (Count::Restarts, "restarts"),
    (Count::Reads, "reads"),
    (Count::SessionReads, "of own writes"),
    (Count::HitsInMemory, "hits in L1"),
    (Count::HitsInRedis, "hits in L2"),
    (Count::HitsStale, "hits stale"),
    (Count::Filled, "filled"),
    (Count::Collapsed, "collapsed"),
    (Count::Unshared, "unshared"),
    (Count::Covered, "covered"),
    (Count::Failed, "failed"),
    (Count::EntitiesKept, "entities kept"),
    (Count::EntitiesRead, "entities read"),
];

/// The counts of all threads.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counts: [AtomicU64; NAMES.len()],
    /// The number of the first schedule that failed: what comes after makes it smaller.
    failed: AtomicU64,
}

impl Tally {
    pub(super) fn add(&self, count: Count, number: usize) {
        self.counts[count as usize].fetch_add(number as u64, Ordering::Relaxed);
    }

    fn of(&self, count: Count) -> u64 {
        self.counts[count as usize].load(Ordering::Relaxed)
    }

    pub(super) fn fail(&self) {
        let number = self.of(Count::Schedules);
        let _first_only =
            self.failed
                .compare_exchange(0, number, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// What never happened.
    pub(super) fn not_seen(&self) -> Vec<&'static str> {
        let never = NAMES.iter().filter(|(count, _)| self.of(*count) == 0);
        never.map(|(_, name)| *name).collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (count, name)) in NAMES.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}{} {name}", self.of(*count))?;
        }
        match self.failed.load(Ordering::Relaxed) {
            0 => Ok(()),
            number => write!(f, "; number {number} failed"),
        }
    }
}
