//! The origin's caches: answers to public documents, and entities for the DataLoader.

use std::{sync::Arc, time::Duration};

use access::{rate::RateLimiter, redis_sessions::RedisSessions};
use cache_tiered::{
    Clock, EntityCache, HotAnswers, Kind, Link, Metrics, PurgeFeed, RedisLog, Remote,
    ResponseCache, remote::CALL_WITHIN,
};
use tokio_util::task::TaskTracker;

use crate::execution::executed::Unstored;

/// Prefix of all our Redis keys. The number changes with the format of the stored values.
const PREFIX: &str = "yousoon:1";
/// Timeout of a session operation in Redis. It is long because sessions have no fallback.
const SESSIONS_WITHIN: Duration = Duration::from_secs(1);
/// Timeout of a call about the hottest answers. No request waits for it.
const HEAT_WITHIN: Duration = Duration::from_secs(1);
const MIB: u64 = 1024 * 1024;

const OFFER: Kind = Kind {
    name: "offer",
    max_age_s: 15 * 60,
};
const PARTNER: Kind = Kind {
    name: "partner",
    max_age_s: 60 * 60,
};
const ESTABLISHMENT: Kind = Kind {
    name: "establishment",
    max_age_s: 60 * 60,
};

/// What its user is shown. Nothing decides by it who may do what.
const PROFILE: Kind = Kind {
    name: "profile",
    max_age_s: 60 * 60,
};

const DEFAULT_MEMORY_MIB: u64 = 256;
const DEFAULT_WARM_PER_S: u64 = 50;

#[derive(Clone, Debug)]
pub struct CacheConfig {
    /// Redis for the second cache tier, the purge log and the rate limits, redis:// or rediss://:
    /// `YOUSOON_REDIS_URL`, default none (memory only, with the log in the embedded store).
    pub redis: Option<redis::Client>,
    /// Timeout of a cache look-up in Redis, milliseconds: `YOUSOON_REDIS_TIMEOUT_MS`, default 20.
    pub redis_within: Duration,
    /// Memory for the caches, MiB: `YOUSOON_CACHE_MEMORY_MIB`, default 256.
    pub memory_mib: u64,
    /// How many of the hottest answers are made anew in a second after a start, a new purge log or
    /// `purge --warm`; 0 is none: `YOUSOON_WARM_PER_SECOND`, default 50.
    pub warm_per_s: u64,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self {
            redis: None,
            redis_within: CALL_WITHIN,
            memory_mib: DEFAULT_MEMORY_MIB,
            warm_per_s: DEFAULT_WARM_PER_S,
        }
    }
}

/// All caches of a server, and the copy of the purge log that decides whether entries are valid.
#[derive(Debug)]
pub struct Caches {
    pub feed: Arc<PurgeFeed>,
    pub responses: Arc<ResponseCache<Arc<Unstored>>>,
    /// Which of them are asked for most.
    pub hot: HotAnswers,
    pub offers: EntityCache,
    pub partners: EntityCache,
    pub establishments: EntityCache,
    pub profiles: EntityCache,
    pub metrics: Metrics,
    /// Running cache fills and writes.
    pub tasks: TaskTracker,
}

impl Caches {
    /// Creates empty caches, without connecting to Redis.
    pub fn new(config: &CacheConfig, clock: &Clock) -> Self {
        let metrics = Metrics::default();
        let tasks = TaskTracker::new();
        let feed = Arc::new(PurgeFeed::new(clock.clone()));
        let remote = |what: &str| {
            let client = config.redis.clone()?;
            let link = Link::new(client, config.redis_within, clock.clone(), metrics.clone());
            Some(Remote::new(
                link,
                &format!("{PREFIX}:{what}"),
                tasks.clone(),
            ))
        };
        let entities = |kind: Kind, share: u64| {
            let capacity = config.memory_mib * MIB / share;
            EntityCache::new(
                kind,
                Arc::clone(&feed),
                capacity,
                remote(kind.name),
                metrics.clone(),
            )
        };
        Self {
            responses: Arc::new(ResponseCache::new(
                Arc::clone(&feed),
                config.memory_mib * MIB / 2,
                remote("answer"),
                tasks.clone(),
            )),
            hot: HotAnswers::new(
                config
                    .redis
                    .clone()
                    .map(|client| Link::new(client, HEAT_WITHIN, clock.clone(), metrics.clone())),
                &format!("{PREFIX}:hot"),
            ),
            offers: entities(OFFER, 4),
            partners: entities(PARTNER, 8),
            establishments: entities(ESTABLISHMENT, 8),
            profiles: entities(PROFILE, 8),
            feed,
            metrics,
            tasks,
        }
    }

    /// The rate limiter; it counts in Redis if configured.
    pub fn rate_limiter(&self, config: &CacheConfig) -> RateLimiter {
        let clock = self.feed.clock();
        let link = config.redis.clone().map(|client| {
            let within = config.redis_within;
            Link::new(client, within, clock.clone(), self.metrics.clone())
        });
        RateLimiter::new(link, &format!("{PREFIX}:rate"), clock.clone())
    }

    /// The purge log in Redis, if configured.
    pub fn redis_log(&self, config: &CacheConfig) -> Option<RedisLog> {
        let client = config.redis.as_ref()?;
        let make = |within: Duration| {
            let clock = self.feed.clock().clone();
            Link::new(client.clone(), within, clock, self.metrics.clone())
        };
        Some(RedisLog::new(&format!("{PREFIX}:purge-log"), make))
    }

    /// The session store in Redis, if configured. It has its own circuit breaker, so that failing
    /// caches do not sign users out.
    pub fn redis_sessions(&self, config: &CacheConfig) -> Option<RedisSessions> {
        let client = config.redis.clone()?;
        let clock = self.feed.clock().clone();
        let link = Link::new(client, SESSIONS_WITHIN, clock, self.metrics.clone());
        Some(RedisSessions::new(link, &format!("{PREFIX}:sessions")))
    }
}
