//! `Link` when Redis or the network is slow, hangs or fails.

use std::time::Duration;

use anyhow::Result;
use cache_tiered::{Link, LinkError};
use e2e::{Durability, Redis, TcpGate, redis::cannot_be_killed};
use redis::AsyncCommands;

use super::{WITHIN, link};

/// Longer than the breaker stays open.
const UNTIL_A_PROBE: Duration = Duration::from_millis(600);
/// For calls that are to fail.
const SOON: Duration = Duration::from_millis(150);

struct Gated {
    gate: TcpGate,
    link: Link,
    /// Ends with the test.
    redis: Redis,
}

impl Gated {
    async fn start(within: Duration) -> Result<Self> {
        let redis = Redis::start(Durability::Memory).await?;
        let gate = TcpGate::open_to(redis.address()).await?;
        let link = link(&format!("redis://{}", gate.address), within)?;
        Ok(Self { gate, link, redis })
    }

    async fn get(&self, key: &str) -> Result<String, LinkError> {
        self.link
            .call("get", async |mut connection| connection.get(key).await)
            .await
    }

    async fn connection_number(&self) -> Result<u64, LinkError> {
        self.link
            .call("id", async |mut connection| {
                redis::cmd("CLIENT")
                    .arg("ID")
                    .query_async(&mut connection)
                    .await
            })
            .await
    }
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_nobody_elses() {
    if let Some(reason) = cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let gated = Gated::start(SOON).await.unwrap();
    gated
        .redis
        .command(&["MSET", "a", "of a", "b", "of b"])
        .await
        .unwrap();
    let before = gated.connection_number().await.unwrap();
    assert_eq!(gated.connection_number().await.unwrap(), before);
    gated.gate.hold().await;
    let late = gated.get("a").await;
    assert!(matches!(late, Err(LinkError::Timeout(_))), "{late:?}");
    gated.gate.open().await;
    assert_eq!(gated.get("b").await.unwrap(), "of b");
    assert_ne!(
        gated.connection_number().await.unwrap(),
        before,
        "the old connection was thrown away"
    );
}

#[tokio::test]
async fn a_server_that_is_gone_is_left_alone_and_found_again() {
    if let Some(reason) = cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let gated = Gated::start(WITHIN).await.unwrap();
    gated.redis.command(&["SET", "a", "1"]).await.unwrap();
    assert_eq!(gated.get("a").await.unwrap(), "1");
    gated.gate.cut().await;
    for _ in 0..3 {
        let failed = gated.get("a").await;
        assert!(matches!(failed, Err(LinkError::Redis(_))), "{failed:?}");
    }
    // The breaker is open now: calls are refused at once, even though Redis would work again.
    gated.gate.open().await;
    let open = gated.get("a").await;
    assert!(matches!(open, Err(LinkError::Open)), "{open:?}");
    tokio::time::sleep(UNTIL_A_PROBE).await;
    for _ in 0..3 {
        assert_eq!(gated.get("a").await.unwrap(), "1");
    }
}

#[tokio::test]
async fn a_server_that_hangs_is_probed_by_one_call_at_a_time() {
    if let Some(reason) = cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let gated = Gated::start(SOON).await.unwrap();
    gated.redis.command(&["SET", "a", "1"]).await.unwrap();
    gated.gate.hang().await;
    for _ in 0..3 {
        let failed = gated.get("a").await;
        assert!(matches!(failed, Err(LinkError::Timeout(_))), "{failed:?}");
    }
    tokio::time::sleep(UNTIL_A_PROBE).await;
    let (probe, other) = tokio::join!(gated.get("a"), gated.get("a"));
    assert!(matches!(probe, Err(LinkError::Timeout(_))), "{probe:?}");
    assert!(matches!(other, Err(LinkError::Open)), "{other:?}");
    gated.gate.open().await;
    tokio::time::sleep(UNTIL_A_PROBE).await;
    assert_eq!(gated.get("a").await.unwrap(), "1");
}
