//! The log was lost, and with it records: nobody misses what they wait for.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use cache_core::PurgeKind;
use domain::{purges::AuditRow, tags};
use e2e::{Durability, Redis};
use serde_json::json;

use super::{begun, client::Socket, insert, nearby, paris, publish, say, subscribed};
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

/// More records than may wait for those who act on them.
const MANY: i32 = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn what_a_server_was_too_slow_for_it_reads_from_the_log() {
    let is_slow = Arc::new(AtomicBool::new(false));
    let waits = Arc::clone(&is_slow);
    let app = TestApp::builder()
        .observer(move |what| {
            while what == "live.offers" && waits.load(Relaxed) {
                std::thread::sleep(Duration::from_millis(1));
            }
        })
        .start()
        .await;
    begun(&app).await;
    let mut near = Socket::anonymous(&app).await;
    near.subscribe("n", nearby(paris())).await;
    subscribed(&app, 1).await;
    is_slow.store(true, Relaxed);
    let mut expected = vec![publish(&app, 0).await.title];
    for number in 1..=5 {
        expected.push(publish(&app, number).await.title);
    }
    for number in 0..MANY {
        say(&app, [format!("other:{number}")]).await;
    }
    expected.push(publish(&app, 6).await.title);
    is_slow.store(false, Relaxed);
    let mut last = String::new();
    for title in &expected {
        let heard = near.hear().await;
        let payload = &heard["payload"];
        assert_eq!(payload["data"]["newOfferNearby"]["title"], title.as_str());
        last = payload["extensions"]["resumeFrom"].to_string();
    }
    near.hears_nothing().await;
    assert!(last.contains(&app.log().to_string()), "{last}");
}
