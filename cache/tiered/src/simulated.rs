//! A second tier for simulations: the test decides the outcome of each call.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use cache_core::CacheKey;
use tokio::time::sleep;

/// The outcome of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It succeeds after this time.
    Works(Duration),
    /// It fails after this time, and has changed nothing.
    Fails(Duration),
}

/// The stored values, which all servers of a simulation share.
pub type Shelf = Arc<Mutex<HashMap<CacheKey, Bytes>>>;

/// One server's connection to the values. They never expire: an entry that is stored for too long is
/// refused because of its age.
pub struct SimulatedValues {
    shelf: Shelf,
    fate: Box<dyn Fn(&CacheKey) -> Fate + Send + Sync>,
}

impl fmt::Debug for SimulatedValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SimulatedValues")
    }
}

impl SimulatedValues {
    /// A connection to the values in `shelf`; `fate` decides the outcome of each call.
    pub fn new(shelf: Shelf, fate: impl Fn(&CacheKey) -> Fate + Send + Sync + 'static) -> Self {
        Self {
            shelf,
            fate: Box::new(fate),
        }
    }

    fn shelf(&self) -> MutexGuard<'_, HashMap<CacheKey, Bytes>> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn works(&self, key: &CacheKey) -> bool {
        let (took, works) = match (self.fate)(key) {
            Fate::Works(took) => (took, true),
            Fate::Fails(took) => (took, false),
        };
        if !took.is_zero() {
            sleep(took).await;
        }
        works
    }

    pub(crate) async fn get(&self, key: &CacheKey) -> Option<Bytes> {
        let works = self.works(key).await;
        self.shelf().get(key).filter(|_| works).cloned()
    }

    pub(crate) async fn get_many(&self, keys: &[CacheKey]) -> Vec<Option<Bytes>> {
        let works = match keys {
            [first, ..] => self.works(first).await,
            [] => false,
        };
        let values = self.shelf();
        keys.iter()
            .map(|key| values.get(key).filter(|_| works).cloned())
            .collect()
    }

    pub(crate) async fn set(&self, key: &CacheKey, value: Vec<u8>) {
        if self.works(key).await {
            self.shelf().insert(*key, value.into());
        }
    }
}
