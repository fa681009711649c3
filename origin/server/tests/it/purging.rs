//! The purge mutation, and what a write leaves in the outbox.

use std::time::Duration;

use cache_core::{PurgeKind, Revision};
use cache_tiered::LogSource as _;
use domain::purges::PendingPurge;
use serde_json::json;
use store_sqlite::outbox::outbox_push;
use yousoon::server::Background;

use crate::{
    app::{Answer, TOKEN, TestApp},
    fixtures::{NOW_MS, offer},
};

const PURGE: &str = "mutation A($i: PurgeInput!) { purge(input: $i) { revision tags dryRun } }";

#[tokio::test]
async fn a_purge_is_in_the_log_when_it_is_answered() {
    let app = TestApp::start().await;
    let purge =
        async |input| Answer::of(app.post(PURGE, &json!({"i": input})).bearer_auth(TOKEN)).await;
    let id = offer("a", 0).id;
    let told = purge(json!({"offerId": id, "dryRun": true, "reason": "price"})).await;
    let tag = format!("offer:{id}");
    assert_eq!(
        told.data()["purge"],
        json!({"revision": null, "tags": [tag], "dryRun": true})
    );
    assert_eq!(told.header("yousoon-revision"), "");
    assert_eq!(app.head(), Revision::ZERO);
    let done = purge(json!({"offerId": id, "reason": "price"})).await;
    assert_eq!(
        done.data()["purge"],
        json!({"revision": "1", "tags": [tag], "dryRun": false})
    );
    assert_eq!(done.header("yousoon-revision"), "1");
    assert_eq!(done.header("cache-control"), "private, no-store");
    let soft = purge(
        json!({"location": {"lat": 48.8566, "lng": 2.3522}, "soft": true, "reason": "moved"}),
    )
    .await;
    assert_eq!(soft.data()["purge"]["tags"].as_array().unwrap().len(), 6);
    let all = purge(json!({"all": true, "reason": "everything"})).await;
    assert_eq!(all.data()["purge"]["tags"], json!(["*"]));
    let records = app
        .state
        .services
        .purge_log
        .records_after(app.log(), Revision::ZERO, 9, Duration::ZERO)
        .await
        .unwrap();
    let kinds: Vec<_> = records
        .records
        .iter()
        .map(|record| (record.revision.0, record.kind))
        .collect();
    assert_eq!(
        kinds,
        [
            (1, PurgeKind::Hard),
            (2, PurgeKind::Soft),
            (3, PurgeKind::Hard)
        ]
    );
    let audit: (String, String) = app
        .db
        .read(|c| {
            Ok(c.query_row(
                "SELECT actor, reason FROM purge_log WHERE revision = 1",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?)
        })
        .await
        .unwrap();
    assert_eq!(audit, ("service token".into(), "price".into()));
    let as_of = app.ask("query A { categories { id } }", json!({})).await;
    assert!(as_of.header("yousoon-as-of").ends_with(":3"));
}

#[tokio::test]
async fn what_another_process_left_is_swept_into_the_log() {
    let app = TestApp::start().await;
    let background = Background::start(&app.state).unwrap();
    let purge = PendingPurge {
        tags: vec![domain::tags::all_offers()],
        kind: PurgeKind::Hard,
        reason: "import".into(),
        actor: "cli".into(),
    };
    app.db
        .write(move |tx| outbox_push(tx, &purge, NOW_MS))
        .await
        .unwrap();
    let swept = async {
        while app.head() == Revision::ZERO {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), swept)
        .await
        .expect("swept");
    tokio::time::timeout(Duration::from_secs(5), background.stop())
        .await
        .expect("stopped");
}
