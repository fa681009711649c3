//! Connecting to Redis takes longer than a call may take.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::Result;
use cache_tiered::{Link, LinkError};
use e2e::{Durability, Redis, redis::cannot_be_killed};
use redis::AsyncCommands;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    time::{Instant, sleep},
};

use super::link;

/// How long the proxy delays the first bytes of a connection.
const SLOW: Duration = Duration::from_millis(100);
const LIMIT: Duration = Duration::from_millis(20);
/// The longest that a call may take on a busy machine. It is shorter than connecting takes, so a
/// call that waits for the whole connection fails the test.
const LATE: Duration = Duration::from_millis(80);
/// Enough for the circuit breaker to open and for a probe to close it again.
const IN_THE_END: Duration = Duration::from_secs(5);

/// A proxy to `target` that delays every new connection, and counts them.
async fn slow_to_begin(target: SocketAddr) -> Result<(SocketAddr, Arc<AtomicUsize>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(async move {
                sleep(SLOW).await;
                let mut server = TcpStream::connect(target).await?;
                copy_bidirectional(&mut client, &mut server).await
            });
        }
    });
    Ok((address, connections))
}

async fn get(link: &Link) -> Result<String, LinkError> {
    let began = Instant::now();
    let got = link
        .call("get", async |mut connection| connection.get("a").await)
        .await;
    assert!(began.elapsed() < LATE, "a call waited longer than it may");
    got
}

/// Asks again and again.
async fn in_the_end(link: &Link) -> String {
    let began = Instant::now();
    loop {
        assert!(began.elapsed() < IN_THE_END, "no connection was made");
        if let Ok(found) = get(link).await {
            return found;
        }
        sleep(LIMIT).await;
    }
}

#[tokio::test]
async fn a_connection_may_take_longer_than_the_calls_that_want_it() {
    if let Some(reason) = cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let redis = Redis::start(Durability::Memory).await.unwrap();
    redis.command(&["SET", "a", "1"]).await.unwrap();
    let (proxy, connections) = slow_to_begin(redis.address()).await.unwrap();
    let link = link(&format!("redis://{proxy}"), LIMIT).unwrap();
    let (one, two, three) = tokio::join!(get(&link), get(&link), get(&link));
    for early in [one, two, three] {
        assert!(matches!(early, Err(LinkError::Timeout(_))), "{early:?}");
    }
    assert_eq!(connections.load(Ordering::Relaxed), 1, "for all of them");
    assert!(link.is_open(), "three failures");
    assert_eq!(in_the_end(&link).await, "1");
}

#[tokio::test]
async fn an_attempt_that_failed_while_nobody_waited_is_followed_by_another() {
    if let Some(reason) = cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let redis = Redis::start(Durability::Memory).await.unwrap();
    redis.command(&["SET", "a", "1"]).await.unwrap();
    let gate = e2e::TcpGate::open_to(redis.address()).await.unwrap();
    let link = link(&format!("redis://{}", gate.address), LIMIT).unwrap();
    gate.hang().await;
    assert!(get(&link).await.is_err());
    // Resets what hung.
    gate.open().await;
    sleep(SLOW).await;
    assert_eq!(in_the_end(&link).await, "1");
}
