//! The caches, and Redis behind them.

use std::time::Duration;

use super::reader::{ConfigError, Reader, process_environment};
use crate::api::caches::DEFAULT_REDIS_WITHIN;

const DEFAULT_MEMORY_MIB: u64 = 256;

#[derive(Clone, Debug)]
pub struct CacheConfig {
    /// The second tier, the purge log and the rate limits, redis:// or rediss://:
    /// `YOUSOON_REDIS_URL`, default none (memory alone, and the log in the embedded store).
    pub redis: Option<redis::Client>,
    /// How long a look-up in Redis may take, milliseconds: `YOUSOON_REDIS_TIMEOUT_MS`, default 20.
    pub redis_within: Duration,
    /// How much memory the caches take, MiB: `YOUSOON_CACHE_MEMORY_MIB`, default 256.
    pub memory_mib: u64,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self {
            redis: None,
            redis_within: DEFAULT_REDIS_WITHIN,
            memory_mib: DEFAULT_MEMORY_MIB,
        }
    }
}

impl CacheConfig {
    /// From the environment alone: commands beside the servers need no more.
    pub fn from_env() -> Result<Self, ConfigError> {
        let mut reader = Reader::new(&process_environment);
        let config = Self::read(&mut reader);
        reader.outcome().map(|()| config)
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let default_ms = u64::try_from(DEFAULT_REDIS_WITHIN.as_millis()).unwrap_or(u64::MAX);
        // Masked: it may have a password.
        let redis = reader.optional_masked("YOUSOON_REDIS_URL", "memory alone", |url| {
            redis::Client::open(url).map_err(|_| "is not a Redis URL".to_owned())
        });
        let within_ms = reader.number("YOUSOON_REDIS_TIMEOUT_MS", default_ms, 1..=10_000);
        Self {
            redis,
            redis_within: Duration::from_millis(within_ms),
            memory_mib: reader.number(
                "YOUSOON_CACHE_MEMORY_MIB",
                DEFAULT_MEMORY_MIB,
                1..=1_048_576,
            ),
        }
    }
}
