//! The first tier (L1): entries in this server's memory, limited by their size in bytes.

use std::{sync::Arc, time::Duration};

use cache_core::CacheKey;
use moka::{Expiry, sync::Cache};

use crate::{cached::Cached, feed::PurgeFeed};

/// A cache in memory for at most `capacity_bytes` of entries. It may hold invalid entries: every
/// read judges them.
pub(crate) fn of(feed: &Arc<PurgeFeed>, capacity_bytes: u64) -> Cache<CacheKey, Arc<Cached>> {
    Cache::builder()
        .max_capacity(capacity_bytes)
        .weigher(|_key, entry: &Arc<Cached>| entry.weight_bytes())
        .expire_after(EndOfLifetime {
            feed: Arc::clone(feed),
        })
        .build()
}

/// Evicts an entry when all windows of its lifetime have passed.
struct EndOfLifetime {
    feed: Arc<PurgeFeed>,
}

impl<K> Expiry<K, Arc<Cached>> for EndOfLifetime {
    fn expire_after_create(
        &self,
        _key: &K,
        entry: &Arc<Cached>,
        _created_at: std::time::Instant,
    ) -> Option<Duration> {
        let life_ms = entry.head.lifetime.total_s().saturating_mul(1_000);
        let age_ms = entry.head.age_ms(self.feed.clock().now().wall_ms);
        Some(Duration::from_millis(life_ms.saturating_sub(age_ms)))
    }

    fn expire_after_update(
        &self,
        key: &K,
        entry: &Arc<Cached>,
        updated_at: std::time::Instant,
        _left: Option<Duration>,
    ) -> Option<Duration> {
        self.expire_after_create(key, entry, updated_at)
    }
}
