//! Numbers by id, where the ids are kept elsewhere by number: a table with the ids in it would have
//! them twice, and is half empty when it has just grown.

use std::{collections::hash_map::RandomState, hash::BuildHasher as _};

use domain::ID_BYTES;
use hashbrown::HashTable;

pub(crate) type Id = [u8; ID_BYTES];

/// Numbers that ids keep for good.
#[derive(Debug, Default)]
pub(crate) struct Numbered {
    numbers: NumbersById,
    /// By number.
    ids: Vec<Id>,
}

impl Numbered {
    /// The number of an id.
    pub(crate) fn number(&mut self, id: &Id) -> u32 {
        if let Some(number) = self.known_number(id) {
            return number;
        }
        let number = u32::try_from(self.ids.len()).expect("fewer than four billion");
        self.ids.push(*id);
        self.numbers
            .insert(number, |number| self.ids[number as usize]);
        number
    }

    /// The number of an id that has one.
    pub(crate) fn known_number(&self, id: &Id) -> Option<u32> {
        self.numbers.get(id, |number| self.ids[number as usize])
    }

    pub(crate) fn id(&self, number: u32) -> &Id {
        &self.ids[number as usize]
    }

    pub(crate) fn bytes(&self) -> usize {
        self.numbers.bytes() + self.ids.capacity() * size_of::<Id>()
    }
}

#[derive(Debug, Default)]
pub(crate) struct NumbersById {
    numbers: HashTable<u32>,
    hashing: RandomState,
}

/// `id_of` gives the id of a number in the table.
impl NumbersById {
    pub(crate) fn get(&self, id: &Id, id_of: impl Fn(u32) -> Id) -> Option<u32> {
        let is_it = |number: &u32| id_of(*number) == *id;
        self.numbers.find(self.hashing.hash_one(id), is_it).copied()
    }

    /// Adds a number whose id no other number has.
    pub(crate) fn insert(&mut self, number: u32, id_of: impl Fn(u32) -> Id) {
        let hash = |number: &u32| self.hashing.hash_one(id_of(*number));
        self.numbers.insert_unique(hash(&number), number, hash);
    }

    pub(crate) fn remove(&mut self, id: &Id, id_of: impl Fn(u32) -> Id) -> Option<u32> {
        let is_it = |number: &u32| id_of(*number) == *id;
        let found = self.numbers.find_entry(self.hashing.hash_one(id), is_it);
        Some(found.ok()?.remove().0)
    }

    /// In no order.
    pub(crate) fn all(&self) -> impl Iterator<Item = u32> {
        self.numbers.iter().copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.numbers.allocation_size()
    }
}
