//! Origins over a Redis that loses the newest records of the purge log.

use std::{sync::Arc, time::Duration};

use cache_core::{LogId, PurgeKind};
use cache_tiered::{Clock, Link, Metrics, NewRecord, PurgeFeed, RedisLog, tail::check_once};
use domain::purges::{PendingPurge, PurgeStore};
use e2e::{
    Durability, Redis,
    redis::{LIKE_A_MANAGED_ONE, MANAGED_USER, cannot_be_killed},
};
use purging::{Backend, PurgeLog};
use serde_json::json;
use store_sqlite::{
    database::EmbeddedDb,
    outbox::{outbox_pending, outbox_push},
    stores::purges::EmbeddedPurges,
};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::{
    app::{Answer, TestApp},
    fixtures::{NOW_MS, offer, store},
};

const IN_THE_END: Duration = Duration::from_secs(10);

/// The database that all origins share.
struct Shared {
    db: EmbeddedDb,
    _dir: TempDir,
}

impl Shared {
    fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let db = EmbeddedDb::open(dir.path()).unwrap();
        Self { db, _dir: dir }
    }

    /// An origin that has just started.
    async fn origin(&self, redis: &Redis) -> PurgeLog {
        let clock = Clock::new(|| NOW_MS.unsigned_abs());
        let backend = Backend::Redis(log_at(redis, &clock).into());
        let purges = Arc::new(EmbeddedPurges::new(self.db.clone()));
        let feed = Arc::new(PurgeFeed::new(clock));
        PurgeLog::open(purges, backend, feed).await.unwrap()
    }

    async fn in_force(&self) -> LogId {
        let purges = EmbeddedPurges::new(self.db.clone());
        purges.in_force().await.unwrap().unwrap().log
    }

    async fn pending(&self) -> usize {
        let rows = self.db.read(|c| outbox_pending(c, 0, 99)).await;
        rows.unwrap().len()
    }
}

fn log_at(redis: &Redis, clock: &Clock) -> RedisLog {
    let client = redis::Client::open(redis.url()).unwrap();
    let clock = clock.clone();
    let make = move |within| Link::new(client.clone(), within, clock.clone(), Metrics::default());
    RedisLog::new("test", make)
}

fn purge() -> PendingPurge {
    PendingPurge {
        tags: vec!["offer:1".parse().unwrap()],
        kind: PurgeKind::Hard,
        reason: "test".into(),
        actor: "test".into(),
    }
}

async fn check(origin: &PurgeLog) {
    check_once(origin.feed(), origin).await.unwrap();
}

/// A master, a replica of it that has missed the last purge, and the log of both. The origin that
/// wrote the purge is gone.
async fn a_purge_is_lost(shared: &Shared) -> (Redis, LogId) {
    let mut master = Redis::start(Durability::Memory).await.unwrap();
    let replica = master.replicate().await.unwrap();
    let origin = shared.origin(&master).await;
    check(&origin).await;
    assert!(origin.append(purge(), NOW_MS).await.unwrap().is_some());
    let clock = Clock::new(|| 0);
    let (log, tip) = origin.feed().tip().unwrap();
    let at_replica = log_at(replica.redis(), &clock);
    let began = Instant::now();
    while !at_replica.has(log, &[tip]).await.unwrap() {
        assert!(began.elapsed() < IN_THE_END, "the replica has nothing");
        sleep(Duration::from_millis(5)).await;
    }
    replica.fall_behind().await;
    assert!(origin.append(purge(), NOW_MS).await.unwrap().is_some());
    drop(origin);
    let promoted = replica.promote().await.unwrap();
    master.kill().await.unwrap();
    (promoted, log)
}

#[tokio::test]
async fn a_log_that_lost_a_purge_is_replaced_though_all_who_had_seen_it_are_gone() {
    if let Some(reason) = cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let shared = Shared::open();
    let (redis, log) = a_purge_is_lost(&shared).await;
    let origin = shared.origin(&redis).await;
    check(&origin).await;
    let now = shared.in_force().await;
    assert_ne!(now, log);
    assert_eq!(origin.feed().as_of().unwrap().log, now);
}

