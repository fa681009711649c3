//! A whole database into files and back, and from one backend to another.

mod people;

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use domain::{documents::Record, rows::Collection};
use store_sqlite::database::EmbeddedDb;
use yousoon::{
    database::Database,
    transfer::{self, Existing, TransferError},
};

use crate::{
    backends::Fresh,
    runner::{Test, tests},
    samples::{NOW_MS, family, offer},
};

tests! {
    what_is_exported_is_restored: [Joins],
    a_copy_to_another_backend_and_back_is_the_same: [Joins],
    a_moving_into_offers_adds_only_when_it_is_told_to: [Joins],
    files_that_are_not_what_was_exported_are_refused: [Joins],
    an_export_of_before_there_were_people_is_refused: [Joins],
    an_export_of_before_there_was_a_queue_is_restored: [Joins],
}

pub(crate) const PEOPLE: &[Test] = people::ALL;

fn nobody(_done: u64, _all: u64) {}

/// Of everything some: offers, documents, an audit, and people.
async fn filled(fresh: &Fresh) {
    fresh.sampled(400).await;
    people::fill(fresh).await;
    let hash = pq_core::DocumentHash::of("query A { a }");
    let record = Record {
        hash,
        name: "A".into(),
        json: "{\"name\": \"A\", \"body\": \"é\\n\"}".into(),
    };
    let published = fresh.db.documents.publish(vec![record], NOW_MS);
    published.await.unwrap();
    let rows = (0..3).map(|number| domain::purges::AuditRow {
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
    let exported = transfer::export(&fresh.db, &files, NOW_MS, &nobody)
        .await
        .unwrap();
    let mode = fs::metadata(&files).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "D11: the folder");
    for (collection, rows) in [
        (Collection::Offers, 402),
        (Collection::Documents, 1),
        (Collection::Audit, 3),
    ]
    .into_iter()
    .chain(people::COUNTS)
    {
        assert_eq!(exported.of(collection).rows(), rows, "{collection}");
        let path = files.join(format!("{collection}.jsonl"));
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{collection}");
        let file = fs::read_to_string(path).unwrap();
        assert_eq!(file.lines().count() as u64, rows, "{collection}");
    }
    let restored = transfer::restore(&files, &other, Existing::Refused, NOW_MS, &nobody).await;
    assert_eq!(restored.unwrap(), exported);
    // Whatever was kept before shows another database.
    let pending = other.purges.pending(0, 9).await.unwrap();
    assert_eq!(pending.len(), 1);
    assert_eq!(pending[0].purge.tags, [cache_core::Tag::everything()]);
    let again = transfer::export(&fresh.db, &files, NOW_MS, &nobody).await;
    assert!(matches!(again, Err(TransferError::Io { .. })));
}

async fn a_copy_to_another_backend_and_back_is_the_same(fresh: Fresh) {
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("source");
    let there = Fresh::new(embedded(&source), ());
    filled(&there).await;
    let read = transfer::sums(&there.db, NOW_MS).await.unwrap();
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
    assert!(matches!(refused, Err(TransferError::NotEmpty { .. })));
    assert_eq!(copy(Existing::Kept).await.unwrap(), first);
    // What the source does not have stays, and is said.
    let other_fresh = Fresh::new(other.clone(), ());
    let mut alien = family(vec![offer("alien")]);
    alien.partner.id = domain::PartnerId::derive("partner", "alien");
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
    transfer::export(&fresh.db, &files, NOW_MS, &nobody)
        .await
        .unwrap();
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

async fn an_export_of_before_there_were_people_is_refused(fresh: Fresh) {
    fresh.sampled(20).await;
    let dir = tempfile::tempdir().unwrap();
    let (files, other) = (dir.path().join("export"), embedded(&dir.path().join("db")));
    let exported = transfer::export(&fresh.db, &files, NOW_MS, &nobody).await;
    exported.unwrap();
    let manifest = files.join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    let of_before = text.replace("\"format\": 7", "\"format\": 1");
    assert_ne!(text, of_before);
    fs::write(&manifest, of_before).unwrap();
    let restored = transfer::restore(&files, &other, Existing::Refused, NOW_MS, &nobody).await;
    let why = restored.unwrap_err().to_string();
    assert!(why.contains("no people"), "{why}");
}

async fn an_export_of_before_there_was_a_queue_is_restored(fresh: Fresh) {
    const NEW: [&str; 6] = [
        "queue",
        "reach",
        "devices",
        "inbox",
        "campaigns",
        "verifications",
    ];
    fresh.sampled(20).await;
    let dir = tempfile::tempdir().unwrap();
    let (files, other) = (dir.path().join("export"), embedded(&dir.path().join("db")));
    let exported = transfer::export(&fresh.db, &files, NOW_MS, &nobody).await;
    exported.unwrap();
    let manifest = files.join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    let mut of_before: serde_json::Value = serde_json::from_str(&text).unwrap();
    let collections = of_before["collections"].as_object_mut().unwrap();
    for name in NEW {
        collections.remove(name).unwrap();
        fs::remove_file(files.join(format!("{name}.jsonl"))).unwrap();
    }
    let without_its_format = of_before.to_string();
    of_before["format"] = 3.into();
    for (written, is_good) in [(without_its_format, false), (of_before.to_string(), true)] {
        fs::write(&manifest, written).unwrap();
        let restored = transfer::restore(&files, &other, Existing::Refused, NOW_MS, &nobody).await;
        assert_eq!(restored.is_ok(), is_good, "{restored:?}");
    }
}
