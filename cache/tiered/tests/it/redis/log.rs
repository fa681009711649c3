//! The purge log in Redis: one order of records, one identity, and a new log when the server may
//! have lost records.

use std::time::Duration;

use anyhow::Result;
use cache_core::{LogId, Revision};
use cache_tiered::{AppendError, LinkError, NewRecord, RedisLog, redis_log::Opened};
use e2e::{AnyRedis, Durability, Redis, redis::cannot_be_killed};

use super::{after, log_at, own_prefix, record};

const PREFIX: &str = "test";

/// A log of which `records` records were appended.
async fn with_records(log: &RedisLog, records: u64) -> Result<LogId> {
    let opened = log.open(None, after(0)).await?;
    let new: Result<Vec<NewRecord>> = (1..=records).map(|number| record("a", number)).collect();
    let revisions = log.append(opened.log, &new?).await?;
    assert!(revisions.into_iter().eq((1..=records).map(Revision)));
    Ok(opened.log)
}

async fn append(log: &RedisLog, id: LogId, tag: &str, at_ms: u64) -> Result<Revision, AppendError> {
    let revisions = log.append(id, &[record(tag, at_ms).unwrap()]).await?;
    assert_eq!(revisions.len(), 1);
    Ok(revisions[0])
}

async fn has(log: &RedisLog, id: LogId, revision: u64) -> bool {
    log.missing(id, &[Revision(revision)])
        .await
        .unwrap()
        .is_none()
}

async fn revisions_after(log: &RedisLog, id: LogId, revision: u64) -> Result<Vec<u64>> {
    let records = log
        .records_after(id, Revision(revision), 10, Duration::ZERO)
        .await?;
    Ok(records.iter().map(|record| record.revision.0).collect())
}

async fn is_refused(log: &RedisLog, id: LogId) -> bool {
    matches!(append(log, id, "a", 9).await, Err(AppendError::OtherLog))
}

#[tokio::test]
async fn records_get_revisions_without_gaps_and_are_read_back_in_their_order() {
    let redis = AnyRedis::start().await.unwrap();
    let log = log_at(&redis.url(), &own_prefix()).unwrap();
    let empty = log.open(None, after(0)).await.unwrap();
    assert_eq!((empty.horizon, empty.head), (Revision(0), Revision(0)));
    for (number, tag) in [(1, "a"), (2, "b"), (3, "c")] {
        let revision = append(&log, empty.log, tag, 7).await;
        assert_eq!(revision.unwrap(), Revision(number));
    }
    let read = log
        .records_after(empty.log, Revision(1), 1, Duration::ZERO)
        .await
        .unwrap();
    assert_eq!(
        serde_json::to_string(&read).unwrap(),
        r#"[{"revision":2,"tags":["b"],"kind":"hard"}]"#
    );
    assert!(has(&log, empty.log, 3).await);
    assert!(!has(&log, empty.log, 4).await);
    let opened = log.open(None, after(5)).await.unwrap();
    let expected = Opened {
        head: Revision(3),
        ..empty
    };
    assert_eq!(
        opened, expected,
        "a log that is there begins where it began"
    );
}

#[tokio::test]
async fn records_that_are_appended_together_follow_one_another_and_are_looked_for_together() {
    let redis = AnyRedis::start().await.unwrap();
    let log = log_at(&redis.url(), &own_prefix()).unwrap();
    let id = log.open(None, after(1)).await.unwrap().log;
    assert_eq!(log.append(id, &[]).await.unwrap(), []);
    let five: Vec<NewRecord> = (1..=5).map(|at_ms| record("a", at_ms).unwrap()).collect();
    let (one, other) = tokio::join!(log.append(id, &five), log.append(id, &five));
    let (one, other) = (one.unwrap(), other.unwrap());
    for together in [&one, &other] {
        assert!(together.windows(2).all(|two| two[1] == two[0].next()));
        assert_eq!(log.missing(id, together).await.unwrap(), None);
    }
    assert_eq!(one[0].min(other[0]), after(1).next());
    assert_eq!(
        log.open(None, after(1)).await.unwrap().head.0,
        after(1).0 + 10
    );
    let end = one[4].max(other[4]);
    let beyond = [end, end.next()];
    assert_eq!(log.missing(id, &beyond).await.unwrap(), Some(end.next()));
    log.trim(id, 0, 9).await.unwrap();
    let first = one[0].min(other[0]);
    let from_the_first = [first, first.next()];
    assert_eq!(log.missing(id, &from_the_first).await.unwrap(), Some(first));
}

