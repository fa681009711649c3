use std::{sync::Arc, time::Duration};

use cache_core::{LogId, PurgeKind, Revision, Tag, Tip};
use cache_tiered::Clock;
use domain::purges::{LOG_KEPT_MS, LogRole, PendingPurge};
use store_sqlite::{
    database::EmbeddedDb,
    in_force,
    log::EmbeddedLog,
    log_rows::{extent, records_after, trim},
    outbox::{outbox_pending, outbox_push},
    stores::purges::EmbeddedPurges,
};

use super::*;

fn entry(tag: &str) -> PendingPurge {
    PendingPurge {
        tags: vec![tag.parse().unwrap()],
        kind: PurgeKind::Soft,
        reason: "test".into(),
        actor: "test".into(),
    }
}

async fn open(db: &EmbeddedDb, role: LogRole) -> PurgeLog {
    let feed = Arc::new(PurgeFeed::new(Clock::new(|| 1_000)));
    let store = Arc::new(EmbeddedPurges::new(db.clone()));
    let opened = EmbeddedLog::open(db.clone(), role, 1_000).await.unwrap();
    let log = PurgeLog::open(store, Backend::Database(Arc::new(opened)), feed)
        .await
        .unwrap();
    if role == LogRole::Server {
        cache_tiered::tail::check_once(log.feed(), &log)
            .await
            .unwrap();
    }
    log
}

fn database() -> (tempfile::TempDir, EmbeddedDb) {
    let dir = tempfile::tempdir().unwrap();
    let db = EmbeddedDb::open(dir.path()).unwrap();
    (dir, db)
}

/// Where a log begins that follows so many others.
fn begins(logs_before: u32) -> Tip {
    Tip {
        revision: Revision::of_generation(logs_before),
        ..Tip::default()
    }
}

