//! The offers of each partner, by creation, the newest last.

use crate::{
    entry::{Entry, Slot},
    ids::{Id, Numbered},
    sorted::{By, insert_sorted, remove_sorted},
};

#[derive(Debug, Default)]
pub(crate) struct ByPartner {
    numbered: Numbered,
    /// By number.
    slots: Vec<Vec<Slot>>,
}

impl ByPartner {
    /// The number of a partner; partners keep theirs.
    pub(crate) fn number(&mut self, id: &Id) -> u32 {
        let number = self.numbered.number(id);
        if self.slots.len() <= number as usize {
            self.slots.push(Vec::new());
        }
        number
    }

    /// The number of a partner that has one.
    pub(crate) fn known_number(&self, id: &Id) -> Option<u32> {
        self.numbered.known_number(id)
    }

    pub(crate) fn id(&self, number: u32) -> &Id {
        self.numbered.id(number)
    }

    pub(crate) fn slots(&self, id: &Id) -> &[Slot] {
        let number = self.known_number(id);
        number.map_or(&[], |number| &self.slots[number as usize])
    }

    pub(crate) fn insert(&mut self, entries: &[Entry], slot: Slot) {
        let slots = &mut self.slots[entries[slot as usize].partner as usize];
        insert_sorted(By::Creation, entries, slots, slot);
    }

    pub(crate) fn remove(&mut self, entries: &[Entry], slot: Slot) {
        let slots = &mut self.slots[entries[slot as usize].partner as usize];
        remove_sorted(By::Creation, entries, slots, slot);
    }

    pub(crate) fn bytes(&self) -> usize {
        let lists: usize = self.slots.iter().map(Vec::capacity).sum();
        self.numbered.bytes()
            + self.slots.capacity() * size_of::<Vec<Slot>>()
            + lists * size_of::<Slot>()
    }
}
