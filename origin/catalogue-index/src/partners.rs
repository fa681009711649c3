//! The offers of each partner, by creation, the newest last.

use std::collections::HashMap;

use domain::ID_BYTES;

use crate::{
    entry::{Entry, Slot},
    newest::{insert_sorted, remove_sorted},
};

#[derive(Debug, Default)]
pub(crate) struct ByPartner {
    numbers: HashMap<[u8; ID_BYTES], u32>,
    /// By number.
    slots: Vec<Vec<Slot>>,
}

impl ByPartner {
    /// The number of a partner; partners keep theirs.
    pub(crate) fn number(&mut self, id: &[u8; ID_BYTES]) -> u32 {
        if let Some(&number) = self.numbers.get(id) {
            return number;
        }
        let number = u32::try_from(self.slots.len()).expect("fewer than four billion partners");
        self.slots.push(Vec::new());
        self.numbers.insert(*id, number);
        number
    }

    /// The number of a partner that has one.
    pub(crate) fn known_number(&self, id: &[u8; ID_BYTES]) -> Option<u32> {
        self.numbers.get(id).copied()
    }

    pub(crate) fn slots(&self, id: &[u8; ID_BYTES]) -> &[Slot] {
        let number = self.numbers.get(id);
        number.map_or(&[], |number| &self.slots[*number as usize])
    }

    pub(crate) fn insert(&mut self, entries: &[Entry], slot: Slot) {
        let slots = &mut self.slots[entries[slot as usize].partner as usize];
        insert_sorted(entries, slots, slot);
    }

    pub(crate) fn remove(&mut self, entries: &[Entry], slot: Slot) {
        let slots = &mut self.slots[entries[slot as usize].partner as usize];
        remove_sorted(entries, slots, slot);
    }

    pub(crate) fn bytes(&self) -> usize {
        let lists: usize = self.slots.iter().map(Vec::capacity).sum();
        self.numbers.capacity() * (ID_BYTES + size_of::<u32>() + 1)
            + self.slots.capacity() * size_of::<Vec<Slot>>()
            + lists * size_of::<Slot>()
    }
}
