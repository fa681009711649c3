//! All offers by creation, and by end.

use domain::ID_BYTES;

use crate::entry::{Entry, Slot};

/// Lists of up to so many slots: inserting into one moves a kilobyte, not megabytes.
const LONGEST_RUN: usize = 512;

/// A moment of offers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum By {
    Creation,
    End,
}

/// Slots in the order of a moment, then id, in runs none of which is empty.
#[derive(Debug)]
pub(crate) struct Sorted {
    by: By,
    runs: Vec<Run>,
}

#[derive(Debug)]
struct Run {
    /// Of the first slot. Searching for a run would else look at an entry somewhere in memory for each
    /// step.
    first: Key,
    slots: Vec<Slot>,
}

/// An offer's place in this order: its moment and its id.
pub(crate) type Key = (i64, [u8; ID_BYTES]);

impl By {
    pub(crate) const fn key(self, entries: &[Entry], slot: Slot) -> Key {
        let entry = &entries[slot as usize];
        let moment_ms = match self {
            Self::Creation => entry.created_at_ms,
            Self::End => entry.valid_until_ms,
        };
        (moment_ms, entry.id)
    }
}

/// Inserts a slot into a list that is sorted.
pub(crate) fn insert_sorted(by: By, entries: &[Entry], sorted: &mut Vec<Slot>, slot: Slot) {
    let wanted = by.key(entries, slot);
    let at = sorted.partition_point(|other| by.key(entries, *other) < wanted);
    sorted.insert(at, slot);
}

/// Removes a slot from a list that is sorted.
pub(crate) fn remove_sorted(by: By, entries: &[Entry], sorted: &mut Vec<Slot>, slot: Slot) {
    let wanted = by.key(entries, slot);
    let at = sorted.partition_point(|other| by.key(entries, *other) < wanted);
    if sorted.get(at) == Some(&slot) {
        sorted.remove(at);
    }
}

impl Sorted {
    pub(crate) const fn new(by: By) -> Self {
        let runs = Vec::new();
        Self { by, runs }
    }

    pub(crate) fn insert(&mut self, entries: &[Entry], slot: Slot) {
        let inserted = self.by.key(entries, slot);
        let at = self.run_of(&inserted);
        let Some(run) = self.runs.get_mut(at) else {
            let slots = vec![slot];
            self.runs.push(Run {
                first: inserted,
                slots,
            });
            return;
        };
        insert_sorted(self.by, entries, &mut run.slots, slot);
        run.first = run.first.min(inserted);
        if run.slots.len() > LONGEST_RUN {
            let slots = run.slots.split_off(LONGEST_RUN / 2);
            let first = self.by.key(entries, slots[0]);
            self.runs.insert(at + 1, Run { first, slots });
        }
    }

    pub(crate) fn remove(&mut self, entries: &[Entry], slot: Slot) {
        let at = self.run_of(&self.by.key(entries, slot));
        let Some(run) = self.runs.get_mut(at) else {
            return;
        };
        remove_sorted(self.by, entries, &mut run.slots, slot);
        match run.slots.first() {
            Some(first) => run.first = self.by.key(entries, *first),
            None => drop(self.runs.remove(at)),
        }
    }

    /// From the last one on; with `before`, only those before it.
    pub(crate) fn backwards(
        &self,
        entries: &[Entry],
        before: Option<Key>,
    ) -> impl Iterator<Item = Slot> {
        let (run, end) = self.position(entries, before);
        let begun = self.runs.get(run).map_or(&[][..], |run| &run.slots[..end]);
        let whole = self.runs[..run].iter().rev();
        std::iter::once(begun)
            .chain(whole.map(|run| run.slots.as_slice()))
            .flat_map(|slots| slots.iter().rev().copied())
    }

    /// From this one on, or the next one.
    pub(crate) fn forwards(&self, entries: &[Entry], from: Key) -> impl Iterator<Item = Slot> {
        let (run, at) = self.position(entries, Some(from));
        let begun = self.runs.get(run).map_or(&[][..], |run| &run.slots[at..]);
        let whole = self.runs.get(run + 1..).unwrap_or_default();
        std::iter::once(begun)
            .chain(whole.iter().map(|run| run.slots.as_slice()))
            .flat_map(|slots| slots.iter().copied())
    }

    /// The run with what comes before a place, and how many of its slots do; without a place, all.
    fn position(&self, entries: &[Entry], before: Option<Key>) -> (usize, usize) {
        let Some(before) = before else {
            return (self.runs.len(), 0);
        };
        let run = self.run_of(&before);
        let earlier = |run: &Run| {
            let slots = &run.slots;
            slots.partition_point(|slot| self.by.key(entries, *slot) < before)
        };
        (run, self.runs.get(run).map_or(0, earlier))
    }

    /// The run that has a place, or should have it: the last one that begins at it or before.
    fn run_of(&self, wanted: &Key) -> usize {
        let after = self.runs.partition_point(|run| run.first <= *wanted);
        after.saturating_sub(1)
    }

    pub(crate) fn bytes(&self) -> usize {
        let slots: usize = self.runs.iter().map(|run| run.slots.capacity()).sum();
        slots * size_of::<Slot>() + self.runs.capacity() * size_of::<Run>()
    }
}
