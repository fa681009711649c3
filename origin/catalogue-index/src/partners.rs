//! The offers of each partner, by creation, the newest last.

use crate::{
    entry::{Entry, Slot},
    ids::{Id, NumbersById},
    newest::{insert_sorted, remove_sorted},
};

#[derive(Debug, Default)]
pub(crate) struct ByPartner {
    numbers: NumbersById,
    /// By number.
    ids: Vec<Id>,
    /// By number.
    slots: Vec<Vec<Slot>>,
}

impl ByPartner {
    /// The number of a partner; partners keep theirs.
    pub(crate) fn number(&mut self, id: &Id) -> u32 {
        if let Some(number) = self.known_number(id) {
            return number;
        }
        let number = u32::try_from(self.slots.len()).expect("fewer than four billion partners");
        self.slots.push(Vec::new());
        self.ids.push(*id);
        self.numbers
            .insert(number, |number| self.ids[number as usize]);
        number
    }

    /// The number of a partner that has one.
    pub(crate) fn known_number(&self, id: &Id) -> Option<u32> {
        self.numbers.get(id, |number| self.ids[number as usize])
    }

    pub(crate) fn slots(&self, id: &Id) -> &[Slot] {
        let number = self.known_number(id);
        number.map_or(&[], |number| &self.slots[number as usize])
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
        self.numbers.bytes()
            + self.ids.capacity() * size_of::<Id>()
            + self.slots.capacity() * size_of::<Vec<Slot>>()
            + lists * size_of::<Slot>()
    }
}