#[tokio::test]
async fn a_read_that_waits_ends_with_the_first_record_or_with_its_time() {
    let redis = AnyRedis::start().await.unwrap();
    let log = log_at(&redis.url(), &own_prefix()).unwrap();
    let id = with_records(&log, 1).await.unwrap();
    let wait = Duration::from_millis(50);
    let nothing = log.records_after(id, Revision(1), 10, wait).await.unwrap();
    assert_eq!(nothing, []);
    let a_minute = Duration::from_mins(1);
    let (read, appended) = tokio::join!(log.records_after(id, Revision(1), 10, a_minute), async {
        tokio::time::sleep(wait).await;
        // Not behind the read that waits.
        append(&log, id, "b", 2).await
    });
    assert_eq!(appended.unwrap(), Revision(2));
    assert_eq!(read.unwrap().len(), 1);
}

#[tokio::test]
async fn an_append_that_names_another_log_is_refused_and_leaves_nothing() {
    let redis = AnyRedis::start().await.unwrap();
    let log = log_at(&redis.url(), &own_prefix()).unwrap();
    let other = LogId::from_bytes([7; 16]);
    assert!(is_refused(&log, other).await, "there is no log at all");
    let id = with_records(&log, 1).await.unwrap();
    // More often than the circuit breaker lets a failure pass: a refusal is none.
    for _ in 0..5 {
        assert!(is_refused(&log, other).await);
    }
    assert_eq!(revisions_after(&log, id, 0).await.unwrap(), [1]);
    assert_eq!(revisions_after(&log, other, 0).await.unwrap(), [0; 0]);
}

#[tokio::test]
async fn a_log_that_is_known_to_be_wrong_is_replaced_and_forgotten() {
    let redis = AnyRedis::start().await.unwrap();
    let log = log_at(&redis.url(), &own_prefix()).unwrap();
    let wrong = with_records(&log, 2).await.unwrap();
    let opened = log.open(Some(wrong), after(1)).await.unwrap();
    assert_ne!(opened.log, wrong);
    assert_eq!((opened.horizon, opened.head), (after(1), after(1)));
    assert_eq!(revisions_after(&log, wrong, 0).await.unwrap(), [0; 0]);
    assert!(is_refused(&log, wrong).await);
    let first = append(&log, opened.log, "a", 1).await;
    assert_eq!(first.unwrap(), after(1).next());
    let again = log.open(Some(wrong), after(2)).await.unwrap();
    assert_eq!(again.log, opened.log, "it is replaced once");
}

#[tokio::test]
async fn a_trimmed_log_begins_later_and_ends_where_it_ended() {
    let redis = AnyRedis::start().await.unwrap();
    let log = log_at(&redis.url(), &own_prefix()).unwrap();
    let id = with_records(&log, 5).await.unwrap();
    let ends = async || {
        let opened = log.open(None, after(0)).await.unwrap();
        (opened.horizon.0, opened.head.0)
    };
    // The records' times are their numbers.
    let table = [
        ((0, 100), (0, 5)),
        ((3, 100), (2, 5)),
        ((3, 2), (3, 5)),
        ((100, 100), (5, 5)),
    ];
    for ((before_ms, keep), expected) in table {
        log.trim(id, before_ms, keep).await.unwrap();
        assert_eq!(ends().await, expected, "before {before_ms}, keep {keep}");
    }
    let next = append(&log, id, "a", 200).await;
    assert_eq!(next.unwrap(), Revision(6));
    assert_eq!(ends().await, (5, 6));
    assert_eq!(revisions_after(&log, id, 0).await.unwrap(), [6]);
}

#[tokio::test]
async fn a_server_that_was_flushed_begins_another_log() {
    if let Some(reason) = cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let redis = Redis::start(Durability::Memory).await.unwrap();
    let log = log_at(&redis.url(), PREFIX).unwrap();
    let before = with_records(&log, 2).await.unwrap();
    redis.command(&["FLUSHALL"]).await.unwrap();
    assert!(is_refused(&log, before).await);
    let opened = log.open(None, after(1)).await.unwrap();
    assert_ne!(opened.log, before);
    assert_eq!((opened.horizon, opened.head), (after(1), after(1)));
}

