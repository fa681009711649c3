//! How many there may be.

use pq_core::limits::REQUEST_BYTES;
use reqwest::StatusCode;
use serde_json::json;
use tokio_tungstenite::tungstenite::protocol::frame::coding::Data;
use yousoon::config::LiveConfig;

use super::{client::Socket, nearby, paris, subscribed, until};
use crate::{accounts::person::register, app::TestApp};

const PROTOCOL: Option<&str> = Some("graphql-transport-ws");

async fn limited() -> TestApp {
    TestApp::builder()
        .live(LiveConfig {
            connections: 4,
            connections_per_ip: 2,
            connections_per_user: 1,
        })
        .start()
        .await
}

async fn refused(app: &TestApp) -> Option<StatusCode> {
    Socket::handshake(app, PROTOCOL, &[]).await.err()
}

#[tokio::test]
async fn an_address_a_user_and_a_server_have_so_many_connections() {
    let app = limited().await;
    let person = register(&app, "zoe").await;
    let first = Socket::anonymous(&app).await;
    let _second = Socket::anonymous(&app).await;
    assert_eq!(refused(&app).await, Some(StatusCode::TOO_MANY_REQUESTS));
    let stream = app.request(reqwest::Method::POST, "/graphql");
    let stream = stream.header("accept", "text/event-stream");
    let stream = stream.json(&nearby(paris())).send().await.unwrap();
    assert_eq!(stream.status(), StatusCode::TOO_MANY_REQUESTS);
    drop(first);
    until(|| app.state.live.connections() == 1).await;
    // Who signs in is not counted for the address any more.
    let _signed_in = Socket::signed_in(&app, &person.access).await;
    let third = Socket::anonymous(&app).await;
    assert_eq!(refused(&app).await, Some(StatusCode::TOO_MANY_REQUESTS));
    drop(third);
    until(|| app.state.live.connections() == 2).await;
    let mut again = Socket::open(&app).await;
    let payload = json!({"authorization": format!("Bearer {}", person.access)});
    again
        .say(json!({"type": "connection_init", "payload": payload}))
        .await;
    assert_eq!(
        again.closed().await,
        (1013, "Too many connections".to_owned())
    );
}

#[tokio::test]
async fn a_full_server_sends_to_another_one() {
    let app = TestApp::builder()
        .live(LiveConfig {
            connections: 1,
            ..LiveConfig::default()
        })
        .start()
        .await;
    let _first = Socket::anonymous(&app).await;
    assert_eq!(refused(&app).await, Some(StatusCode::SERVICE_UNAVAILABLE));
}

#[tokio::test]
async fn a_connection_has_so_many_subscriptions() {
    let app = TestApp::start().await;
    let mut socket = Socket::anonymous(&app).await;
    for number in 0..20 {
        socket.subscribe(&number.to_string(), nearby(paris())).await;
    }
    subscribed(&app, 20).await;
    socket.subscribe("x", nearby(paris())).await;
    let heard = socket.hear().await;
    assert_eq!(
        heard["payload"][0]["extensions"]["code"],
        "TOO_MANY_SUBSCRIPTIONS"
    );
}

#[tokio::test]
async fn each_subscription_counts_as_a_request() {
    // One for the handshake.
    let app = TestApp::builder().rate_limits(3, 5).start().await;
    let mut socket = Socket::anonymous(&app).await;
    for id in ["1", "2"] {
        socket.subscribe(id, nearby(paris())).await;
    }
    subscribed(&app, 2).await;
    socket.subscribe("3", nearby(paris())).await;
    let heard = socket.hear().await;
    assert_eq!(heard["payload"][0]["extensions"]["code"], "RATE_LIMITED");
    assert_eq!(refused(&app).await, Some(StatusCode::TOO_MANY_REQUESTS));
}

#[tokio::test]
async fn a_connection_that_floods_the_server_is_closed() {
    let app = TestApp::start().await;
    let mut socket = Socket::anonymous(&app).await;
    for _ in 0..60 {
        socket.say(json!({"type": "pong"})).await;
    }
    assert_eq!(
        socket.closed().await,
        (4400, "Too many messages".to_owned())
    );
}

/// E15: a message that is longer than a request is refused as soon as it says so, and is not gathered.
#[tokio::test]
async fn a_message_that_is_half_received_is_no_longer_than_a_request() {
    let app = TestApp::start().await;
    let longest = u64::try_from(REQUEST_BYTES).unwrap();
    let mut socket = Socket::anonymous(&app).await;
    socket.begin_text(longest + 1).await;
    assert_eq!(socket.closed().await.0, 1009);
    let mut socket = Socket::anonymous(&app).await;
    socket.say_part(REQUEST_BYTES, Data::Text).await;
    socket.hears_nothing().await;
    socket.say_part(1, Data::Continue).await;
    assert_eq!(socket.closed().await.0, 1009);
    let mut socket = Socket::anonymous(&app).await;
    socket.begin_text(longest).await;
    socket.hears_nothing().await;
}
