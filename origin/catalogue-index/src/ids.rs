//! Which slot an offer has, by its id. The ids are in the entries: a table of its own would double
//! them, and is half empty when it has just grown.

use std::{collections::hash_map::RandomState, hash::BuildHasher as _};

use domain::ID_BYTES;
use hashbrown::HashTable;

use crate::entry::{Entry, Slot};

type Id = [u8; ID_BYTES];

#[derive(Debug, Default)]
pub(crate) struct ById {
    slots: HashTable<Slot>,
    hashing: RandomState,
}

impl ById {
    pub(crate) fn slot(&self, entries: &[Entry], id: &Id) -> Option<Slot> {
        let is_it = |slot: &Slot| entries[*slot as usize].id == *id;
        self.slots.find(self.hashing.hash_one(id), is_it).copied()
    }

    /// Adds a slot whose entry is there, and whose id no other slot has.
    pub(crate) fn insert(&mut self, entries: &[Entry], slot: Slot) {
        let hash = |slot: &Slot| self.hashing.hash_one(entries[*slot as usize].id);
        self.slots.insert_unique(hash(&slot), slot, hash);
    }

    /// Removes an id while its entry is still there; gives its slot.
    pub(crate) fn remove(&mut self, entries: &[Entry], id: &Id) -> Option<Slot> {
        let is_it = |slot: &Slot| entries[*slot as usize].id == *id;
        let found = self.slots.find_entry(self.hashing.hash_one(id), is_it);
        Some(found.ok()?.remove().0)
    }

    /// All slots with an offer, in no order.
    pub(crate) fn slots(&self) -> impl Iterator<Item = Slot> {
        self.slots.iter().copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.slots.allocation_size()
    }
}