#[tokio::test]
async fn a_server_that_restarts_with_its_data_begins_another_log() {
    if let Some(reason) = cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let mut redis = Redis::start(Durability::AppendOnly).await.unwrap();
    let before = {
        let log = log_at(&redis.url(), PREFIX).unwrap();
        with_records(&log, 2).await.unwrap()
    };
    redis.kill().await.unwrap();
    redis.restart().await.unwrap();
    let log = log_at(&redis.url(), PREFIX).unwrap();
    // It may have lost what it had not written to its file yet: nobody can tell.
    assert_eq!(revisions_after(&log, before, 0).await.unwrap(), [1, 2]);
    assert!(is_refused(&log, before).await);
    let opened = log.open(None, after(1)).await.unwrap();
    assert_ne!(opened.log, before);
    assert_eq!((opened.horizon, opened.head), (after(1), after(1)));
    assert_eq!(revisions_after(&log, before, 0).await.unwrap(), [0; 0]);
}

#[tokio::test]
async fn a_first_replica_begins_another_log() {
    if let Some(reason) = cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    // Redis gives itself another replication id then: it cannot be told from a failover, and costs
    // cold caches only.
    let master = Redis::start(Durability::Memory).await.unwrap();
    let log = log_at(&master.url(), PREFIX).unwrap();
    let before = with_records(&log, 1).await.unwrap();
    let _replica = master.replicate().await.unwrap();
    assert!(is_refused(&log, before).await);
    assert_ne!(log.open(None, after(1)).await.unwrap().log, before);
}

#[tokio::test]
async fn a_replica_is_neither_asked_nor_written() {
    if let Some(reason) = cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let master = Redis::start(Durability::Memory).await.unwrap();
    let id = with_records(&log_at(&master.url(), PREFIX).unwrap(), 1)
        .await
        .unwrap();
    let replica = master.replicate().await.unwrap();
    let log = log_at(&replica.redis().url(), PREFIX).unwrap();
    assert!(has(&log, id, 1).await, "it is in step");
    let refused = |error: &LinkError| match error {
        LinkError::Redis(error) => error.code() == Some("NOTMASTER"),
        LinkError::Timeout(_) | LinkError::Open | LinkError::Answer(_) => false,
    };
    let opened = log.open(None, after(1)).await;
    assert!(opened.as_ref().is_err_and(refused), "{opened:?}");
    let appended = append(&log, id, "a", 1).await;
    assert!(
        matches!(&appended, Err(AppendError::Link(error)) if refused(error)),
        "{appended:?}"
    );
}

#[tokio::test]
async fn a_promoted_replica_that_lagged_refuses_the_old_log_also_on_an_old_connection() {
    if let Some(reason) = cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let master = Redis::start(Durability::Memory).await.unwrap();
    // A master's replication id changes with its first replica as well.
    let replica = master.replicate().await.unwrap();
    let at_master = log_at(&master.url(), PREFIX).unwrap();
    let before = with_records(&at_master, 2).await.unwrap();
    let log = log_at(&replica.redis().url(), PREFIX).unwrap();
    // This is the connection on which an append comes later.
    while !has(&log, before, 2).await {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    replica.fall_behind().await;
    let lost = append(&at_master, before, "lost", 3).await;
    assert_eq!(lost.unwrap(), Revision(3));
    let connections = "total_connections_received";
    let promoted = replica.promote().await.unwrap();
    let connected = number_in(&promoted, connections).await;
    assert!(is_refused(&log, before).await);
    // One more, and that is who counts.
    assert_eq!(number_in(&promoted, connections).await, connected + 1);
    assert_eq!(revisions_after(&log, before, 0).await.unwrap(), [1, 2]);
    let opened = log.open(None, after(1)).await.unwrap();
    assert_ne!(opened.log, before);
    assert_eq!(opened.head, after(1));
    let first = append(&log, opened.log, "a", 4).await;
    assert_eq!(first.unwrap(), after(1).next());
}

async fn number_in(redis: &Redis, field: &str) -> u64 {
    let info = redis.command(&["INFO", "stats"]).await.unwrap();
    let found = info
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    found.unwrap().trim().parse().unwrap()
}
