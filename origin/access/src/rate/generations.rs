//! A map of bounded size.

use std::{collections::HashMap, mem};

use cache_core::CacheKey;

/// Two generations of keys: when the young one is full, it becomes the old one, and keys of the
/// previous old one that were not written since are forgotten.
#[derive(Debug)]
pub(super) struct Generations<V> {
    young: HashMap<CacheKey, V>,
    old: HashMap<CacheKey, V>,
    /// The maximum number of keys in one generation.
    size: usize,
}

impl<V> Generations<V> {
    pub(super) fn of_size(size: usize) -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            size,
        }
    }

    pub(super) fn get(&self, key: &CacheKey) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    pub(super) fn put(&mut self, key: CacheKey, value: V) {
        self.young.insert(key, value);
        if self.young.len() >= self.size {
            self.old = mem::take(&mut self.young);
        }
    }

    pub(super) fn remove(&mut self, key: &CacheKey) {
        self.young.remove(key);
        self.old.remove(key);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}
