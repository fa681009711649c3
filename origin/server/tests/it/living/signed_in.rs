//! A token, for as long as it is taken.

use access::tokens::{Claims, Issued};
use domain::{
    UserId,
    users::{account::Status, change::AccountChange},
};
use serde_json::json;

use super::{begun, client::Socket, nearby, paris, publish, subscribed};
use crate::{
    accounts::person::{Person, register},
    app::TestApp,
    fixtures::NOW_MS,
};

/// A token that ends in so many seconds.
async fn token_of(app: &TestApp, person: &Person, left_s: i64) -> String {
    let id = UserId::parse(&person.id).unwrap();
    let account = app.state.services.users.by_id(&id).await.unwrap().unwrap();
    let session = app
        .state
        .services
        .auth
        .tokens
        .verify(&person.access, NOW_MS);
    let Ok(Issued::Valid(Claims { sid: session, .. })) = session else {
        panic!("it was issued just now");
    };
    let issued_ms = NOW_MS - (15 * 60 - left_s) * 1_000;
    let tokens = &app.state.services.auth.tokens;
    tokens.issue(&account, &session, issued_ms).unwrap()
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_refused_in_words() {
    let app = TestApp::start().await;
    let person = register(&app, "zoe").await;
    let expired = token_of(&app, &person, -1).await;
    let table = [
        (
            json!({"Authorization": "Bearer x"}),
            "the credentials are not valid",
        ),
        (json!({"Authorization": 7}), "the credentials are not valid"),
        (
            json!({"Authorization": "Bearer null"}),
            "the credentials are not valid",
        ),
        (
            json!({"Authorization": "undefined"}),
            "the credentials are not valid",
        ),
        (
            json!({"authorization": "Bearer a.b.c"}),
            "the access token is not valid",
        ),
        (
            json!({"authorization": format!("Bearer {expired}")}),
            "the access token has expired: connect again with a new one",
        ),
    ];
    for (payload, reason) in table {
        let mut socket = Socket::open(&app).await;
        socket
            .say(json!({"type": "connection_init", "payload": payload}))
            .await;
        assert_eq!(socket.closed().await, (4403, reason.to_owned()));
    }
}

/// B5.
#[tokio::test]
async fn who_sends_an_empty_token_is_anonymous() {
    let app = TestApp::start().await;
    begun(&app).await;
    for empty in [json!(null), json!(""), json!("Bearer"), json!("Bearer ")] {
        let mut socket = Socket::init(&app, json!({"authorization": empty})).await;
        socket.subscribe("1", nearby(paris())).await;
        subscribed(&app, 1).await;
        drop(socket);
        subscribed(&app, 0).await;
    }
}

#[tokio::test]
async fn a_connection_ends_with_its_token() {
    let app = TestApp::start().await;
    begun(&app).await;
    let person = register(&app, "zoe").await;
    let token = token_of(&app, &person, 1).await;
    let mut socket = Socket::signed_in(&app, &token).await;
    socket.subscribe("1", nearby(paris())).await;
    subscribed(&app, 1).await;
    let reason = "the access token has expired: connect again with a new one";
    assert_eq!(socket.closed().await, (4403, reason.to_owned()));
    subscribed(&app, 0).await;
}

#[tokio::test]
async fn a_disabled_user_gets_no_more_events() {
    let app = TestApp::start().await;
    begun(&app).await;
    let person = register(&app, "zoe").await;
    let mut socket = Socket::signed_in(&app, &person.access).await;
    socket.subscribe("1", nearby(paris())).await;
    subscribed(&app, 1).await;
    publish(&app, 1).await;
    assert_eq!(socket.hear().await["type"], "next");
    let id = UserId::parse(&person.id).unwrap();
    let change = AccountChange::Status(Status::Disabled);
    app.state
        .services
        .users
        .change(&id, change, NOW_MS)
        .await
        .unwrap();
    app.state.services.auth.standings.forget(&id);
    publish(&app, 2).await;
    let reason = "the access token is no longer valid: sign in again";
    assert_eq!(socket.closed().await, (4403, reason.to_owned()));
}

/// F4. A connection is no way around a session that has ended.
#[tokio::test]
async fn who_signs_out_hears_of_nothing_more() {
    let app = TestApp::start().await;
    begun(&app).await;
    let person = register(&app, "zoe").await;
    let mut socket = Socket::signed_in(&app, &person.access).await;
    socket.subscribe("1", nearby(paris())).await;
    subscribed(&app, 1).await;
    let out = person.ask(&app, "mutation M { logout }", json!({})).await;
    assert_eq!(out.data()["logout"], true);
    publish(&app, 1).await;
    let reason = "the access token is no longer valid: sign in again";
    assert_eq!(socket.closed().await, (4403, reason.to_owned()));
}
