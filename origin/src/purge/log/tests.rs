use super::*;
use crate::embedded::outbox::{PendingPurge, outbox_push};

fn entry(tag: &str) -> Entry {
    Entry {
        tags: vec![tag.parse().unwrap()],
        kind: PurgeKind::Soft,
        reason: "test".into(),
        actor: "test".into(),
    }
}

#[tokio::test]
async fn a_log_keeps_its_identity_and_its_order() {
    let dir = tempfile::tempdir().unwrap();
    let db = EmbeddedDb::open(dir.path()).unwrap();
    let log = PurgeLog::open(db.clone()).await.unwrap();
    assert_eq!(log.head().await.unwrap(), Revision::ZERO);
    assert_eq!(log.append(entry("a"), 1).await.unwrap(), Revision(1));
    assert_eq!(log.append(entry("b"), 2).await.unwrap(), Revision(2));
    let again = PurgeLog::open(db).await.unwrap();
    assert_eq!(again.id(), log.id());
    let as_of = again.as_of().await.unwrap();
    assert_eq!((as_of.log, as_of.revision), (log.id(), Revision(2)));
    let records = again.records_after(Revision(1), 9).await.unwrap();
    assert_eq!(
        serde_json::to_string(&records).unwrap(),
        r#"[{"revision":2,"tags":["b"],"kind":"soft"}]"#
    );
}

#[tokio::test]
async fn the_outbox_moves_into_the_log_once() {
    let dir = tempfile::tempdir().unwrap();
    let db = EmbeddedDb::open(dir.path()).unwrap();
    let log = PurgeLog::open(db.clone()).await.unwrap();
    let mut woken = log.subscribe();
    let purge = PendingPurge {
        tags: vec!["offer:1".into(), "not a tag".into()],
        kind: outbox::PurgeKind::Hard,
        reason: "edited".into(),
        actor: "test".into(),
    };
    db.write(move |tx| outbox_push(tx, &purge, 7))
        .await
        .unwrap();
    let (one, two) = tokio::join!(log.drain_outbox(8), log.drain_outbox(8));
    assert_eq!(one.unwrap().or(two.unwrap()), Some(Revision(1)));
    assert!(woken.has_changed().unwrap());
    woken.mark_unchanged();
    assert_eq!(log.drain_outbox(9).await.unwrap(), None);
    let records = log.records_after(Revision::ZERO, 9).await.unwrap();
    assert_eq!(
        records[0].tags,
        ["offer:1".parse().unwrap(), Tag::everything()]
    );
    assert_eq!(records.len(), 1);
}

#[tokio::test]
async fn old_records_go_and_the_head_stays() {
    let dir = tempfile::tempdir().unwrap();
    let log = PurgeLog::open(EmbeddedDb::open(dir.path()).unwrap())
        .await
        .unwrap();
    log.append(entry("a"), 0).await.unwrap();
    log.append(entry("b"), 10).await.unwrap();
    assert_eq!(log.trim(KEEP_MS + 5).await.unwrap(), 1);
    let extent = log.extent().await.unwrap();
    assert_eq!(
        extent,
        Extent {
            horizon: Revision(1),
            head: Revision(2)
        }
    );
    assert_eq!(log.trim(KEEP_MS * 2).await.unwrap(), 1);
    let extent = log.extent().await.unwrap();
    assert_eq!(
        extent,
        Extent {
            horizon: Revision(2),
            head: Revision(2)
        }
    );
    assert_eq!(
        log.append(entry("c"), KEEP_MS * 2).await.unwrap(),
        Revision(3)
    );
    assert_eq!(log.trim(KEEP_MS * 2).await.unwrap(), 0);
}
