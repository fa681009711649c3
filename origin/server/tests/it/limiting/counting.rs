//! Where it is counted: in Redis for all servers, in the process when Redis is gone.

use std::{num::NonZeroU32, time::Duration};

use access::rate::{Decision, RateLimiter, Rule};
use cache_tiered::{Clock, Link, Metrics};
use e2e::{AnyRedis, Durability, Redis, redis::cannot_be_killed};

use super::{PER_IP, answered, ask};
use crate::app::TestApp;

/// Longer than production's: a busy machine is no outage of Redis.
const PATIENCE: Duration = Duration::from_secs(2);

fn limiter(redis: Option<&str>, prefix: &str) -> RateLimiter {
    let clock = Clock::new(|| 0);
    let link = redis.map(|url| {
        let client = redis::Client::open(url).unwrap();
        Link::new(client, PATIENCE, clock.clone(), Metrics::default())
    });
    RateLimiter::new(link, prefix, clock)
}

fn rule(name: &'static str, limit: u32, window: Duration) -> Rule<'static> {
    Rule {
        name,
        limit: NonZeroU32::new(limit).unwrap(),
        window,
        key: "somebody",
    }
}

/// Of another test's numbers, on a server that several tests use.
fn prefix(name: &str) -> String {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    format!("test:{name}:{}", hex::encode(bytes))
}

fn remaining(decision: &Decision) -> Vec<u32> {
    let judged = decision.judged.iter();
    judged.map(|judged| judged.standing.remaining).collect()
}

#[tokio::test]
async fn redis_and_the_process_count_alike() {
    let redis = AnyRedis::start().await.unwrap();
    let both = [
        limiter(Some(&redis.url()), &prefix("alike")),
        limiter(None, "alike"),
    ];
    for limiter in both {
        let hour = Duration::from_hours(1);
        let (account, address) = (rule("account", 2, hour), rule("address", 4, hour));
        let first = limiter.take(&[account, address]).await;
        assert!(first.is_admitted());
        assert_eq!(remaining(&first), [1, 3]);
        assert!(limiter.take(&[account, address]).await.is_admitted());
        let refused = limiter.take(&[account, address]).await;
        assert!(!refused.is_admitted());
        assert_eq!(remaining(&refused), [0, 2], "counted by none of them");
        assert!((1_700..=1_800).contains(&refused.retry_after_s()));
        assert_eq!(remaining(&limiter.take(&[address]).await), [1]);
    }
}

#[tokio::test]
async fn time_gives_it_back() {
    let redis = AnyRedis::start().await.unwrap();
    for limiter in [
        limiter(Some(&redis.url()), &prefix("time")),
        limiter(None, "time"),
    ] {
        let rule = rule("short", 2, Duration::from_secs(2));
        for _ in 0..2 {
            assert!(limiter.take(&[rule]).await.is_admitted());
        }
        assert!(!limiter.take(&[rule]).await.is_admitted());
        tokio::time::sleep(Duration::from_millis(2_200)).await;
        assert_eq!(remaining(&limiter.take(&[rule]).await), [1]);
    }
}

#[tokio::test]
async fn a_crowd_at_once_gets_no_more_than_the_limit() {
    let redis = AnyRedis::start().await.unwrap();
    let limiter = limiter(Some(&redis.url()), &prefix("crowd"));
    let rule = rule("crowd", 10, Duration::from_hours(1));
    let takes = (0..100).map(|_| limiter.take(std::slice::from_ref(&rule)));
    let decisions = futures_util::future::join_all(takes).await;
    let admitted = decisions.iter().filter(|decision| decision.is_admitted());
    assert_eq!(admitted.count(), 10);
}

#[tokio::test]
async fn servers_on_one_redis_count_together() {
    let redis = Redis::start(Durability::Memory).await.unwrap();
    let server = || {
        TestApp::builder()
            .redis(&redis.url())
            .redis_within(PATIENCE)
            .rate_limits(PER_IP, 100)
            .start()
    };
    let (one, other) = (server().await, server().await);
    let ask = |number: u32| {
        ask(if number.is_multiple_of(2) {
            &one
        } else {
            &other
        })
    };
    assert_eq!(answered(2 * PER_IP + 2, ask).await, PER_IP);
}

#[tokio::test]
async fn without_redis_each_server_counts_for_itself_and_answers() {
    if let Some(reason) = cannot_be_killed().await {
        println!("skipped: {reason}");
        return;
    }
    let mut redis = Redis::start(Durability::Memory).await.unwrap();
    let app = TestApp::builder()
        .redis(&redis.url())
        .redis_within(PATIENCE)
        .rate_limits(PER_IP, 100)
        .start()
        .await;
    assert_eq!(answered(PER_IP + 1, |_| ask(&app)).await, PER_IP);
    redis.kill().await.unwrap();
    assert_eq!(answered(3 * PER_IP, |_| ask(&app)).await, PER_IP);
}
