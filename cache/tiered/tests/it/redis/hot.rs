//! The counts of several servers in a real Redis.

use anyhow::Result;
use cache_core::{CacheKey, KeyBuilder};
use cache_tiered::{HotAnswers, hot::KEPT};
use e2e::AnyRedis;
use redis::AsyncCommands;

use super::{WITHIN, link, own_prefix};

fn key(recipe: &str) -> CacheKey {
    KeyBuilder::new().part(recipe.as_bytes()).finish()
}

fn server(redis: &AnyRedis, prefix: &str) -> Result<HotAnswers> {
    Ok(HotAnswers::new(Some(link(&redis.url(), WITHIN)?), prefix))
}

fn saw(server: &HotAnswers, recipe: &str, times: u32) {
    for _ in 0..times {
        server.saw(&key(recipe), || Some(recipe.to_owned()));
    }
}

async fn hottest(server: &HotAnswers) -> Vec<String> {
    let hottest = server.hottest().await.into_iter();
    hottest.map(|recipe| recipe.to_string()).collect()
}

#[tokio::test]
async fn a_server_that_has_just_started_knows_what_the_others_are_asked_for() {
    let (redis, prefix) = (AnyRedis::start().await.unwrap(), own_prefix());
    let [one, other, new] = [(); 3].map(|()| server(&redis, &prefix).unwrap());
    saw(&one, "a", 5);
    saw(&one, "typed once", 1);
    saw(&other, "a", 4);
    saw(&other, "b", 5);
    for server in [&one, &other] {
        server.share().await.unwrap();
    }
    assert_eq!(hottest(&new).await, ["a", "b"]);
    assert_eq!(hottest(&one).await, ["a", "b", "typed once"]);
    // What was told is not told again.
    one.share().await.unwrap();
    saw(&other, "b", 3);
    other.share().await.unwrap();
    assert_eq!(hottest(&new).await, ["b", "a"]);
}

#[tokio::test]
async fn one_server_makes_an_answer_on_an_occasion() {
    let (redis, prefix) = (AnyRedis::start().await.unwrap(), own_prefix());
    let [one, other] = [(); 2].map(|()| server(&redis, &prefix).unwrap());
    assert!(one.claim("7", &key("a")).await);
    assert!(!other.claim("7", &key("a")).await);
    assert!(other.claim("7", &key("b")).await);
    assert!(other.claim("8", &key("a")).await);
}

#[tokio::test]
async fn redis_keeps_the_hottest_for_a_day() {
    let (redis, prefix) = (AnyRedis::start().await.unwrap(), own_prefix());
    let server = server(&redis, &prefix).unwrap();
    let client = redis::Client::open(redis.url()).unwrap();
    let mut raw = client.get_multiplexed_async_connection().await.unwrap();
    let name = format!("{{{prefix}}}:heat");
    let old: Vec<(f64, String)> = (0..2_000)
        .map(|number| (f64::from(number), format!("old {number}")))
        .collect();
    raw.zadd_multiple::<_, _, _, ()>(&name, &old).await.unwrap();
    saw(&server, "a", 4_000);
    server.share().await.unwrap();
    let kept: usize = raw.zcard(&name).await.unwrap();
    assert_eq!(kept, KEPT);
    assert_eq!(hottest(&server).await[..2], ["a", "old 1999"]);
    let score: f64 = raw.zscore(&name, "a").await.unwrap();
    assert_eq!(
        score, 2_000.0,
        "halved, so that what was hot long ago makes room"
    );
    let left_ms: i64 = raw.pttl(&name).await.unwrap();
    assert!(left_ms > 23 * 3_600_000, "{left_ms}");
    // Only once in ten minutes.
    server.share().await.unwrap();
    let score: f64 = raw.zscore(&name, "a").await.unwrap();
    assert_eq!(score, 2_000.0);
}

#[tokio::test]
async fn without_redis_a_server_knows_its_own() {
    let server = HotAnswers::new(Some(link("redis://127.0.0.1:1", WITHIN).unwrap()), "test");
    saw(&server, "a", 3);
    assert!(server.share().await.is_err());
    assert_eq!(hottest(&server).await, ["a"]);
    assert!(server.claim("7", &key("a")).await);
    let long = "x".repeat(3_000);
    saw(&server, &long, 5);
    assert_eq!(hottest(&server).await, ["a"], "too long to be kept");
}
