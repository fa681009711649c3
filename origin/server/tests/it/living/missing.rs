//! The log was lost, and with it records: nobody misses what they wait for.

use cache_core::PurgeKind;
use domain::{purges::AuditRow, tags};
use e2e::{Durability, Redis};
use serde_json::json;

use super::{begun, client::Socket, insert, nearby, paris, publish, subscribed};
use crate::{app::TestApp, fixtures::NOW_MS};

#[tokio::test]
async fn an_offer_whose_record_was_lost_with_its_log_is_told_once_another_log_begins() {
    let redis = Redis::start(Durability::Memory).await.unwrap();
    let app = TestApp::builder().redis(&redis.url()).start().await;
    begun(&app).await;
    let mut near = Socket::anonymous(&app).await;
    near.subscribe("n", nearby(paris())).await;
    subscribed(&app, 1).await;
    let told = publish(&app, 1).await;
    assert_eq!(
        near.hear().await["payload"]["data"]["newOfferNearby"]["id"],
        json!(told.id)
    );
    let log = app.log();
    let head = app.state.services.caches.feed.position().head;
    // As if its record had been in the part that Redis lost: the audit still has the purge.
    let lost = insert(&app, 0).await;
    let purge = AuditRow {
        id: None,
        at_ms: NOW_MS,
        actor: "test".to_owned(),
        reason: "a test".to_owned(),
        kind: PurgeKind::Hard,
        tags: vec![tags::offer(&lost.id), tags::published(&lost.id)],
        log: Some(log),
        revision: Some(head.next()),
    };
    app.state.services.purges.tell(vec![purge]).await.unwrap();
    let client = redis::Client::open(redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let _: () = redis::cmd("FLUSHALL")
        .query_async(&mut connection)
        .await
        .unwrap();
    let frame = near.hear().await;
    assert_eq!(
        frame["payload"]["data"]["newOfferNearby"]["id"],
        json!(lost.id)
    );
    assert_ne!(app.log(), log);
    // Not what was told before.
    near.hears_nothing().await;
}
