//! What requests by GET were found to ask, by their path and query as they were spelt: a client
//! that spells a question as before is not parsed again.
//!
//! What a spelling means depends on nothing but its document, so whoever finds it here asks for the
//! document all the same, and goes the whole way when it is another one than it was.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, PoisonError, RwLock},
};

/// The memory of one generation, bytes; two are kept.
const GENERATION_BYTES: usize = 8 * 1024 * 1024;
/// What a spelling costs beside its text, about.
const OVERHEAD_BYTES: usize = 512;
/// Longer ones are not remembered: they are rare, and would push out many others.
const MAX_SPELLING_BYTES: usize = 8 * 1024;

type Generation<T> = HashMap<Box<str>, Arc<T>>;

/// Two generations: when the young one is full it becomes the old one, and what was old and not
/// asked for since is forgotten.
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
    /// What this spelling was found to mean.
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

    /// Remembers what a spelling means, in place of what it meant.
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
        // Many: freed while nobody waits for the lock.
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
