//! All offers by creation.

use domain::ID_BYTES;

use crate::entry::{Entry, Slot};

/// Lists of up to so many slots: inserting into one moves a kilobyte, not megabytes.
const LONGEST_RUN: usize = 512;

/// Slots in the order of creation, then id, in runs none of which is empty.
#[derive(Debug, Default)]
pub(crate) struct ByCreation {
    runs: Vec<Run>,
}

#[derive(Debug)]
struct Run {
    /// Of the first slot. Searching for a run would else look at an entry somewhere in memory for each
    /// step.
    first: Key,
    slots: Vec<Slot>,
}

/// An offer's place in this order: its creation and its id.
pub(crate) type Key = (i64, [u8; ID_BYTES]);

pub(crate) fn key(entries: &[Entry], slot: Slot) -> Key {
    let entry = &entries[slot as usize];
    (entry.created_at_ms, entry.id)
}

/// Inserts a slot into a list that is sorted by creation.
pub(crate) fn insert_sorted(entries: &[Entry], sorted: &mut Vec<Slot>, slot: Slot) {
    let wanted = key(entries, slot);
    let at = sorted.partition_point(|other| key(entries, *other) < wanted);
    sorted.insert(at, slot);
}

/// Removes a slot from a list that is sorted by creation.
pub(crate) fn remove_sorted(entries: &[Entry], sorted: &mut Vec<Slot>, slot: Slot) {
    let wanted = key(entries, slot);
    let at = sorted.partition_point(|other| key(entries, *other) < wanted);
    if sorted.get(at) == Some(&slot) {
        sorted.remove(at);
    }
}

impl ByCreation {
    pub(crate) fn insert(&mut self, entries: &[Entry], slot: Slot) {
        let inserted = key(entries, slot);
        let at = self.run_of(&inserted);
        let Some(run) = self.runs.get_mut(at) else {
            let slots = vec![slot];
            self.runs.push(Run {
                first: inserted,
                slots,
            });
            return;
        };
        insert_sorted(entries, &mut run.slots, slot);
        run.first = run.first.min(inserted);
        if run.slots.len() > LONGEST_RUN {
            let slots = run.slots.split_off(LONGEST_RUN / 2);
            let first = key(entries, slots[0]);
            self.runs.insert(at + 1, Run { first, slots });
        }
    }

    pub(crate) fn remove(&mut self, entries: &[Entry], slot: Slot) {
        let at = self.run_of(&key(entries, slot));
        let Some(run) = self.runs.get_mut(at) else {
            return;
        };
        remove_sorted(entries, &mut run.slots, slot);
        match run.slots.first() {
            Some(first) => run.first = key(entries, *first),
            None => drop(self.runs.remove(at)),
        }
    }

    /// The newest first; with `after`, only those that are older.
    pub(crate) fn newest_first(
        &self,
        entries: &[Entry],
        after: Option<Key>,
    ) -> impl Iterator<Item = Slot> {
        let (run, end) = match after {
            None => (self.runs.len(), 0),
            Some(after) => {
                let run = self.run_of(&after);
                let older = |run: &Run| {
                    let slots = &run.slots;
                    slots.partition_point(|slot| key(entries, *slot) < after)
                };
                (run, self.runs.get(run).map_or(0, older))
            }
        };
        let begun = self.runs.get(run).map_or(&[][..], |run| &run.slots[..end]);
        let whole = self.runs[..run].iter().rev();
        std::iter::once(begun)
            .chain(whole.map(|run| run.slots.as_slice()))
            .flat_map(|slots| slots.iter().rev().copied())
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
