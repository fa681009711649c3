//! One at a time for each offer, within a process.
//!
//! The database would keep order too: by conflicts, each of which is work done for nothing. Five
//! hundred who want one offer stand in line here instead, and only the heads of the servers' lines
//! meet in the database. Correctness does not depend on it.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use domain::OfferId;
use tokio::{
    sync::{Mutex, MutexGuard},
    time::Instant,
};

const GATES: usize = 64;

/// Offers share gates: memory does not grow with them.
#[derive(Debug)]
pub(super) struct Gates([Mutex<Option<SoldOut>>; GATES]);

/// What the last one in line found.
#[derive(Debug)]
struct SoldOut {
    offer: OfferId,
    /// Before it was looked.
    seen_after: Instant,
}

/// Somebody's turn at an offer.
#[derive(Debug)]
pub(super) struct Turn<'g> {
    offer: OfferId,
    came_at: Instant,
    last: MutexGuard<'g, Option<SoldOut>>,
}

impl Default for Gates {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::new(None)))
    }
}

impl Gates {
    /// Waits for the turn of this request; first come, first served.
    pub(super) async fn pass(&self, offer: &OfferId) -> Turn<'_> {
        let came_at = Instant::now();
        let mut hasher = DefaultHasher::new();
        offer.hash(&mut hasher);
        let [first, ..] = hasher.finish().to_be_bytes();
        Turn {
            offer: offer.clone(),
            came_at,
            last: self.0[usize::from(first) % GATES].lock().await,
        }
    }
}

impl Turn<'_> {
    /// Whether a read that began after this request arrived found the offer sold out. It is as good
    /// as a read of its own.
    pub(super) fn is_known_sold_out(&self) -> bool {
        let known = self.last.as_ref();
        known.is_some_and(|last| last.offer == self.offer && last.seen_after >= self.came_at)
    }

    /// Notes for the waiting requests that a read which began at this moment found it sold out.
    pub(super) fn note_sold_out(&mut self, seen_after: Instant) {
        *self.last = Some(SoldOut {
            offer: self.offer.clone(),
            seen_after,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sold_out_offer_is_known_to_requests_that_arrived_before_the_read() {
        let (gates, offer) = (Gates::default(), OfferId::derive("offer", "1"));
        let mut first = gates.pass(&offer).await;
        assert!(!first.is_known_sold_out());
        let waiting = gates.pass(&offer);
        tokio::pin!(waiting);
        // It stands in line before the look begins.
        assert!(futures_util::poll!(&mut waiting).is_pending());
        first.note_sold_out(Instant::now());
        drop(first);
        let second = waiting.await;
        assert!(second.is_known_sold_out());
        drop(second);
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        assert!(!gates.pass(&offer).await.is_known_sold_out());
    }
}
