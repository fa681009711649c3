//! Sizes of the caches and the catalogue index, and the connection to Redis.

use std::time::Duration;

use api::{caches::CacheConfig, lists::ListsConfig};

use super::reader::{ConfigError, Reader, process_environment};

/// Reads only the cache settings, for commands that run beside the servers.
pub fn cache_from_env() -> Result<CacheConfig, ConfigError> {
    let mut reader = Reader::new(&process_environment);
    let config = read(&mut reader);
    reader.outcome().map(|()| config)
}

pub(super) fn read(reader: &mut Reader<'_>) -> CacheConfig {
    let defaults = CacheConfig::default();
    let default_ms = u64::try_from(defaults.redis_within.as_millis()).unwrap_or(u64::MAX);
    // Masked: the URL may contain a password.
    let redis = reader.optional_masked("YOUSOON_REDIS_URL", "memory alone", |url| {
        redis::Client::open(url).map_err(|_| "is not a Redis URL".to_owned())
    });
    let within_ms = reader.number("YOUSOON_REDIS_TIMEOUT_MS", default_ms, 1..=10_000);
    CacheConfig {
        redis,
        redis_within: Duration::from_millis(within_ms),
        memory_mib: reader.number(
            "YOUSOON_CACHE_MEMORY_MIB",
            defaults.memory_mib,
            1..=1_048_576,
        ),
        warm_per_s: reader.number("YOUSOON_WARM_PER_SECOND", defaults.warm_per_s, 0..=1_000),
    }
}

pub(super) fn lists(reader: &mut Reader<'_>) -> ListsConfig {
    let defaults = ListsConfig::default();
    ListsConfig {
        memory_mib: reader.number(
            "YOUSOON_INDEX_MEMORY_MIB",
            defaults.memory_mib,
            1..=1_048_576,
        ),
    }
}
