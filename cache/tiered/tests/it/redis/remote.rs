//! The second tier in a real Redis.

use std::sync::Arc;

use anyhow::Result;
use cache_core::{
    AsOf, CacheKey, EntryHead, KeyBuilder, Lifetime, LogId, Revision, entry::ContentHash,
};
use cache_tiered::{Cached, Remote};
use e2e::{AnyRedis, Durability, Redis, redis::cannot_be_killed};
use redis::{AsyncCommands, aio::MultiplexedConnection};
use tokio_util::task::TaskTracker;

use super::{WITHIN, link, own_prefix};

const BORN_MS: u64 = 1_000_000;
const LIFETIME: Lifetime = Lifetime {
    max_age_s: 60,
    stale_while_revalidate_s: 10,
    stale_if_error_s: 30,
};

struct Tier {
    remote: Remote,
    tasks: TaskTracker,
    prefix: String,
    raw: MultiplexedConnection,
    /// Ends with the test.
    _redis: AnyRedis,
}

impl Tier {
    async fn start() -> Result<Self> {
        let redis = AnyRedis::start().await?;
        let (tasks, prefix) = (TaskTracker::new(), own_prefix());
        tasks.close();
        let client = redis::Client::open(redis.url())?;
        Ok(Self {
            remote: Remote::new(link(&redis.url(), WITHIN)?, &prefix, tasks.clone()),
            tasks,
            prefix,
            raw: client.get_multiplexed_async_connection().await?,
            _redis: redis,
        })
    }

    fn name(&self, key: &CacheKey) -> String {
        format!("{}:{key}", self.prefix)
    }

    async fn put(&self, key: CacheKey, body: &[u8], wall_ms: u64) {
        let entry = entry(body);
        let as_of = entry.head.as_of;
        self.remote.put(key, Arc::new(entry), as_of, wall_ms);
        self.tasks.wait().await;
    }

    async fn body(&self, key: &CacheKey) -> Option<Vec<u8>> {
        Some(self.remote.get(key).await?.body.to_vec())
    }
}

fn key(name: &str) -> CacheKey {
    KeyBuilder::new().part(name.as_bytes()).finish()
}

fn entry(body: &[u8]) -> Cached {
    let head = EntryHead {
        as_of: AsOf {
            log: LogId::from_bytes([3; 16]),
            revision: Revision(4),
        },
        born_ms: BORN_MS,
        lifetime: LIFETIME,
        content: ContentHash::of(body),
        tags: vec!["thing:1".parse().unwrap()],
    };
    Cached::new(head, body.to_vec().into(), Some(5))
}

#[tokio::test]
async fn an_entry_is_stored_for_as_long_as_it_may_be_of_use() {
    let mut tier = Tier::start().await.unwrap();
    tier.put(key("a"), b"{}", BORN_MS + 20_000).await;
    let found = tier.remote.get(&key("a")).await.unwrap();
    assert_eq!(
        (&found.head, &*found.body),
        (&entry(b"{}").head, &b"{}"[..])
    );
    let name = tier.name(&key("a"));
    let left_ms: i64 = tier.raw.pttl(&name).await.unwrap();
    assert!((1..=70_000).contains(&left_ms), "{left_ms}");
    for (name, wall_ms) in [("over", BORN_MS + 90_000), ("long over", u64::MAX)] {
        tier.put(key(name), b"{}", wall_ms).await;
        let name = tier.name(&key(name));
        assert!(!tier.raw.exists::<_, bool>(&name).await.unwrap(), "{name}");
    }
}

#[tokio::test]
async fn an_entry_has_the_as_of_that_it_is_stored_with() {
    let tier = Tier::start().await.unwrap();
    let attested = AsOf {
        revision: Revision(3),
        ..entry(b"{}").head.as_of
    };
    tier.remote
        .put(key("a"), Arc::new(entry(b"{}")), attested, BORN_MS);
    tier.tasks.wait().await;
    let found = tier.remote.get(&key("a")).await.unwrap();
    assert_eq!(found.head.as_of, attested);
}

#[tokio::test]
async fn a_value_that_is_not_this_keys_entry_is_a_miss() {
    let mut tier = Tier::start().await.unwrap();
    tier.put(key("a"), b"of a", BORN_MS).await;
    let good: Vec<u8> = tier.raw.get(tier.name(&key("a"))).await.unwrap();
    let mut of_another_version = good.clone();
    of_another_version[2] += 1;
    let table: [(&str, &[u8]); 5] = [
        ("of another key", &good),
        ("of another version", &of_another_version),
        ("cut", &good[..good.len() - 1]),
        ("garbage", b"garbage"),
        ("nothing", b""),
    ];
    for (what, value) in table {
        let name = tier.name(&key(what));
        tier.raw.set::<_, _, ()>(&name, value).await.unwrap();
        assert_eq!(tier.body(&key(what)).await, None, "{what}");
    }
    // No string at all: an error of the server, and a miss.
    let name = tier.name(&key("a list"));
    tier.raw.lpush::<_, _, ()>(&name, "a").await.unwrap();
    assert_eq!(tier.body(&key("a list")).await, None);
    assert_eq!(tier.body(&key("a")).await.unwrap(), b"of a");
}

#[tokio::test]
async fn many_entries_come_each_at_its_keys_place() {
    let mut tier = Tier::start().await.unwrap();
    let keys = ["a", "absent", "b", "garbage", "a"].map(key);
    tier.put(keys[0], b"of a", BORN_MS).await;
    tier.put(keys[2], b"of b", BORN_MS).await;
    let name = tier.name(&keys[3]);
    tier.raw.set::<_, _, ()>(&name, "garbage").await.unwrap();
    let found = tier.remote.get_many(&keys).await;
    let bodies: Vec<Option<&[u8]>> = found
        .iter()
        .map(|entry| entry.as_ref().map(|entry| &*entry.body))
        .collect();
    let (a, b): (&[u8], &[u8]) = (b"of a", b"of b");
    assert_eq!(bodies, [Some(a), None, Some(b), None, Some(a)]);
    assert!(tier.remote.get_many(&[]).await.is_empty());
}

#[tokio::test]
async fn a_long_body_is_compressed_and_comes_back_as_it_was() {
    let mut tier = Tier::start().await.unwrap();
    let body = br#"{"title":"a bar"},"#.repeat(1_000);
    tier.put(key("long"), &body, BORN_MS).await;
    let stored: usize = tier.raw.strlen(tier.name(&key("long"))).await.unwrap();
    assert!(stored < body.len() / 10, "{stored}");
    assert_eq!(tier.body(&key("long")).await.unwrap(), body);
}

#[tokio::test]
async fn a_server_that_is_gone_is_a_miss() {
    let put = |remote: &Remote| {
        let entry = entry(b"{}");
        let as_of = entry.head.as_of;
        remote.put(key("a"), Arc::new(entry), as_of, BORN_MS);
    };
    if let Some(reason) = cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let mut redis = Redis::start(Durability::Memory).await.unwrap();
    let tasks = TaskTracker::new();
    tasks.close();
    let remote = Remote::new(link(&redis.url(), WITHIN).unwrap(), "test", tasks.clone());
    put(&remote);
    tasks.wait().await;
    assert!(remote.get(&key("a")).await.is_some());
    redis.kill().await.unwrap();
    // Before and after the circuit breaker opens.
    for _ in 0..5 {
        assert!(remote.get(&key("a")).await.is_none());
        let many = remote.get_many(&[key("a"), key("b")]).await;
        assert!(many.len() == 2 && many.iter().all(Option::is_none));
    }
    put(&remote);
    tasks.wait().await;
}
