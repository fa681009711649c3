//! The purge log in Redis: one order of records, one identity, and proof that it has lost none.

use std::time::Duration;

use anyhow::Result;
use cache_core::{Digest, LogId, Revision, Tip};
use cache_tiered::{AppendError, LinkError, NewRecord, Page, RedisLog, redis_log::Opened};
use e2e::{
    AnyRedis, Durability, Redis,
    redis::{LIKE_A_MANAGED_ONE, MANAGED_USER, cannot_be_killed},
};

use super::{after, log_at, own_prefix, record};

const PREFIX: &str = "test";

/// A log of which `records` records were appended.
async fn with_records(log: &RedisLog, records: u64) -> Result<LogId> {
    let opened = log.open(None, after(0)).await?;
    let new: Result<Vec<NewRecord>> = (1..=records).map(|number| record("a", number)).collect();
    let page = log.append(opened.log, &new?).await?;
    let revisions = page.tips().map(|tip| tip.revision);
    assert!(revisions.eq((1..=records).map(Revision)));
    Ok(opened.log)
}

async fn append(log: &RedisLog, id: LogId, tag: &str, at_ms: u64) -> Result<Tip, AppendError> {
    let page = log.append(id, &[record(tag, at_ms).unwrap()]).await?;
    assert_eq!(page.records.len(), 1);
    Ok(page.tip().unwrap())
}

/// The position where the log ends.
async fn end(log: &RedisLog) -> Tip {
    log.look(&[]).await.unwrap().unwrap().opened.tip
}

async fn revisions_after(log: &RedisLog, id: LogId, revision: u64) -> Result<Vec<u64>> {
    let page = log
        .records_after(id, Revision(revision), 10, Duration::ZERO)
        .await?;
    Ok(page.tips().map(|tip| tip.revision.0).collect())
}

async fn is_refused(log: &RedisLog, id: LogId) -> bool {
    matches!(append(log, id, "a", 9).await, Err(AppendError::OtherLog))
}

#[tokio::test]
async fn records_get_revisions_without_gaps_and_are_read_back_in_their_order() {
    let redis = AnyRedis::start().await.unwrap();
    let log = log_at(&redis.url(), &own_prefix()).unwrap();
    let empty = log.open(None, after(0)).await.unwrap();
    assert_eq!(
        (empty.horizon, empty.tip.revision),
        (Revision(0), Revision(0))
    );
    let mut tip = empty.tip;
    for (number, tag) in [(1, "a"), (2, "b"), (3, "c")] {
        tip = append(&log, empty.log, tag, 7).await.unwrap();
        assert_eq!(tip.revision, Revision(number));
    }
    let read = log
        .records_after(empty.log, Revision(1), 1, Duration::ZERO)
        .await
        .unwrap();
    assert_eq!(
        serde_json::to_string(&read.records).unwrap(),
        r#"[{"revision":2,"tags":["b"],"kind":"hard"}]"#
    );
    assert!(log.has(empty.log, &[tip]).await.unwrap());
    let opened = log.open(None, after(5)).await.unwrap();
    let expected = Opened { tip, ..empty };
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
    assert!(log.append(id, &[]).await.unwrap().records.is_empty());
    let five: Vec<NewRecord> = (1..=5).map(|at_ms| record("a", at_ms).unwrap()).collect();
    let (one, other) = tokio::join!(log.append(id, &five), log.append(id, &five));
    let mut pages = [one.unwrap(), other.unwrap()];
    pages.sort_by_key(Page::tip);
    let [one, other] = pages;
    assert_eq!(one.before().unwrap().revision, after(1));
    assert_eq!(other.before(), one.tip(), "its digests follow the others'");
    let whole = log.records_after(id, after(1), 99, Duration::ZERO).await;
    let whole = whole.unwrap();
    assert_eq!(whole.before(), one.before());
    assert!(whole.tips().eq(one.tips().chain(other.tips())));
    assert_eq!(whole.records.len(), 10);
    assert_eq!(Some(end(&log).await), other.tip());
}

