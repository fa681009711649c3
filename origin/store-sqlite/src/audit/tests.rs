use cache_core::{LogId, Revision};

use super::*;
use crate::database::EmbeddedDb;

fn row(at_ms: i64, actor: &str, tags: &[&str]) -> AuditRow {
    AuditRow {
        id: None,
        at_ms,
        actor: actor.into(),
        reason: "édité".into(),
        kind: PurgeKind::Soft,
        tags: tags.iter().map(|tag| tag.parse().unwrap()).collect(),
        log: None,
        revision: None,
    }
}

async fn recorded(rows: Vec<AuditRow>) -> (tempfile::TempDir, EmbeddedDb) {
    let dir = tempfile::tempdir().unwrap();
    let db = EmbeddedDb::open(dir.path()).unwrap();
    db.write(move |tx| rows.iter().try_for_each(|row| record(tx, row)))
        .await
        .unwrap();
    (dir, db)
}

async fn ids(db: &EmbeddedDb, before: Option<i64>, limit: usize, filter: AuditFilter) -> Vec<i64> {
    let rows = db
        .read(move |connection| list(connection, before, limit, &filter))
        .await
        .unwrap();
    rows.into_iter().filter_map(|row| row.id).collect()
}

#[tokio::test]
async fn a_row_reads_back_as_it_was_recorded() {
    let mut recorded_row = row(7, "cli", &["offer:1", "*"]);
    let (_dir, db) = recorded(vec![recorded_row.clone()]).await;
    recorded_row.id = Some(1);
    let rows = db
        .read(|connection| list(connection, None, 9, &AuditFilter::default()))
        .await
        .unwrap();
    assert_eq!(rows, [recorded_row.clone()]);
    let with_revision = AuditRow {
        id: Some(2),
        kind: PurgeKind::Hard,
        log: Some(LogId::from_bytes([7; 16])),
        revision: Some(Revision(12)),
        ..recorded_row
    };
    let again = with_revision.clone();
    db.write(move |tx| record(tx, &again)).await.unwrap();
    let rows = db
        .read(|connection| list(connection, None, 1, &AuditFilter::default()))
        .await
        .unwrap();
    assert_eq!(rows, [with_revision]);
}

#[tokio::test]
async fn the_newest_come_first_page_by_page_and_by_filter() {
    let (_dir, db) = recorded(vec![
        row(3, "cli", &["offer:1", "geo:81"]),
        row(1, "service token", &["offer:1"]),
        row(2, "cli", &["*"]),
        row(4, "cli", &["offer:11"]),
    ])
    .await;
    let all = AuditFilter::default();
    assert_eq!(ids(&db, None, 9, all.clone()).await, [4, 3, 2, 1]);
    assert_eq!(ids(&db, None, 2, all.clone()).await, [4, 3]);
    assert_eq!(ids(&db, Some(3), 2, all.clone()).await, [2, 1]);
    assert_eq!(ids(&db, None, 0, all).await, [0; 0]);
    let of = |tag: Option<&str>, actor: Option<&str>| AuditFilter {
        tag: tag.map(|tag| tag.parse().unwrap()),
        actor: actor.map(ToOwned::to_owned),
    };
    // A purge of everything purged this tag, too.
    assert_eq!(
        ids(&db, None, 9, of(Some("offer:1"), None)).await,
        [3, 2, 1]
    );
    assert_eq!(ids(&db, None, 9, of(Some("*"), None)).await, [3]);
    assert_eq!(ids(&db, None, 9, of(None, Some("cli"))).await, [4, 3, 1]);
    assert_eq!(
        ids(&db, None, 9, of(Some("offer:1"), Some("cli"))).await,
        [3, 1]
    );
    assert_eq!(ids(&db, None, 9, of(None, Some("' OR 1"))).await, [0; 0]);
}

#[tokio::test]
async fn a_row_is_forgotten_after_400_days() {
    let (_dir, db) = recorded(vec![row(0, "a", &["x"]), row(1, "a", &["x"])]).await;
    let gone = db.write(|tx| trim(tx, AUDIT_KEPT_MS + 1)).await.unwrap();
    assert_eq!(gone, 1);
    assert_eq!(ids(&db, None, 9, AuditFilter::default()).await, [2]);
}
