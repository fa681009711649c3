//! Event streams.

use std::time::Duration;

use api::documents::DocumentMode;
use pq_core::DocumentHash;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{NEARBY, begun, nearby, paris, publish, subscribed, until};
use crate::{
    accounts::person::register,
    app::{Answer, GRAPHQL_RESPONSE, TestApp},
};

/// What comes of a stream, event by event.
pub(super) struct Events {
    response: Response,
    read: String,
    /// The last id, which a browser would send when it comes back.
    pub(super) last_id: Option<String>,
}

impl Events {
    pub(super) async fn of(request: RequestBuilder) -> Self {
        let request = request.header("accept", "text/event-stream");
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let media = response.headers()["content-type"].to_str().unwrap();
        assert_eq!(media, "text/event-stream; charset=utf-8");
        let read = String::new();
        Self {
            response,
            read,
            last_id: None,
        }
    }

    /// The id with which the stream begins.
    pub(super) async fn first_id(&mut self) -> String {
        let chunk = timeout(Duration::from_secs(10), self.response.chunk()).await;
        let chunk = chunk.expect("nothing came in time").unwrap().unwrap();
        let text = std::str::from_utf8(&chunk).unwrap();
        let id = text.lines().find_map(|line| line.strip_prefix("id: "));
        id.unwrap_or_else(|| panic!("{text}")).to_owned()
    }

    /// The next event with its data; none at the end. Comments are left out.
    pub(super) async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            while let Some((block, rest)) = self.read.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.read = rest;
                let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
                if let Some(id) = field("id: ") {
                    self.last_id = Some(id.to_owned());
                }
                if let Some(event) = field("event: ") {
                    let data = field("data: ").unwrap_or("null");
                    return Some((event.to_owned(), serde_json::from_str(data).unwrap()));
                }
            }
            let chunk = timeout(Duration::from_secs(10), self.response.chunk()).await;
            let chunk = chunk.expect("nothing came in time").unwrap()?;
            self.read.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

#[tokio::test]
async fn a_new_offer_is_an_event_of_a_stream_however_it_is_asked_for() {
    let app = TestApp::builder().mode(DocumentMode::Enforce).start().await;
    begun(&app).await;
    app.publish(&[NEARBY]).await;
    let hash = DocumentHash::of(NEARBY).to_string();
    let variables = paris().to_string();
    let apollo = json!({"persistedQuery": {"version": 1, "sha256Hash": hash}}).to_string();
    let get = |path: &str| app.request(Method::GET, path);
    let mut streams = vec![];
    for request in [
        app.request(Method::POST, "/graphql")
            .json(&json!({"documentId": hash, "variables": paris()})),
        get("/graphql").query(&[("documentId", &hash), ("variables", &variables)]),
        get("/graphql").query(&[("extensions", &apollo), ("variables", &variables)]),
        get(&format!("/graphql/{hash}")).query(&[("variables", &variables)]),
    ] {
        streams.push(Events::of(request).await);
    }
    subscribed(&app, 4).await;
    let new = publish(&app, 1).await;
    for stream in &mut streams {
        let (event, data) = stream.next().await.unwrap();
        assert_eq!(event, "next");
        assert_eq!(data["data"]["newOfferNearby"]["id"], new.id.as_str());
        assert_eq!(data["data"]["newOfferNearby"]["distance"], 0.1);
    }
    drop(streams);
    until(|| app.state.live.connections() == 0).await;
    assert_eq!(app.state.live.subscriptions(), 0);
}

/// B14: whatever is not 200 ends a browser's `EventSource`.
#[tokio::test]
async fn what_is_wrong_when_a_stream_begins_is_told_by_the_status() {
    let app = TestApp::builder().mode(DocumentMode::Audit).start().await;
    let post = |body: &Value| app.request(Method::POST, "/graphql").json(body);
    let unknown = json!({"documentId": "ab".repeat(32)});
    let person = register(&app, "zoe").await;
    let not_theirs =
        json!({"query": "subscription S { bookingStatusChanged(bookingId: \"x\") { id } }"});
    let table = [
        (post(&unknown), 404, "PERSISTED_QUERY_NOT_FOUND"),
        (
            post(&json!({"query": "query Q { categories { id } }"})),
            400,
            "SUBSCRIPTION_EXPECTED",
        ),
        (
            post(&json!({"query": "subscription S { nothing }"})),
            400,
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (post(&nearby(json!({}))), 400, "VARIABLE_MISSING"),
        (
            post(&nearby(json!({"location": {"lat": 91, "lng": 0}}))),
            400,
            "LOCATION_OUT_OF_RANGE",
        ),
        (post(&not_theirs), 401, "UNAUTHENTICATED"),
        (
            post(&not_theirs).bearer_auth(&person.access),
            404,
            "BOOKING_NOT_FOUND",
        ),
        (
            post(&nearby(paris())).bearer_auth("a.b.c"),
            401,
            "TOKEN_INVALID",
        ),
        (
            post(&nearby(paris())).bearer_auth("null"),
            401,
            "TOKEN_INVALID",
        ),
    ];
    for (request, status, code) in table {
        let answer = Answer::of(request.header("accept", "text/event-stream")).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (status, code),
            "{}",
            answer.text
        );
        assert!(answer.header("content-type").starts_with(GRAPHQL_RESPONSE));
        let challenge = if status == 401 { "Bearer" } else { "" };
        assert_eq!(answer.header("www-authenticate"), challenge, "{code}");
    }
    until(|| app.state.live.connections() == 0).await;
}

/// B5.
#[tokio::test]
async fn who_sends_an_empty_token_with_a_stream_is_anonymous() {
    let app = TestApp::start().await;
    begun(&app).await;
    let request = app.request(Method::POST, "/graphql");
    let request = request.header("authorization", "Bearer ");
    let _stream = Events::of(request.json(&nearby(paris()))).await;
    subscribed(&app, 1).await;
}

#[tokio::test]
async fn a_client_that_also_accepts_json_gets_it_for_all_but_subscriptions() {
    let app = TestApp::start().await;
    begun(&app).await;
    let accept = format!("{GRAPHQL_RESPONSE}, application/json, text/event-stream");
    let ask = |body: &Value| {
        let request = app.request(Method::POST, "/graphql").json(body);
        request.header("accept", &accept)
    };
    let query = json!({"query": "query Q { categories { id } }"});
    assert_eq!(Answer::of(ask(&query)).await.status, StatusCode::OK);
    let stream = ask(&nearby(paris())).send().await.unwrap();
    assert_eq!(
        stream.headers()["content-type"],
        "text/event-stream; charset=utf-8"
    );
    let plain = Answer::of(app.post(NEARBY, &paris())).await;
    assert_eq!(
        (plain.status, plain.code().as_str()),
        (StatusCode::NOT_ACCEPTABLE, "NOT_ACCEPTABLE")
    );
}

#[tokio::test]
async fn a_server_that_goes_away_ends_the_stream_without_completing_it() {
    let app = TestApp::start().await;
    begun(&app).await;
    let person = register(&app, "zoe").await;
    let request = app
        .request(Method::POST, "/graphql")
        .bearer_auth(&person.access);
    let mut stream = Events::of(request.json(&nearby(paris()))).await;
    subscribed(&app, 1).await;
    app.state.live.drain();
    assert_eq!(stream.next().await, None);
    let refused = app.request(Method::POST, "/graphql").json(&nearby(paris()));
    let refused = Answer::of(refused.header("accept", "text/event-stream")).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "OVERLOADED")
    );
}
