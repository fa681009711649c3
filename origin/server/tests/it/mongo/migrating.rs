use std::{collections::BTreeSet, time::Duration};
use store_mongo::error::MongoError;

use mongodb::bson::{Document, doc};
use store_mongo::{database::MongoDb, migrations};

use super::on_each;

/// The last step.
const STEPS: u8 = 31;
const KNOWN: i64 = STEPS as i64;

#[tokio::test]
async fn a_plan_changes_nothing_and_is_empty_when_it_was_done() {
    for opened in on_each().await {
        let db = &opened.db;
        let plan = migrations::plan(db).await.unwrap();
        let versions: Vec<i64> = plan.iter().map(|step| step.version).collect();
        assert_eq!(versions, (1..=i64::from(STEPS)).collect::<Vec<_>>());
        let titles: Vec<String> = plan[0]
            .changes
            .iter()
            .map(migrations::Change::title)
            .collect();
        assert!(titles.contains(&"collection offers with a validator".to_owned()));
        assert!(
            titles.contains(
                &"index near of offers {location: \"2dsphere\", category: 1, isActive: 1}"
                    .to_owned()
            ),
            "{titles:?}"
        );
        assert_eq!(
            db.database().list_collection_names().await.unwrap(),
            [""; 0]
        );

        let applied = migrations::run(db).await.unwrap();
        assert_eq!(applied.len(), usize::from(STEPS));
        assert!(migrations::plan(db).await.unwrap().is_empty());
        assert!(migrations::run(db).await.unwrap().is_empty());
        assert_eq!(migrations::applied(db).await.unwrap(), applied);
    }
}

#[tokio::test]
async fn four_origins_that_start_at_once_migrate_once() {
    for opened in on_each().await {
        let starting: Vec<_> = (0..4)
            .map(|_| {
                let url = opened.url();
                tokio::spawn(async move {
                    let db = MongoDb::open(&url).await.unwrap();
                    let applied = migrations::run(&db).await.unwrap();
                    // When `run` returns, everything is applied.
                    assert!(migrations::plan(&db).await.unwrap().is_empty());
                    applied
                })
            })
            .collect();
        let mut applied = Vec::new();
        for origin in starting {
            applied.extend(origin.await.unwrap().into_iter().map(|step| step.version));
        }
        applied.sort_unstable();
        assert_eq!(
            applied,
            (1..=i64::from(STEPS)).collect::<Vec<_>>(),
            "each step by one of the four"
        );
        let all = opened.db.collection::<Document>("migrations");
        assert_eq!(
            all.count_documents(doc! {}).await.unwrap(),
            u64::from(STEPS),
            "the lease is given back"
        );
    }
}

#[tokio::test]
async fn a_migration_without_the_lease_changes_nothing() {
    for opened in on_each().await {
        let in_a_minute = mongodb::bson::DateTime::now().timestamp_millis() + 60_000;
        let until = mongodb::bson::DateTime::from_millis(in_a_minute);
        let all = opened.db.collection::<Document>("migrations");
        all.insert_one(doc! {"_id": "lease", "holder": "another", "until": until})
            .await
            .unwrap();
        let db = opened.db.clone();
        let waiting = tokio::spawn(async move { migrations::run(&db).await });
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(!waiting.is_finished());
        let names = opened.db.database().list_collection_names().await;
        assert_eq!(names.unwrap(), ["migrations"]);
        all.delete_one(doc! {"_id": "lease"}).await.unwrap();
        assert_eq!(waiting.await.unwrap().unwrap().len(), usize::from(STEPS));
    }
}

#[tokio::test]
async fn a_lease_that_was_left_behind_expires() {
    for opened in on_each().await {
        let past = mongodb::bson::DateTime::from_millis(1);
        let all = opened.db.collection::<Document>("migrations");
        all.insert_one(doc! {"_id": "lease", "holder": "gone", "until": past})
            .await
            .unwrap();
        assert_eq!(
            migrations::run(&opened.db).await.unwrap().len(),
            usize::from(STEPS)
        );
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    for opened in on_each().await {
        let all = opened.db.collection::<Document>("migrations");
        all.insert_one(doc! {"_id": 999_i64, "name": "later", "degraded": []})
            .await
            .unwrap();
        for refused in [
            migrations::run(&opened.db).await.map(drop),
            migrations::plan(&opened.db).await.map(drop),
        ] {
            assert!(matches!(
                refused,
                Err(MongoError::NewerSchema {
                    found: 999,
                    known: KNOWN
                })
            ));
        }
    }
}

#[tokio::test]
async fn the_collections_and_the_indexes_are_there_or_were_named() {
    for opened in on_each().await {
        let db = &opened.db;
        let applied = migrations::run(db).await.unwrap();
        let degraded: Vec<&String> = applied.iter().flat_map(|step| &step.degraded).collect();
        for note in &degraded {
            println!("{}: {note}", opened.server.name());
        }
        let names = db.database().list_collection_names().await.unwrap();
        for name in [
            "partners",
            "establishments",
            "offers",
            "outbox",
            "purge_logs",
            "purge_audit",
            "documents",
            "counters",
            "users",
            "consents",
            "favorites",
            "erasures",
            "sessions",
            "codes",
            "service_tokens",
            "invitations",
            "offer_views",
            "migrations",
        ] {
            assert!(names.iter().any(|found| found == name), "{name}: {names:?}");
        }
        let indexes = db.collection::<Document>("offers").list_index_names().await;
        let indexes: BTreeSet<String> = indexes.unwrap().into_iter().collect();
        for name in [
            "near",
            "words",
            "newest",
            "newestOfPartner",
            "starting",
            "ending",
        ] {
            let title = format!("index {name} of offers");
            assert!(
                indexes.contains(name) || degraded.iter().any(|note| note.contains(&title)),
                "{name}: {indexes:?} {degraded:?}"
            );
        }
        if opened.server.name() == "mongo-java-server" {
            named_on_the_small_server(&degraded);
        } else if opened.server.name().starts_with("mongo") {
            assert!(degraded.is_empty(), "{degraded:?}");
        }
    }
}

fn named_on_the_small_server(degraded: &[&String]) {
    for part in [
        "collection offers has no validator: the server refused it (MongoDB: code 115",
        "index near of offers {location: \"2dsphere\", category: 1, isActive: 1} is {location: \"2dsphere\"} only",
        "index words of offers {folded.title: \"text\", folded.description: \"text\"} is left out",
        "index byVerifiedPhone of users {phone: 1}, unique",
        "index inForce of purge_logs {retired: 1}, unique, where {retired: false} is left out",
    ] {
        assert!(
            degraded.iter().any(|note| note.contains(part)),
            "{part}: {degraded:#?}"
        );
    }
    assert_eq!(degraded.len(), 36 + 5 + 7 + 3, "{degraded:#?}");
}
