//! The outbox's way into a Redis that is far away, or hangs.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use cache_core::{PurgeKind, Revision, Tag};
use cache_tiered::{Clock, Link, LogSource, Metrics, PurgeFeed, RedisLog, tail::check_once};
use domain::purges::{PendingPurge as Entry, PendingPurge};
use e2e::{Durability, Redis, TcpGate, redis::cannot_be_killed};
use purging::{Backend, PurgeLog};
use store_sqlite::{
    database::EmbeddedDb,
    outbox::{self, outbox_pending, outbox_push},
    stores::purges::EmbeddedPurges,
};
use tempfile::TempDir;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use crate::fixtures::NOW_MS;

/// Each way: a server in another zone.
const FAR_MS: u64 = 4;
/// More than two batches.
const ROWS: usize = 250;
/// A writer waits for 400 ms, and those behind it for no longer.
const WRITERS_WITHIN: Duration = Duration::from_millis(900);
/// For a busy machine.
const IN_THE_END: Duration = Duration::from_secs(10);

/// A server's log over a gate to Redis, whose first question was answered.
struct Gated {
    log: PurgeLog,
    db: EmbeddedDb,
    gate: TcpGate,
    _dir: TempDir,
    _redis: Redis,
}

impl Gated {
    async fn start() -> Self {
        let redis = Redis::start(Durability::Memory).await.unwrap();
        let gate = TcpGate::open_to(redis.address()).await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        let db = EmbeddedDb::open(dir.path()).unwrap();
        let clock = Clock::new(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            u64::try_from(since.as_millis()).unwrap()
        });
        let client = redis::Client::open(format!("redis://{}", gate.address)).unwrap();
        let at = clock.clone();
        let make = move |within| Link::new(client.clone(), within, at.clone(), Metrics::default());
        let backend = Backend::Redis(RedisLog::new("test", make).into());
        let feed = Arc::new(PurgeFeed::new(clock));
        let log = PurgeLog::open(Arc::new(EmbeddedPurges::new(db.clone())), backend, feed)
            .await
            .unwrap();
        let gated = Self {
            log,
            db,
            gate,
            _dir: dir,
            _redis: redis,
        };
        gated.check().await.unwrap();
        gated
    }

    async fn check(&self) -> Result<(), cache_tiered::SourceError> {
        check_once(self.log.feed(), &self.log).await
    }

    async fn pending(&self) -> usize {
        self.db
            .read(|c| outbox_pending(c, 0, 9_999))
            .await
            .unwrap()
            .len()
    }

    /// The tags of all records.
    async fn records(&self) -> Vec<Tag> {
        let log = self.log.feed().position().log.unwrap();
        let records = self
            .log
            .records_after(log, Revision::ZERO, 9_999, Duration::ZERO)
            .await
            .unwrap();
        records
            .records
            .into_iter()
            .flat_map(|record| record.tags)
            .collect()
    }
}

fn tag(number: usize) -> Tag {
    format!("offer:{number}").parse().unwrap()
}

fn entry(number: usize) -> Entry {
    Entry {
        tags: vec![tag(number)],
        kind: PurgeKind::Hard,
        reason: "test".into(),
        actor: "test".into(),
    }
}

async fn push(db: &EmbeddedDb, numbers: std::ops::Range<usize>) {
    db.write(move |tx| {
        for number in numbers {
            let purge = PendingPurge {
                tags: vec![tag(number)],
                kind: outbox::PurgeKind::Hard,
                reason: "test".into(),
                actor: "test".into(),
            };
            outbox_push(tx, &purge, NOW_MS)?;
        }
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn one_question_moves_hundreds_of_rows_into_a_log_that_is_far_away() {
    if let Some(reason) = cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let gated = Gated::start().await;
    push(&gated.db, 0..ROWS).await;
    // They may be their writers' still.
    gated.check().await.unwrap();
    assert_eq!(gated.pending().await, ROWS);
    gated.gate.delay_ms(FAR_MS);
    gated.check().await.unwrap();
    assert_eq!(gated.pending().await, 0);
    let records = gated.records().await;
    let expected: Vec<Tag> = (0..ROWS).map(tag).collect();
    assert_eq!(records, expected, "each once, in the order of the commits");
}

#[tokio::test]
async fn writers_do_not_wait_one_after_the_other_for_a_log_that_hangs() {
    if let Some(reason) = cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let gated = Gated::start().await;
    // As a server that is stopped: what was sent is done once it goes on.
    gated.gate.hold().await;
    let began = Instant::now();
    let mut writers = JoinSet::new();
    for number in 0..10 {
        let log = gated.log.clone();
        writers.spawn(async move { log.append(entry(number), NOW_MS).await.unwrap() });
    }
    assert_eq!(writers.join_all().await, [None; 10], "left to the sweeper");
    let took = began.elapsed();
    assert!(took < WRITERS_WITHIN, "{took:?}");
    assert_eq!(gated.pending().await, 10);
    gated.gate.open().await;
    let began = Instant::now();
    while gated.pending().await > 0 {
        assert!(began.elapsed() < IN_THE_END, "rows are left");
        // Not while the circuit breaker is open.
        let _later = gated.check().await;
        sleep(Duration::from_millis(50)).await;
    }
    // What was cut off may be there twice.
    let records: HashSet<Tag> = gated.records().await.into_iter().collect();
    assert_eq!(records, (0..10).map(tag).collect());
}

#[tokio::test]
async fn a_writer_moves_what_was_there_when_it_came_and_not_all_that_comes() {
    if let Some(reason) = cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let gated = Gated::start().await;
    gated.gate.delay_ms(FAR_MS);
    let db = gated.db.clone();
    let mut others = JoinSet::new();
    others.spawn(async move {
        for number in 1.. {
            push(&db, number..number + 1).await;
        }
    });
    while gated.pending().await == 0 {
        sleep(Duration::from_millis(1)).await;
    }
    let written = timeout(IN_THE_END, gated.log.append(entry(0), NOW_MS)).await;
    assert!(written.unwrap().unwrap().is_some());
    assert!(gated.records().await.contains(&tag(0)));
}
