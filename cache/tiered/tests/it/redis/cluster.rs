//! The purge log in a Redis whose keys are spread over shards.
//!
//! Managed Redis has two kinds of these. With one endpoint in front ("enterprise" policy at Azure) a
//! client speaks to a proxy, which finds the shard, but refuses a script whose keys are on two. With
//! the other kind ("OSS" policy) the client must find the shards itself, which [`Link`] does not. A
//! shard stands for the proxy here: it refuses the keys of other shards just so.
//!
//! [`Link`]: cache_tiered::Link

use std::{collections::HashSet, time::Duration};

use anyhow::{Context, Result};
use cache_core::Revision;
use cache_tiered::{LinkError, RedisLog};
use e2e::{Durability, Redis, port, redis::cannot_be_killed};

use super::{after, log_at, record};

/// A prefix of keys, as an origin has one.
const PREFIX: &str = "test:1:purge-log";
/// The slots of each of three shards.
const SHARDS: [[&str; 2]; 3] = [["0", "5461"], ["5462", "10922"], ["10923", "16383"]];

/// Three shards that know each other.
async fn shards() -> Result<Vec<Redis>> {
    let mut shards: Vec<Redis> = Vec::new();
    for [first, last] in SHARDS {
        // By default it is the other port plus 10,000, which may be no port.
        let bus = port::free()?.to_string();
        let settings = ["--cluster-enabled", "yes", "--cluster-port", &bus];
        let shard = Redis::start_with(Durability::Memory, &settings).await?;
        let slots = ["CLUSTER", "ADDSLOTSRANGE", first, last];
        shard.command(&slots).await?;
        let port = shard.address().port().to_string();
        for known in &shards {
            let meet = ["CLUSTER", "MEET", "127.0.0.1", &port, &bus];
            known.command(&meet).await?;
        }
        shards.push(shard);
    }
    for shard in &shards {
        while !shard
            .command(&["CLUSTER", "INFO"])
            .await?
            .contains("cluster_state:ok")
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    Ok(shards)
}

/// The shard of the log, and another one.
async fn at_shards(shards: &[Redis]) -> Result<[RedisLog; 2]> {
    let key = format!("{{{PREFIX}}}");
    let slot = slot_of(&shards[0], &key).await?;
    let owner = SHARDS
        .iter()
        .position(|[_, last]| last.parse::<u32>().is_ok_and(|last| slot <= last))
        .context("no shard has the slot")?;
    let log_at = |place: usize| log_at(&shards[place % SHARDS.len()].url(), PREFIX);
    Ok([log_at(owner)?, log_at(owner + 1)?])
}

async fn slot_of(shard: &Redis, key: &str) -> Result<u32> {
    Ok(shard.command(&["CLUSTER", "KEYSLOT", key]).await?.parse()?)
}

#[tokio::test]
async fn all_keys_of_the_log_are_in_one_shard() {
    if let Some(reason) = cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let shards = shards().await.unwrap();
    let [log, elsewhere] = at_shards(&shards).await.unwrap();
    let first = log.open(None, after(0)).await.unwrap();
    for at_ms in 1..=3 {
        let page = log.append(first.log, &[record("a", at_ms).unwrap()]).await;
        let tip = page.unwrap().tip().unwrap();
        assert!(log.has(first.log, &[tip]).await.unwrap());
    }
    log.trim(first.log, 2, 9).await.unwrap();
    let wait = Duration::from_millis(20);
    let read = log.records_after(first.log, Revision(1), 9, wait).await;
    assert_eq!(read.unwrap().records.len(), 2);
    let second = log.open(Some(first.log), after(1)).await.unwrap();
    assert_ne!(second.log, first.log);
    log.append(second.log, &[record("a", 4).unwrap()])
        .await
        .unwrap();
    let mut slots = HashSet::new();
    for key in [
        format!("{{{PREFIX}}}:state"),
        format!("{{{PREFIX}}}:log:{}", second.log),
    ] {
        let mut found = 0;
        for shard in &shards {
            let keys = shard.command(&["EXISTS", &key]).await;
            found += i32::from(keys.is_ok_and(|keys| keys == "1"));
        }
        assert_eq!(found, 1, "{key}");
        slots.insert(slot_of(&shards[0], &key).await.unwrap());
    }
    assert_eq!(slots.len(), 1);
    let refused = elsewhere.look(&[]).await.unwrap_err();
    let LinkError::Redis(error) = &refused else {
        panic!("{refused:?}");
    };
    assert!(
        error.to_string().to_lowercase().contains("moved"),
        "{error}"
    );
}
