//! A server's caches in two tiers: memory (L1) and Redis (L2). Every read of an entry checks it
//! against the server's own copy of the purge log.
//!
//! Reading order: [`feed`] (the copy of the log, and how it judges entries) and [`chain`] (whether the
//! log still is the one that was copied) → [`tail`] and
//! [`outbox`] (how it is kept current) → [`response`] (whole answers) and [`entity`] (parts of
//! answers) → [`flights`] (identical misses share one fill) → [`hot`] (what is asked
//! for most, and is made anew before it is asked for) → [`remote`] and [`stored`] (L2) →
//! [`redis_log`] (the log itself) → [`link`] and [`breaker`] (all calls to Redis). A cache that
//! fails costs speed, never correctness or availability.

pub mod breaker;
pub mod cached;
pub mod chain;
pub mod clock;
mod connecting;
pub mod entity;
pub mod feed;
pub mod flights;
pub mod hot;
pub mod link;
mod memory;
pub mod metrics;
pub mod outbox;
pub mod redis_log;
pub mod remote;
pub mod response;
#[cfg(feature = "simulation")]
pub mod simulated;
pub mod stats;
pub mod stored;
pub mod tail;

pub use cached::Cached;
pub use chain::Page;
pub use clock::{Clock, Moment};
pub use entity::{EntityCache, Kind, Loaded};
pub use feed::{
    Extent, Place, Position, PurgeFeed, Told,
    news::{Listener, News},
};
pub use hot::HotAnswers;
pub use link::{Link, LinkError};
pub use metrics::Metrics;
pub use redis_log::{AppendError, NewRecord, RedisLog};
pub use remote::Remote;
pub use response::{Answer, Fill, Question, ResponseCache, Tier, Warmed};
pub use stats::{Outcome, Stats};
pub use tail::{LogSource, SourceError};
