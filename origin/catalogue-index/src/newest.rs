//! All offers by creation.

use domain::ID_BYTES;

use crate::entry::{Entry, Slot};

/// Lists of up to so many slots: inserting into one moves a few kilobytes, not megabytes.
const LONGEST_RUN: usize = 2_048;

/// Slots in the order of creation, then id, in runs none of which is empty.
#[derive(Debug, Default)]
pub(crate) struct ByCreation {
    runs: Vec<Vec<Slot>>,
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
        let at = self.run_of(entries, &key(entries, slot));
        let Some(run) = self.runs.get_mut(at) else {
            self.runs.push(vec![slot]);
            return;
        };
        insert_sorted(entries, run, slot);
        if run.len() > LONGEST_RUN {
            let rest = run.split_off(LONGEST_RUN / 2);
            self.runs.insert(at + 1, rest);
        }
    }

    pub(crate) fn remove(&mut self, entries: &[Entry], slot: Slot) {
        let at = self.run_of(entries, &key(entries, slot));
        let Some(run) = self.runs.get_mut(at) else {
            return;
        };
        remove_sorted(entries, run, slot);
        if run.is_empty() {
            self.runs.remove(at);
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
                let run = self.run_of(entries, &after);
                let older =
                    |run: &Vec<Slot>| run.partition_point(|slot| key(entries, *slot) < after);
                (run, self.runs.get(run).map_or(0, older))
            }
        };
        let begun = self.runs.get(run).map_or(&[][..], |run| &run[..end]);
        let whole = self.runs[..run].iter().rev().map(Vec::as_slice);
        std::iter::once(begun)
            .chain(whole)
            .flat_map(|slots| slots.iter().rev().copied())
    }

    /// The run that has a place, or should have it: the last one that begins at it or before.
    fn run_of(&self, entries: &[Entry], wanted: &Key) -> usize {
        let after = self
            .runs
            .partition_point(|run| key(entries, run[0]) <= *wanted);
        after.saturating_sub(1)
    }

    pub(crate) fn bytes(&self) -> usize {
        let slots: usize = self.runs.iter().map(Vec::capacity).sum();
        slots * size_of::<Slot>() + self.runs.capacity() * size_of::<Vec<Slot>>()
    }
}
