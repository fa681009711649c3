//! How often something may happen: GCRA, in Redis for all servers together, in this process when
//! there is no Redis or it cannot be reached. Never an error, and never no limit.
//!
//! Reading order: [`rule`] → [`gcra`] (the arithmetic) → [`in_redis`] and [`in_process`] (where the
//! numbers are kept) → [`headers`] (what clients are told).

mod gcra;
pub mod headers;
mod in_process;
mod in_redis;
mod metrics;
mod rule;

use std::num::NonZeroU32;

use cache_tiered::{Clock, Link};
use prometheus_client::registry::Registry;

pub use gcra::Standing;
use in_process::InProcess;
use in_redis::InRedis;
use metrics::{By, Metrics};

pub use rule::Rule;

const PER_IP: NonZeroU32 = NonZeroU32::new(100).unwrap();
const PER_USER: NonZeroU32 = NonZeroU32::new(1_000).unwrap();

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimitsConfig {
    /// on | off: `YOUSOON_RATE_LIMITS`, default on. Off is for machines that send everything from
    /// one address: tests and benchmarks.
    pub is_on: bool,
    /// Requests a minute of an address that is not signed in: `YOUSOON_RATE_LIMIT_PER_IP`, default
    /// 100.
    pub per_ip: NonZeroU32,
    /// Requests a minute of a user: `YOUSOON_RATE_LIMIT_PER_USER`, default 1000.
    pub per_user: NonZeroU32,
}

impl Default for RateLimitsConfig {
    fn default() -> Self {
        Self {
            is_on: true,
            per_ip: PER_IP,
            per_user: PER_USER,
        }
    }
}

/// What became of one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    pub name: &'static str,
    pub limit: u32,
    pub window_s: u64,
    pub standing: Standing,
}

/// What became of all rules that one request is counted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub judged: Vec<Judged>,
    by: By,
}

impl Decision {
    fn of(rules: &[Rule<'_>], standings: &[Standing], by: By) -> Self {
        let pairs = rules.iter().zip(standings);
        let judged = pairs.map(|(rule, standing)| Judged {
            name: rule.name,
            limit: rule.limit.get(),
            window_s: rule.window.as_secs().max(1),
            standing: *standing,
        });
        Self {
            judged: judged.collect(),
            by,
        }
    }

    /// Whether there was one more by every rule; else none of them counted it.
    pub fn is_admitted(&self) -> bool {
        self.judged
            .iter()
            .all(|judged| judged.standing.retry_after_us.is_none())
    }

    /// After how many seconds there is one more by every rule; at least one.
    pub fn retry_after_s(&self) -> u64 {
        let waits = self.judged.iter().map(|judged| judged.standing);
        let longest_us = waits.filter_map(|standing| standing.retry_after_us).max();
        longest_us.unwrap_or(0).div_ceil(1_000_000).max(1)
    }
}

/// Counts.
#[derive(Debug)]
pub struct RateLimiter {
    redis: Option<InRedis>,
    process: InProcess,
    clock: Clock,
    metrics: Metrics,
}

impl RateLimiter {
    /// Counts in Redis over `link`, its keys under `prefix`; without a link in this process alone.
    pub fn new(link: Option<Link>, prefix: &str, clock: Clock) -> Self {
        Self {
            redis: link.map(|link| InRedis::new(link, prefix)),
            process: InProcess::default(),
            clock,
            metrics: Metrics::default(),
        }
    }

    /// Takes one by every rule, or by none of them.
    pub async fn take(&self, rules: &[Rule<'_>]) -> Decision {
        let decision = self.decide(rules).await;
        self.metrics.count(&decision);
        decision
    }

    async fn decide(&self, rules: &[Rule<'_>]) -> Decision {
        if let Some(redis) = &self.redis {
            match redis.take(rules).await {
                Ok(standings) => return Decision::of(rules, &standings, By::Redis),
                // The link's metrics count them, and an outage would be a line a request.
                Err(error) => tracing::debug!(%error, "rate limits are this process's own"),
            }
        }
        let now_us = self.clock.steady_ms().saturating_mul(1_000);
        let standings = self.process.take(rules, now_us);
        Decision::of(rules, &standings, By::Process)
    }

    pub fn register(&self, registry: &mut Registry) {
        self.metrics.register(registry);
    }
}
