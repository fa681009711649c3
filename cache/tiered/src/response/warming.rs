//! Warm fills: answers that the cache makes anew before anybody asks for them.
//!
//! A warm fill is an ordinary fill: it shares the flight of requests for the same answer, takes its `as_of`
//! before it reads, and stores the same entry. Only it is not counted as a request.

use std::sync::Arc;

use cache_core::{CacheKey, Verdict};

use super::{Fill, Filled, ResponseCache, Tier};
use crate::cached::Cached;

/// What became of an answer that was to be warm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Warmed {
    /// Memory had it, and it may be served.
    Valid,
    /// Redis had it, and it may be served.
    Found,
    /// It was made anew and stored.
    Filled,
    /// It was made anew, and may not be stored.
    Unshared,
    /// It could not be made.
    Failed,
    /// Another server makes it.
    Left,
}

impl Warmed {
    /// The word in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Found => "found",
            Self::Filled => "filled",
            Self::Unshared => "unshared",
            Self::Failed => "failed",
            Self::Left => "left",
        }
    }
}

impl<U: Clone + Send + Sync + 'static> ResponseCache<U> {
    /// Whether memory has an answer that may be served as it is.
    pub fn is_warm(&self, key: &CacheKey) -> bool {
        let entry = self.memory.get(key);
        entry.is_some_and(|entry| self.may_be_served(&entry))
    }

    /// Takes an answer from Redis into memory, if it may be served as it is.
    pub async fn find_warm(&self, key: &CacheKey) -> bool {
        let Some(entry) = self.look_up(Tier::Redis, key).await else {
            return false;
        };
        let is_good = self.may_be_served(&entry);
        if is_good {
            self.memory.insert(*key, entry);
        }
        is_good
    }

    /// Makes an answer anew, together with requests that ask for it now. `fill` must take `as_of` before
    /// it reads.
    pub async fn fill_warm<F>(self: &Arc<Self>, key: CacheKey, fill: impl Fn() -> F) -> Warmed
    where
        F: Future<Output = Fill<U>> + Send + 'static,
    {
        // A fill that began before a purge brings what was purged: one more is enough, as for a request.
        for _ in 0..2 {
            match self.begin_fill(key, &fill).landed().await {
                Some(Filled::Shared(entry)) if self.may_be_served(&entry) => return Warmed::Filled,
                Some(Filled::Shared(_)) => {}
                Some(Filled::Unshared(_)) => return Warmed::Unshared,
                Some(Filled::Failed(_)) | None => return Warmed::Failed,
            }
        }
        Warmed::Failed
    }

    /// How many fills are under way, for requests and warm ones.
    pub fn fills_under_way(&self) -> usize {
        self.flights.under_way()
    }

    fn may_be_served(&self, entry: &Cached) -> bool {
        matches!(self.feed.judge(entry, None), Verdict::Serve { .. })
    }
}
