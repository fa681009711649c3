//! Tests that need a real Redis.
//!
//! They use the server at `YOUSOON_TEST_REDIS_URL`, or start one of their own. Without either they
//! fail and say how to get one.

mod cluster;
mod connecting;
mod hot;
mod link;
mod log;
mod remote;
mod tls;

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::Result;
use cache_core::{PurgeKind, Revision};
use cache_tiered::{Clock, Link, Metrics, NewRecord, RedisLog};
use redis::Client;

/// Long enough for a busy machine: no test here is about speed.
const WITHIN: Duration = Duration::from_secs(5);

fn clock() -> Clock {
    Clock::new(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        u64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
    })
}

fn link(url: &str, within: Duration) -> Result<Link> {
    let client = Client::open(url)?;
    Ok(Link::new(client, within, clock(), Metrics::default()))
}

fn log_at(url: &str, prefix: &str) -> Result<RedisLog> {
    Ok(log_of(Client::open(url)?, prefix))
}

fn log_of(client: Client, prefix: &str) -> RedisLog {
    let (clock, metrics) = (clock(), Metrics::default());
    let make = move |within| Link::new(client.clone(), within, clock.clone(), metrics.clone());
    RedisLog::new(prefix, make)
}

/// A prefix of its own for each test, because the server may be shared.
fn own_prefix() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let now_ms = clock().now().wall_ms;
    format!("test:{}:{now_ms}:{number}", std::process::id())
}

fn record(tag: &str, at_ms: u64) -> Result<NewRecord> {
    Ok(NewRecord {
        tags: vec![tag.parse()?],
        kind: PurgeKind::Hard,
        at_ms,
    })
}

/// The revision after which a log begins that follows `logs` others.
const fn after(logs: u32) -> Revision {
    Revision::of_generation(logs)
}
