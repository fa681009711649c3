//! Subscriptions over real sockets.

mod bookings;
mod client;
mod closing;
mod inbox;
mod limits;
mod missing;
mod offers;
mod refusing;
mod resuming;
mod sharing;
mod signed_in;
mod slow;
mod streams;
mod venue;

use cache_core::PurgeKind;
use domain::{Offer, purges::PendingPurge as Entry};
use serde_json::{Value, json};
use store_sqlite::stores::offers as stored;

use crate::{
    app::TestApp,
    fixtures::{NOW_MS, offer, store},
};

const NEARBY: &str = "subscription Nearby($location: LocationInput!, $maxDistance: Float) {
    newOfferNearby(location: $location, maxDistance: $maxDistance) {
        id title distance partner { name } establishment { name } quota { remaining } isFavorite } }";

/// The centre of Paris, where the fixtures' offers are.
fn paris() -> Value {
    json!({"location": {"lat": 48.8566, "lng": 2.3522}, "maxDistance": 5})
}

fn lyon() -> Value {
    json!({"location": {"lat": 45.7640, "lng": 4.8357}})
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "what it is given is made for it"
)]
fn nearby(variables: Value) -> Value {
    json!({"query": NEARBY, "variables": variables})
}

/// An origin with a partner and no offers.
async fn begun(app: &TestApp) {
    store(app, "a", vec![]).await;
}

/// Stores an offer, and says that it appeared.
async fn publish(app: &TestApp, number: i32) -> Offer {
    let new = insert(app, number).await;
    say_published(app, &new).await;
    new
}

async fn insert(app: &TestApp, number: i32) -> Offer {
    let new = offer("a", number);
    let row = new.clone();
    app.db
        .write(move |tx| stored::insert(tx, &row))
        .await
        .unwrap();
    new
}

async fn say_published(app: &TestApp, offer: &Offer) {
    let tags = [
        format!("offer:{}", offer.id),
        format!("published:{}", offer.id),
    ];
    say(app, tags).await;
}

/// Appends a record with these tags.
async fn say(app: &TestApp, tags: impl IntoIterator<Item = String>) {
    let entry = Entry {
        tags: tags.into_iter().map(|tag| tag.parse().unwrap()).collect(),
        kind: PurgeKind::Hard,
        reason: "a test".to_owned(),
        actor: "test".to_owned(),
    };
    app.state
        .services
        .purge_log
        .append(entry, NOW_MS)
        .await
        .unwrap();
}

/// What is told, without the id of the event: of a busy server's records others may be before it.
fn without_id(app: &TestApp, mut heard: Value) -> Value {
    let payload = heard["payload"].as_object_mut().unwrap();
    let extensions = payload.remove("extensions").unwrap();
    let id = extensions["resumeFrom"].as_str().unwrap();
    assert!(id.starts_with(&format!("{}:", app.log())), "{id}");
    heard
}

/// Waits until the server has so many subscriptions.
async fn subscribed(app: &TestApp, count: usize) {
    until(|| app.state.live.subscriptions() == count).await;
}

async fn until(mut holds: impl FnMut() -> bool) {
    for _ in 0..1_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("it did not come to that");
}
