//! Rate limits by GCRA: in Redis for all servers together, or in this process when Redis is not
//! configured or cannot be reached. A Redis failure neither fails a request nor lifts the limits.
//!
//! Reading order: [`rule`] → [`gcra`] (the arithmetic) → [`in_redis`] and [`in_process`] (where the
//! arrival times are kept) → [`headers`] (what responses tell clients). [`budgets`] is the table of
//! limits on attempts; [`known_networks`] tells where an account's owner is not held back by others.

pub mod budgets;
mod gcra;
mod generations;
pub mod headers;
mod in_process;
mod in_redis;
mod known_networks;
mod metrics;
mod rule;

use std::{net::IpAddr, num::NonZeroU32, sync::Arc};

use cache_tiered::{Clock, Link, LinkError};
use prometheus_client::registry::Registry;

use budgets::Budgets;
pub use gcra::Standing;
use in_process::InProcess;
use in_redis::InRedis;
use known_networks::KnownNetworks;
use metrics::{DecidedBy, Metrics};

pub use rule::Rule;

use crate::peer::{Network, networks};

const PER_IP: NonZeroU32 = NonZeroU32::new(100).unwrap();
const PER_USER: NonZeroU32 = NonZeroU32::new(1_000).unwrap();
const TIMES_PER_56: NonZeroU32 = NonZeroU32::new(8).unwrap();
const TIMES_PER_48: NonZeroU32 = NonZeroU32::new(64).unwrap();

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimitsConfig {
    /// on | off: `YOUSOON_RATE_LIMITS`, default on. Off is for tests and benchmarks, which send
    /// everything from one address.
    pub is_on: bool,
    /// Requests per minute of an address that is not signed in: `YOUSOON_RATE_LIMIT_PER_IP`,
    /// default 100.
    pub per_ip: NonZeroU32,
    /// Requests per minute of a user: `YOUSOON_RATE_LIMIT_PER_USER`, default 1000.
    pub per_user: NonZeroU32,
    /// How many times the budget of an IPv6 /64 network the /56 around it has:
    /// `YOUSOON_RATE_LIMIT_TIMES_PER_56`, default 8.
    pub times_per_56: NonZeroU32,
    /// The same of the /48 around it: `YOUSOON_RATE_LIMIT_TIMES_PER_48`, default 64; at least as
    /// many.
    pub times_per_48: NonZeroU32,
    /// Limits on attempts to guess, send or store; each has a variable of its own.
    pub budgets: Arc<Budgets>,
}

impl Default for RateLimitsConfig {
    fn default() -> Self {
        Self {
            is_on: true,
            per_ip: PER_IP,
            per_user: PER_USER,
            times_per_56: TIMES_PER_56,
            times_per_48: TIMES_PER_48,
            budgets: Arc::default(),
        }
    }
}

impl RateLimitsConfig {
    /// The networks that a client's request is counted for, each with how many times the smallest
    /// one's budget it has.
    pub fn networks(&self, ip: IpAddr) -> impl Iterator<Item = (Network, NonZeroU32)> {
        let times = [NonZeroU32::MIN, self.times_per_56, self.times_per_48];
        networks(ip).into_iter().zip(times)
    }
}

/// The outcome of one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    pub name: &'static str,
    pub limit: u32,
    pub window_s: u64,
    pub standing: Standing,
}

/// The outcome of all rules that one request is counted under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub judged: Vec<Judged>,
    by: DecidedBy,
}

impl Decision {
    fn of(rules: &[Rule<'_>], standings: &[Standing], by: DecidedBy) -> Self {
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

    /// Whether every rule admitted the request; if not, no rule counted it.
    pub fn is_admitted(&self) -> bool {
        self.judged
            .iter()
            .all(|judged| judged.standing.retry_after_us.is_none())
    }

    /// The seconds until every rule admits one more request; at least 1.
    pub fn retry_after_s(&self) -> u64 {
        let waits = self.judged.iter().map(|judged| judged.standing);
        let longest_us = waits.filter_map(|standing| standing.retry_after_us).max();
        longest_us.unwrap_or(0).div_ceil(1_000_000).max(1)
    }
}

/// Counts requests against rate limits.
#[derive(Debug)]
pub struct RateLimiter {
    redis: Option<InRedis>,
    process: InProcess,
    known_networks: KnownNetworks,
    clock: Clock,
    metrics: Metrics,
}

impl RateLimiter {
    /// Counts in Redis over `link` with keys under `prefix`; without a link in this process only.
    pub fn new(link: Option<Link>, prefix: &str, clock: Clock) -> Self {
        let link = link.map(Arc::new);
        Self {
            known_networks: KnownNetworks::new(link.clone(), prefix),
            redis: link.map(|link| InRedis::new(link, prefix)),
            process: InProcess::default(),
            clock,
            metrics: Metrics::default(),
        }
    }

    /// Counts one request under every rule, or under none of them.
    pub async fn take(&self, rules: &[Rule<'_>]) -> Decision {
        let decision = self.decide(rules).await;
        self.metrics.count(&decision);
        decision
    }

    async fn decide(&self, rules: &[Rule<'_>]) -> Decision {
        if let Some(redis) = &self.redis {
            match redis.take(rules).await {
                Ok(standings) => return Decision::of(rules, &standings, DecidedBy::Redis),
                // Logged at debug only: the link's metrics count failures, and an outage would log
                // every request.
                Err(error) => tracing::debug!(%error, "rate limits are this process's own"),
            }
        }
        let now_us = self.clock.steady_ms().saturating_mul(1_000);
        let standings = self.process.take(rules, now_us);
        Decision::of(rules, &standings, DecidedBy::Process)
    }

    /// Remembers that somebody signed in to an account from a network.
    pub async fn remember_network(&self, account: &str, network: &str) {
        let now_ms = self.clock.now().wall_ms;
        let remembered = self.known_networks.remember(account, network, now_ms);
        if let Err(error) = remembered.await {
            tracing::debug!(%error, "a network is not remembered");
        }
    }

    /// Whether somebody signed in to an account from a network lately; false if that cannot be told.
    pub async fn knows_network(&self, account: &str, network: &str) -> bool {
        let now_ms = self.clock.now().wall_ms;
        let known = self.known_networks.knows(account, network, now_ms).await;
        known.unwrap_or_else(|error| {
            tracing::debug!(%error, "the networks of an account cannot be read");
            false
        })
    }

    /// Forgets the networks of an account.
    pub async fn forget_networks(&self, account: &str) -> Result<(), LinkError> {
        self.known_networks.forget(account).await
    }

    pub fn register(&self, registry: &mut Registry) {
        self.metrics.register(registry);
    }
}
