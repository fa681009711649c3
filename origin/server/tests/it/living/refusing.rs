//! What the protocol forbids, and what a document may not.

use serde_json::{Value, json};

use super::{NEARBY, begun, client::Socket, nearby, paris, subscribed};
use crate::app::TestApp;

const PROTOCOL: Option<&str> = Some("graphql-transport-ws");

#[tokio::test]
async fn a_breach_of_the_protocol_closes_the_connection_with_its_reason() {
    let app = TestApp::start().await;
    let subscribe = json!({"type": "subscribe", "id": "1", "payload": nearby(paris())});
    let init = json!({"type": "connection_init"});
    let table: [(&[Value], u16, &str); 5] = [
        (
            &[json!({"type": "start"})],
            4400,
            "Invalid message received",
        ),
        (std::slice::from_ref(&subscribe), 4401, "Unauthorized"),
        (
            &[json!({"type": "complete", "id": "1"})],
            4401,
            "Unauthorized",
        ),
        (
            &[init.clone(), subscribe.clone(), subscribe.clone()],
            4409,
            "Subscriber for 1 already exists",
        ),
        (
            &[init.clone(), init],
            4429,
            "Too many initialisation requests",
        ),
    ];
    for (messages, code, reason) in table {
        let mut socket = Socket::open(&app).await;
        for message in messages {
            socket.say(message.clone()).await;
        }
        if messages[0]["type"] == "connection_init" {
            assert_eq!(socket.hear().await, json!({"type": "connection_ack"}));
        }
        assert_eq!(socket.closed().await, (code, reason.to_owned()));
    }
    let mut socket = Socket::anonymous(&app).await;
    socket.say_bytes().await;
    assert_eq!(socket.closed().await.0, 4400);
    let mut socket = Socket::anonymous(&app).await;
    socket.say_text(&"x".repeat(128 * 1024 + 1)).await;
    assert_eq!(socket.closed().await.0, 1009);
    subscribed(&app, 0).await;
    super::until(|| app.state.live.connections() == 0).await;
}

#[tokio::test]
async fn a_connection_without_connection_init_is_closed() {
    let app = TestApp::start().await;
    let mut silent = Socket::open(&app).await;
    silent
        .say(json!({"type": "ping", "payload": {"n": 1}}))
        .await;
    assert_eq!(
        silent.hear().await,
        json!({"type": "pong", "payload": {"n": 1}})
    );
    let reason = "Connection initialisation timeout".to_owned();
    assert_eq!(silent.closed().await, (4408, reason));
}

#[tokio::test]
async fn another_protocol_or_a_page_of_another_site_is_not_let_in() {
    let app = TestApp::builder()
        .origins(&["https://site.example"])
        .start()
        .await;
    // B15.
    for protocol in [None, Some("graphql-ws")] {
        let refused = Socket::handshake(&app, protocol, &[]).await;
        assert_eq!(refused.err(), Some(reqwest::StatusCode::BAD_REQUEST));
    }
    let from = async |origin: &str| {
        let headers = [("origin", origin)];
        Socket::handshake(&app, PROTOCOL, &headers).await.err()
    };
    assert_eq!(from("https://site.example").await, None);
    let forbidden = Some(reqwest::StatusCode::FORBIDDEN);
    assert_eq!(from("https://evil.example").await, forbidden);
    assert_eq!(from("null").await, forbidden);
}

#[tokio::test]
async fn a_document_that_cannot_be_subscribed_to_is_refused_and_the_connection_stays() {
    let app = TestApp::start().await;
    begun(&app).await;
    let two = "subscription T($l: LocationInput!) {
        a: newOfferNearby(location: $l) { id } b: newOfferNearby(location: $l) { id } }";
    let left_out = "subscription L($l: LocationInput!, $no: Boolean! = false) {
        newOfferNearby(location: $l) @include(if: $no) { id } }";
    let at = |lat: f64| json!({"location": {"lat": lat, "lng": 2.0}});
    let table = [
        (
            json!({"query": "query Q { categories { id } }"}),
            "SUBSCRIPTION_EXPECTED",
        ),
        (
            json!({"query": "mutation M { logout }"}),
            "SUBSCRIPTION_EXPECTED",
        ),
        (
            json!({"query": "subscription S { nothing }"}),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            json!({"query": two, "variables": {"l": {"lat": 1, "lng": 2}}}),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            json!({"query": left_out, "variables": {"l": {"lat": 1, "lng": 2}}}),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (nearby(json!({})), "VARIABLE_MISSING"),
        (nearby(at(91.0)), "LOCATION_OUT_OF_RANGE"),
        (
            nearby(json!({"location": {"lat": 1, "lng": 2}, "maxDistance": 51})),
            "DISTANCE_OUT_OF_RANGE",
        ),
        (
            json!({"query": NEARBY, "operationName": "Other", "variables": paris()}),
            "OPERATION_UNKNOWN",
        ),
        (json!({}), "DOCUMENT_MISSING"),
        (json!({"documentId": "abc"}), "DOCUMENT_ID_MALFORMED"),
        (
            json!({"query": format!("subscription D {{ {} }}", "a ".repeat(6_000))}),
            "DOCUMENT_TOO_COMPLEX",
        ),
    ];
    let mut socket = Socket::anonymous(&app).await;
    for (payload, code) in table {
        socket.subscribe("1", payload.clone()).await;
        let heard = socket.hear().await;
        assert_eq!(
            (&heard["id"], &heard["type"]),
            (&json!("1"), &json!("error")),
            "{heard}"
        );
        assert_eq!(
            heard["payload"][0]["extensions"]["code"], code,
            "{payload}: {heard}"
        );
    }
    assert_eq!(app.state.live.subscriptions(), 0);
    socket.subscribe("1", nearby(paris())).await;
    subscribed(&app, 1).await;
}
