//! Which of the hottest answers are made anew after a purge.

use cache_core::{CacheKey, Tag};

use crate::services::Services;

/// How many of the hottest answers this server has to make anew, or find in Redis, after a purge of these
/// tags: those that memory does not have or may not serve, now or then.
pub fn would_be_warmed(services: &Services, tags: &[Tag]) -> u64 {
    let caches = &services.caches;
    let everything = tags.contains(&Tag::everything());
    let is_purged = |key: &CacheKey| {
        let entry = caches.responses.explain_memory(key);
        entry.is_none_or(|(entry, _)| {
            everything || entry.head.tags.iter().any(|tag| tags.contains(tag))
        })
    };
    let stays = |key: &CacheKey| caches.responses.is_warm(key) && !is_purged(key);
    let hottest = caches.hot.hottest_here();
    hottest.iter().filter(|(key, _)| !stays(key)).count() as u64
}