#[tokio::test]
async fn a_log_has_the_positions_that_it_gave_out_and_no_others() {
    let redis = AnyRedis::start().await.unwrap();
    let log = log_at(&redis.url(), &own_prefix()).unwrap();
    assert_eq!(log.look(&[]).await.unwrap(), None);
    let id = log.open(None, after(1)).await.unwrap().log;
    let mut tips = vec![end(&log).await];
    for _ in 0..3 {
        // Of the same content, at the same time.
        tips.push(append(&log, id, "a", 7).await.unwrap());
    }
    for tip in &tips {
        assert!(log.has(id, &[*tip]).await.unwrap(), "{tip:?}");
        let wrong = Tip {
            digest: Digest::from_bytes([7; 8]),
            ..*tip
        };
        assert!(!log.has(id, &[wrong]).await.unwrap(), "{tip:?}");
        let beyond = Tip {
            revision: Revision(tip.revision.0 + 4),
            ..*tip
        };
        assert!(!log.has(id, &[beyond]).await.unwrap(), "{tip:?}");
        assert!(!log.has(LogId::from_bytes([7; 16]), &[*tip]).await.unwrap());
    }
    let all: Vec<(LogId, Tip)> = tips.iter().map(|tip| (id, *tip)).collect();
    assert!(!log.look(&all).await.unwrap().unwrap().has_lost);
    log.trim(id, 0, 1).await.unwrap();
    assert!(
        log.has(id, &[tips[1]]).await.unwrap(),
        "nobody knows any more"
    );
    let wrong = Tip {
        digest: tips[0].digest,
        ..tips[2]
    };
    assert!(log.has(id, &[tips[2]]).await.unwrap());
    assert!(!log.has(id, &[wrong]).await.unwrap(), "the last one knows");
}

#[tokio::test]
async fn a_read_that_waits_ends_with_the_first_record_or_with_its_time() {
    let redis = AnyRedis::start().await.unwrap();
    let log = log_at(&redis.url(), &own_prefix()).unwrap();
    let id = with_records(&log, 1).await.unwrap();
    let wait = Duration::from_millis(50);
    let nothing = log.records_after(id, Revision(1), 10, wait).await.unwrap();
    assert_eq!(nothing.records, []);
    let a_minute = Duration::from_mins(1);
    let (read, appended) = tokio::join!(log.records_after(id, Revision(1), 10, a_minute), async {
        tokio::time::sleep(wait).await;
        // Not behind the read that waits.
        append(&log, id, "b", 2).await
    });
    assert_eq!(appended.unwrap().revision, Revision(2));
    assert_eq!(read.unwrap().records.len(), 1);
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
    assert_eq!((opened.horizon, opened.tip.revision), (after(1), after(1)));
    assert_eq!(revisions_after(&log, wrong, 0).await.unwrap(), [0; 0]);
    assert!(is_refused(&log, wrong).await);
    let first = append(&log, opened.log, "a", 1).await;
    assert_eq!(first.unwrap().revision, after(1).next());
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
        (opened.horizon.0, opened.tip.revision.0)
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
    assert_eq!(next.unwrap().revision, Revision(6));
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
    assert_eq!((opened.horizon, opened.tip.revision), (after(1), after(1)));
}

#[tokio::test]
async fn a_log_without_digests_is_of_an_older_version_and_is_replaced() {
    if let Some(reason) = cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let redis = Redis::start(Durability::Memory).await.unwrap();
    let log = log_at(&redis.url(), PREFIX).unwrap();
    let older = LogId::from_bytes([7; 16]);
    let (state, stream) = ("{test}:state", format!("{{test}}:log:{older}"));
    let text = older.to_string();
    for command in [
        ["HSET", state, "log", &text, "server", "1", "head", "1"].as_slice(),
        &["XADD", &stream, "1-0", "record", "{}"],
    ] {
        redis.command(command).await.unwrap();
    }
    assert_eq!(log.look(&[]).await.unwrap(), None);
    assert!(is_refused(&log, older).await);
    let opened = log.open(None, after(1)).await.unwrap();
    assert_ne!(opened.log, older);
    let left = redis.command(&["EXISTS", &stream]).await.unwrap();
    assert_eq!(left, "0");
}

#[tokio::test]
async fn a_server_that_restarts_with_its_data_goes_on_with_the_log() {
    if let Some(reason) = cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let mut redis = Redis::start(Durability::AppendOnly).await.unwrap();
    let (id, tip) = {
        let log = log_at(&redis.url(), PREFIX).unwrap();
        let id = with_records(&log, 2).await.unwrap();
        (id, end(&log).await)
    };
    redis.kill().await.unwrap();
    redis.restart().await.unwrap();
    let log = log_at(&redis.url(), PREFIX).unwrap();
    assert!(log.has(id, &[tip]).await.unwrap());
    let next = append(&log, id, "b", 3).await.unwrap();
    assert_eq!(next.revision, Revision(3));
}