#[tokio::test]
async fn a_purge_is_not_done_by_a_log_that_lost_another_one() {
    if let Some(reason) = cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let shared = Shared::open();
    let (redis, log) = a_purge_is_lost(&shared).await;
    let origin = shared.origin(&redis).await;
    // Before the first check. The record gets the revision of the one that was lost.
    assert_eq!(origin.append(purge(), NOW_MS).await.unwrap(), None);
    assert_eq!(shared.pending().await, 1);
    check(&origin).await;
    assert_ne!(shared.in_force().await, log);
    check(&origin).await;
    check(&origin).await;
    assert_eq!(shared.pending().await, 0, "it is in the new log");
}

#[tokio::test]
async fn a_record_that_nobody_attests_stays_within_the_server_until_a_check_attests_it() {
    if let Some(reason) = cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let shared = Shared::open();
    let redis = Redis::start(Durability::Memory).await.unwrap();
    let origin = shared.origin(&redis).await;
    check(&origin).await;
    let begins = origin.as_of().unwrap();
    // As an origin that crashes after its append; another one has moved its row meanwhile.
    let record = NewRecord {
        tags: vec!["offer:1".parse().unwrap()],
        kind: PurgeKind::Hard,
        at_ms: 1,
    };
    let log = log_at(&redis, origin.feed().clock());
    log.append(begins.log, &[record]).await.unwrap();
    check(&origin).await;
    let seen = origin.as_of().unwrap();
    assert_eq!(seen.revision, begins.revision.next());
    assert_eq!(origin.feed().as_of_for_others(seen), begins);
    check(&origin).await;
    assert_eq!(origin.feed().as_of_for_others(seen), seen);
}

#[tokio::test]
async fn rows_are_moved_by_two_origins_at_once_and_all_are_attested() {
    if let Some(reason) = cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let shared = Shared::open();
    let redis = Redis::start(Durability::Memory).await.unwrap();
    let (one, other) = (shared.origin(&redis).await, shared.origin(&redis).await);
    check(&one).await;
    check(&other).await;
    for _ in 0..20 {
        let push = |tx: &rusqlite::Transaction<'_>| outbox_push(tx, &purge(), NOW_MS);
        shared.db.write(push).await.unwrap();
        let (one, other) = tokio::join!(one.drain_outbox(NOW_MS), other.drain_outbox(NOW_MS));
        assert!(one.unwrap().is_some() && other.unwrap().is_some());
    }
    assert_eq!(shared.pending().await, 0);
    check(&one).await;
    check(&one).await;
    let position = one.feed().position();
    assert_eq!(position.attested, position.head);
}

/// Managed servers refuse `INFO` to scripts, or altogether.
#[tokio::test]
async fn an_origin_whose_redis_forbids_info_works() {
    const OFFER: &str = "query Detail($id: ID!) { offer(id: $id) { title } }";
    if let Some(reason) = cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let redis = Redis::start_with(Durability::Memory, &LIKE_A_MANAGED_ONE)
        .await
        .unwrap();
    let url = format!("redis://{MANAGED_USER}@{}", redis.address());
    let app = TestApp::builder().redis(&url).start().await;
    store(&app, "a", vec![offer("a", 0)]).await;
    app.publish(&[OFFER]).await;
    let id = offer("a", 0).id;
    app.ask(OFFER, json!({"id": id})).await.data();
    let body = json!({"offerId": id, "reason": "a test"});
    let purged = app.admin_post("/admin/purge", &body).await;
    assert!(purged.json()["revision"].is_string(), "{}", purged.text);
    let began = Instant::now();
    loop {
        app.ask(OFFER, json!({"id": id})).await.data();
        let kept = app.ask(OFFER, json!({"id": id})).await;
        if kept.header("cache-status").contains("hit") {
            break;
        }
        assert!(began.elapsed() < IN_THE_END, "{}", kept.text);
        sleep(Duration::from_millis(20)).await;
    }
    // More often than the circuit breaker lets a failure pass: a refusal is none.
    for _ in 0..5 {
        let asked = app.admin(reqwest::Method::GET, "/admin/cache/stats");
        let told = Answer::of(asked).await;
        assert!(told.text.contains("no permissions"), "{}", told.text);
        assert!(
            told.text.contains(r#""circuitOpen":false"#),
            "{}",
            told.text
        );
    }
}
