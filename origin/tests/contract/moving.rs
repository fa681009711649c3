//! A whole database into files and back, and from one backend to another.

use std::{fs, path::Path};

use yousoon::{
    database::Database,
    documents::store::Record,
    embedded::EmbeddedDb,
    transfer::{self, Collection, Existing, TransferError},
};

use crate::{
    backends::Fresh,
    runner::tests,
    samples::{NOW_MS, family, offer},
};

tests! {
    what_is_exported_is_restored: [Joins],
    a_copy_to_another_backend_and_back_is_the_same: [Joins],
    a_moving_into_offers_adds_only_when_it_is_told_to: [Joins],
    files_that_are_not_what_was_exported_are_refused: [Joins],
}

fn nobody(_done: u64, _all: u64) {}

/// Of everything some: offers, documents, and an audit.
async fn filled(fresh: &Fresh) {
    fresh.sampled(400).await;
    let hash = pq_core::DocumentHash::of("query A { a }");
    let record = Record {
        hash,
        name: "A".into(),
        json: "{\"name\": \"A\", \"body\": \"é\\n\"}".into(),
    };
    let published = fresh.db.documents.publish(vec![record], NOW_MS);
    published.await.unwrap();
    let rows = (0..3).map(|number| yousoon::purge::audit::AuditRow {
        id: None,
        at_ms: NOW_MS + number,
        actor: "cli".into(),
        reason: "périmé".into(),
        kind: cache_core::PurgeKind::Soft,
        tags: vec!["offer:1".parse().unwrap()],
        log: None,
        revision: Some(cache_core::Revision(7)),
    });
    fresh.db.purges.tell(rows.collect()).await.unwrap();
}

fn embedded(dir: &Path) -> Database {
    Database::embedded(&EmbeddedDb::open(dir).unwrap())
}

async fn what_is_exported_is_restored(fresh: Fresh) {
    filled(&fresh).await;
    let dir = tempfile::tempdir().unwrap();
    let (files, other) = (dir.path().join("export"), embedded(&dir.path().join("db")));
    let exported = transfer::export(&fresh.db, &files, &nobody).await.unwrap();
    for (collection, rows) in [
        (Collection::Offers, 400),
        (Collection::Documents, 1),
        (Collection::Audit, 3),
    ] {
        assert_eq!(exported.of(collection).rows(), rows, "{collection}");
        let file = fs::read_to_string(files.join(format!("{collection}.jsonl"))).unwrap();
        assert_eq!(file.lines().count() as u64, rows, "{collection}");
    }
    let restored = transfer::restore(&files, &other, Existing::Refused, NOW_MS, &nobody).await;
    assert_eq!(restored.unwrap(), exported);
    // Whatever was kept before shows another database.
    let pending = other.purges.pending(9).await.unwrap();
    assert_eq!(pending.len(), 1);
    assert_eq!(pending[0].purge.tags, ["*"]);
    let again = transfer::export(&fresh.db, &files, &nobody).await;
    assert!(matches!(again, Err(TransferError::Io { .. })));
}

async fn a_copy_to_another_backend_and_back_is_the_same(fresh: Fresh) {
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("source");
    let there = Fresh::new(embedded(&source), ());
    filled(&there).await;
    let read = transfer::sums(&there.db).await.unwrap();
    let progress = |done: u64, all: u64| assert!(done <= all && all > 0);
    let copied = transfer::copy(&there.db, &fresh.db, Existing::Refused, NOW_MS, &progress).await;
    assert_eq!(copied.unwrap(), read);
    let back = embedded(&dir.path().join("back"));
    let copied = transfer::copy(&fresh.db, &back, Existing::Refused, NOW_MS, &nobody).await;
    assert_eq!(copied.unwrap(), read);
}

async fn a_moving_into_offers_adds_only_when_it_is_told_to(fresh: Fresh) {
    let dir = tempfile::tempdir().unwrap();
    let other = embedded(dir.path());
    fresh.sampled(50).await;
    let copy = |existing| transfer::copy(&fresh.db, &other, existing, NOW_MS, &nobody);
    let first = copy(Existing::Refused).await.unwrap();
    let refused = copy(Existing::Refused).await;
    assert!(matches!(refused, Err(TransferError::NotEmpty)));
    assert_eq!(copy(Existing::Kept).await.unwrap(), first);
    // What the source does not have stays, and is said.
    let other_fresh = Fresh::new(other.clone(), ());
    let mut alien = family(vec![offer("alien")]);
    alien.partner.id = yousoon::domain::PartnerId::derive("partner", "alien");
    alien.offers[0].partner_id = alien.partner.id.clone();
    for place in &mut alien.establishments {
        place.id = alien.offers[0].establishment_id.clone();
        place.partner_id = alien.partner.id.clone();
    }
    alien.establishments.truncate(1);
    other_fresh.fill(vec![alien]).await;
    let differs = copy(Existing::Kept).await;
    let Err(TransferError::Differs { read, found, .. }) = differs else {
        panic!("{differs:?}")
    };
    assert_eq!(found.rows(), read.rows() + 1);
}

async fn files_that_are_not_what_was_exported_are_refused(fresh: Fresh) {
    fresh.sampled(20).await;
    let dir = tempfile::tempdir().unwrap();
    let (files, other) = (dir.path().join("export"), embedded(&dir.path().join("db")));
    transfer::export(&fresh.db, &files, &nobody).await.unwrap();
    let offers = files.join("offers.jsonl");
    let edited = fs::read_to_string(&offers).unwrap().replacen('-', "+", 1);
    fs::write(&offers, edited).unwrap();
    let restored = transfer::restore(&files, &other, Existing::Refused, NOW_MS, &nobody).await;
    let refused = matches!(
        restored,
        Err(TransferError::Differs {
            collection: Collection::Offers,
            ..
        })
    );
    assert!(refused, "{restored:?}");
    assert!(other.catalogue.is_empty().await.unwrap());
}