#[tokio::test]
async fn a_replica_is_read_and_not_written() {
    if let Some(reason) = cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let master = Redis::start(Durability::Memory).await.unwrap();
    let at_master = log_at(&master.url(), PREFIX).unwrap();
    let id = with_records(&at_master, 1).await.unwrap();
    let replica = master.replicate().await.unwrap();
    let log = log_at(&replica.redis().url(), PREFIX).unwrap();
    let tip = end(&at_master).await;
    assert!(log.has(id, &[tip]).await.unwrap(), "it is in step");
    let refused = |error: &LinkError| matches!(error, LinkError::Redis(error) if error.to_string().contains("replica"));
    let appended = append(&log, id, "a", 1).await;
    assert!(
        matches!(&appended, Err(AppendError::Link(error)) if refused(error)),
        "{appended:?}"
    );
    replica.fall_behind().await;
    let next = append(&at_master, id, "b", 2).await.unwrap();
    assert!(!log.has(id, &[next]).await.unwrap(), "it lags behind");
    let opened = log.open(Some(id), after(1)).await;
    assert!(opened.as_ref().is_err_and(refused), "{opened:?}");
}

#[tokio::test]
async fn a_promoted_replica_that_lagged_does_not_have_what_it_lost_also_on_an_old_connection() {
    if let Some(reason) = cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let master = Redis::start(Durability::Memory).await.unwrap();
    let replica = master.replicate().await.unwrap();
    let at_master = log_at(&master.url(), PREFIX).unwrap();
    let id = with_records(&at_master, 2).await.unwrap();
    let kept = end(&at_master).await;
    let log = log_at(&replica.redis().url(), PREFIX).unwrap();
    // This is the connection on which an append comes later.
    while !log.has(id, &[kept]).await.unwrap() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    replica.fall_behind().await;
    let lost = append(&at_master, id, "lost", 3).await.unwrap();
    let promoted = replica.promote().await.unwrap();
    let has = async |tip| log.has(id, &[tip]).await.unwrap();
    assert!(has(kept).await && !has(lost).await);
    // Another record gets its revision, even one of the same content.
    let other = append(&log, id, "lost", 3).await.unwrap();
    assert_eq!(other.revision, lost.revision);
    assert!(has(other).await && !has(lost).await);
    append(&log, id, "more", 4).await.unwrap();
    assert!(has(other).await && !has(lost).await);
    let opened = log.open(Some(id), after(1)).await.unwrap();
    assert_ne!(opened.log, id);
    assert_eq!(opened.tip.revision, after(1));
    drop(promoted);
}

#[tokio::test]
async fn a_promoted_replica_that_has_lost_nothing_goes_on_with_the_log() {
    if let Some(reason) = cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let mut master = Redis::start(Durability::Memory).await.unwrap();
    let at_master = log_at(&master.url(), PREFIX).unwrap();
    let id = with_records(&at_master, 2).await.unwrap();
    let replica = master.replicate().await.unwrap();
    let tip = end(&at_master).await;
    master.kill().await.unwrap();
    let promoted = replica.promote().await.unwrap();
    let log = log_at(&promoted.url(), PREFIX).unwrap();
    assert!(log.has(id, &[tip]).await.unwrap());
    let next = append(&log, id, "a", 3).await.unwrap();
    assert_eq!(next.revision, Revision(3));
}

/// Managed servers refuse `INFO` to scripts, or altogether.
#[tokio::test]
async fn a_user_that_may_not_call_info_can_do_everything_with_the_log() {
    if let Some(reason) = cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let redis = Redis::start_with(Durability::Memory, &LIKE_A_MANAGED_ONE)
        .await
        .unwrap();
    let url = format!("redis://{MANAGED_USER}@{}", redis.address());
    let log = log_at(&url, PREFIX).unwrap();
    let id = with_records(&log, 2).await.unwrap();
    let tip = append(&log, id, "a", 3).await.unwrap();
    assert!(log.has(id, &[tip]).await.unwrap());
    assert_eq!(revisions_after(&log, id, 1).await.unwrap(), [2, 3]);
    log.trim(id, 3, 9).await.unwrap();
    assert_eq!(revisions_after(&log, id, 0).await.unwrap(), [3]);
    let opened = log.open(Some(id), after(1)).await.unwrap();
    assert_ne!(opened.log, id);
}
