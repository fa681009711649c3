//! What comes into a user's inbox reaches their open apps, and nobody else.

use serde_json::{Value, json};

use super::{client::Socket, subscribed};
use crate::{
    accounts::person::{Person, register},
    app::TestApp,
    booking::{booked, places},
    fixtures::{NOW_MS, store},
};

const RECEIVED: &str = "subscription R { notificationReceived { id kind title body link } }";

async fn waiting(app: &TestApp, who: &Person) -> Socket {
    let mut socket = Socket::signed_in(app, &who.access).await;
    socket.subscribe("1", json!({"query": RECEIVED})).await;
    socket
}

/// The link of the next entry.
async fn link(socket: &mut Socket) -> String {
    let heard = socket.hear().await;
    assert_eq!(heard["type"], "next", "{heard}");
    assert_eq!(heard["payload"].get("errors"), None, "{heard}");
    let entry = &heard["payload"]["data"]["notificationReceived"];
    assert_eq!(entry["kind"], "BOOKING_CONFIRMED");
    assert!(!entry["title"].as_str().unwrap().is_empty());
    entry["link"].as_str().unwrap().to_owned()
}

fn ends_with(link: &str, booking: &Value) -> bool {
    link.ends_with(booking["id"].as_str().unwrap())
}

#[tokio::test]
async fn each_entry_is_told_once_to_its_owner() {
    let app = TestApp::start().await;
    let offers = [places("a", 0, 9), places("a", 1, 9), places("a", 2, 9)];
    store(&app, "a", offers.to_vec()).await;
    let (ana, bob) = (register(&app, "ana").await, register(&app, "bob").await);
    let old = booked(&app, &ana, &offers[0]).await;
    app.sent().await;
    let mut anas = waiting(&app, &ana).await;
    let mut bobs = waiting(&app, &bob).await;
    subscribed(&app, 2).await;
    // What was there before is not told.
    anas.hears_nothing().await;

    app.pass_ms(1);
    let first = booked(&app, &ana, &offers[1]).await;
    app.sent().await;
    // Written by a worker whose clock is behind.
    app.pass_ms(-1_000);
    let second = booked(&app, &ana, &offers[2]).await;
    app.sent().await;
    let log = &app.state.services.purge_log;
    log.drain_outbox(NOW_MS).await.unwrap();
    // Both at one look, each in a message of its own.
    let mut told = [link(&mut anas).await, link(&mut anas).await];
    told.sort_by_key(|link| ends_with(link, &second));
    assert!(ends_with(&told[0], &first), "{told:?}");
    assert!(ends_with(&told[1], &second), "{told:?}");
    anas.hears_nothing().await;
    bobs.hears_nothing().await;
    assert_ne!(old["id"], first["id"]);
}

#[tokio::test]
async fn nobody_hears_without_an_account() {
    let app = TestApp::start().await;
    let mut anonymous = Socket::anonymous(&app).await;
    anonymous.subscribe("1", json!({"query": RECEIVED})).await;
    let heard = anonymous.hear().await;
    assert_eq!(heard["payload"][0]["extensions"]["code"], "UNAUTHENTICATED");
}