async fn push(db: &EmbeddedDb, tags: &[&str]) {
    let purge = PendingPurge {
        tags: tags.iter().map(|tag| tag.parse().unwrap()).collect(),
        kind: PurgeKind::Hard,
        reason: "edited".into(),
        actor: "test".into(),
    };
    db.write(move |tx| outbox_push(tx, &purge, 7))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_log_keeps_its_identity_and_its_order() {
    let (_dir, db) = database();
    let log = open(&db, LogRole::Server).await;
    assert_eq!(log.feed().position().head, Revision::ZERO);
    assert_eq!(log.append(entry("a"), 1).await.unwrap(), Some(Revision(1)));
    assert_eq!(log.append(entry("b"), 2).await.unwrap(), Some(Revision(2)));
    assert_eq!(log.feed().position().head, Revision(2), "who wrote sees it");
    let again = open(&db, LogRole::Server).await;
    let as_of = again.as_of().unwrap();
    assert_eq!(Some(as_of), log.as_of());
    let records = again
        .records_after(as_of.log, Revision(1), 9, Duration::ZERO)
        .await
        .unwrap();
    assert_eq!(
        serde_json::to_string(&records.records).unwrap(),
        r#"[{"revision":2,"tags":["b"],"kind":"soft"}]"#
    );
}

#[tokio::test]
async fn the_outbox_moves_into_the_log_once() {
    let (_dir, db) = database();
    let log = open(&db, LogRole::Server).await;
    // As an older version may have stored it: a tag that cannot be parsed purges everything.
    db.write(|tx| {
        let row = r#"INSERT INTO outbox(tags, kind, reason, actor, at_ms)
            VALUES ('["offer:1","not a tag"]', 'hard', 'edited', 'test', 7)"#;
        Ok(tx.execute(row, [])?)
    })
    .await
    .unwrap();
    let (one, two) = tokio::join!(log.drain_outbox(8), log.drain_outbox(8));
    assert_eq!(one.unwrap(), Some(Revision(1)));
    assert_eq!(
        two.unwrap(),
        Some(Revision(1)),
        "at or after what was in it"
    );
    let records = db
        .read(|c| records_after(c, Revision::ZERO, 9))
        .await
        .unwrap();
    assert_eq!(
        records[0].tags,
        ["offer:1".parse().unwrap(), Tag::everything()]
    );
    assert_eq!(records.len(), 1);
}

#[tokio::test]
async fn a_question_to_the_log_moves_what_a_crash_left() {
    let (_dir, db) = database();
    let log = open(&db, LogRole::Server).await;
    push(&db, &["offer:1"]).await;
    assert_eq!(log.check(None).await.unwrap().tip.revision, Revision(1));
    assert_eq!(log.feed().position().head, Revision(1));
    assert_eq!(db.read(|c| outbox_pending(c, 0, 9)).await.unwrap(), []);
}

#[tokio::test]
async fn a_command_leaves_its_purges_to_servers_with_another_log() {
    let (_dir, db) = database();
    let tool = open(&db, LogRole::Tool).await;
    assert_eq!(
        tool.append(entry("a"), 1).await.unwrap(),
        Some(Revision(1)),
        "no server yet"
    );
    let redis = LogId::from_bytes([9; 16]);
    db.write(move |tx| in_force::put_in_force(tx, redis, begins(1), 1))
        .await
        .unwrap();
    assert_eq!(tool.append(entry("b"), 2).await.unwrap(), None);
    assert_eq!(db.read(|c| outbox_pending(c, 0, 9)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_server_whose_log_was_left_behind_leaves_its_purges_in_the_outbox() {
    let (_dir, db) = database();
    let log = open(&db, LogRole::Server).await;
    let redis = LogId::from_bytes([9; 16]);
    db.write(move |tx| in_force::put_in_force(tx, redis, begins(1), 1))
        .await
        .unwrap();
    assert_eq!(log.append(entry("a"), 2).await.unwrap(), None);
    let pending = db.read(|c| outbox_pending(c, 0, 9)).await.unwrap();
    assert_eq!(pending.len(), 1, "for the log that is in force");
    assert_eq!(db.read(extent).await.unwrap().head, Revision::ZERO);
}

#[tokio::test]
async fn an_embedded_log_that_was_left_behind_begins_anew() {
    let (_dir, db) = database();
    let log = open(&db, LogRole::Server).await;
    log.append(entry("a"), 1).await.unwrap();
    let before = log.as_of().unwrap();
    let redis = LogId::from_bytes([9; 16]);
    db.write(move |tx| in_force::put_in_force(tx, redis, begins(1), 1))
        .await
        .unwrap();
    let asked = cache_tiered::tail::check_once(log.feed(), &log).await;
    assert!(asked.is_err(), "the old server notices");
    let again = open(&db, LogRole::Server).await;
    let after = again.as_of().unwrap();
    assert_ne!(after.log, before.log);
    assert_eq!(after.revision, Revision::of_generation(2));
}

#[tokio::test]
async fn old_records_go_and_the_head_stays() {
    let (_dir, db) = database();
    let log = open(&db, LogRole::Server).await;
    log.append(entry("a"), 0).await.unwrap();
    log.append(entry("b"), 10).await.unwrap();
    let ends = async || {
        let extent = db.read(extent).await.unwrap();
        (extent.horizon.0, extent.head.0)
    };
    let trimmed = async |now_ms| db.write(move |tx| trim(tx, now_ms)).await.unwrap();
    assert_eq!(trimmed(LOG_KEPT_MS + 5).await, 1);
    assert_eq!(ends().await, (1, 2));
    assert_eq!(trimmed(LOG_KEPT_MS * 2).await, 1);
    assert_eq!(ends().await, (2, 2));
    let appended = log.append(entry("c"), LOG_KEPT_MS * 2).await.unwrap();
    assert_eq!(appended, Some(Revision(3)));
    assert_eq!(trimmed(LOG_KEPT_MS * 2).await, 0);
}
