//! A memo of parsed GET requests, keyed by their path and query text: a client that repeats the
//! same URL is not parsed again.
//!
//! The parsed result depends only on the document. A caller that finds an entry still looks the
//! document up, and parses again if the document has changed.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, PoisonError, RwLock},
};

/// Memory of one generation, in bytes; two generations are kept.
const GENERATION_BYTES: usize = 8 * 1024 * 1024;
/// Approximate memory of an entry besides its text, in bytes.
const OVERHEAD_BYTES: usize = 512;
/// Longer URLs are not remembered: they are rare and would evict many others.
const MAX_SPELLING_BYTES: usize = 8 * 1024;

type Generation<T> = HashMap<Box<str>, Arc<T>>;

/// Two generations of entries. When the young one is full it becomes the old one; entries of the
/// previous old one that were not used since are dropped.
#[derive(Debug)]
pub struct Spellings<T> {
    generations: RwLock<Generations<T>>,
}

#[derive(Debug)]
struct Generations<T> {
    young: Generation<T>,
    young_bytes: usize,
    old: Generation<T>,
}

impl<T> Default for Spellings<T> {
    fn default() -> Self {
        Self {
            generations: RwLock::new(Generations {
                young: HashMap::new(),
                young_bytes: 0,
                old: HashMap::new(),
            }),
        }
    }
}

impl<T> Spellings<T> {
    /// The parsed result for this URL text.
    pub fn get(&self, spelling: &str) -> Option<Arc<T>> {
        let aged = {
            let generations = self
                .generations
                .read()
                .unwrap_or_else(PoisonError::into_inner);
            if let Some(meaning) = generations.young.get(spelling) {
                return Some(Arc::clone(meaning));
            }
            Arc::clone(generations.old.get(spelling)?)
        };
        self.remember(spelling, &aged);
        Some(aged)
    }

    /// Stores the parsed result for this URL text, replacing an earlier one.
    pub fn remember(&self, spelling: &str, meaning: &Arc<T>) {
        if spelling.len() > MAX_SPELLING_BYTES {
            return;
        }
        let mut generations = self
            .generations
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let known = generations
            .young
            .insert(spelling.into(), Arc::clone(meaning));
        if known.is_some() {
            return;
        }
        // Twice: the variables are about as long as what they were read from.
        generations.young_bytes += 2 * spelling.len() + OVERHEAD_BYTES;
        if generations.young_bytes < GENERATION_BYTES {
            return;
        }
        generations.young_bytes = 0;
        let young = mem::take(&mut generations.young);
        let forgotten = mem::replace(&mut generations.old, young);
        drop(generations);
        // The dropped generation is large: it is freed after the lock is released.
        drop(forgotten);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_again_stays_and_the_rest_is_forgotten() {
        let spellings = Spellings::default();
        spellings.remember("kept", &Arc::new(1));
        spellings.remember("left", &Arc::new(2));
        let per_generation = GENERATION_BYTES / OVERHEAD_BYTES;
        for number in 0..3 * per_generation {
            spellings.remember(&format!("other {number}"), &Arc::new(3));
            if number % 1_000 == 0 {
                assert_eq!(spellings.get("kept").as_deref(), Some(&1));
            }
        }
        assert_eq!(spellings.get("left"), None);
        let generations = spellings.generations.read().unwrap();
        assert!(generations.young.len() + generations.old.len() <= 2 * per_generation);
    }

    #[test]
    fn a_new_meaning_replaces_the_old_one() {
        let spellings = Spellings::default();
        spellings.remember("a", &Arc::new(1));
        spellings.remember("a", &Arc::new(2));
        assert_eq!(spellings.get("a").as_deref(), Some(&2));
        let long = "x".repeat(MAX_SPELLING_BYTES + 1);
        spellings.remember(&long, &Arc::new(1));
        assert_eq!(spellings.get(&long), None);
    }
}
