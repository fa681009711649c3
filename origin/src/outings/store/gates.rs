//! One at a time for each offer, within a process.
//!
//! The database would keep order too: by conflicts, each of which is work done for nothing. Five
//! hundred who want one offer stand in line here instead, and only the heads of the servers' lines
//! meet in the database. Correctness does not depend on it.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use tokio::sync::{Mutex, MutexGuard};

use crate::domain::OfferId;

const GATES: usize = 64;

/// Offers share gates: memory does not grow with them.
#[derive(Debug)]
pub(crate) struct Gates([Mutex<()>; GATES]);

impl Default for Gates {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::new(())))
    }
}

impl Gates {
    /// Waits for one's turn; first come, first served.
    pub(crate) async fn pass(&self, offer: &OfferId) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        offer.hash(&mut hasher);
        let [first, ..] = hasher.finish().to_be_bytes();
        self.0[usize::from(first) % GATES].lock().await
    }
}
