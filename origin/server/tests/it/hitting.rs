//! A hit in memory goes around most of the server, and answers like a request that does not.

use axum::http::{HeaderMap, Method, StatusCode};
use edge_core::header::MIN_REVISION;
use pq_core::DocumentHash;
use reqwest::RequestBuilder;

use crate::{
    app::{Answer, TestApp},
    fixtures::{offer, store},
};

const OFFER: &str = "query Name($id: ID!) { offer(id: $id) { title } }";

/// The headers of a kind of request.
type Headers = &'static [(&'static str, &'static str)];

const KINDS: [Headers; 11] = [
    &[],
    &[("accept", "application/json")],
    &[("accept", "text/html"), ("accept", "application/json")],
    &[("accept", "text/html")],
    &[("accept", "text/event-stream")],
    &[("accept", "*/*;q=2")],
    &[("accept-encoding", "gzip")],
    &[("origin", "https://www.yousoon.com")],
    &[("if-none-match", "*")],
    &[("authorization", "Bearer nobody")],
    &[("authorization", "Basic bm9ib2R5")],
];

async fn published(app: &TestApp) -> (String, String) {
    store(app, "a", vec![offer("a", 0)]).await;
    app.publish(&[OFFER]).await;
    let hash = DocumentHash::of(OFFER).to_string();
    let variables = format!("variables=%7B%22id%22:%22{}%22%7D", offer("a", 0).id);
    (hash, variables)
}

fn with(request: RequestBuilder, headers: Headers) -> RequestBuilder {
    headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    })
}

/// All but what differs from one answer to the next.
fn lasting(answer: &Answer) -> (StatusCode, HeaderMap, &str) {
    let mut headers = answer.headers.clone();
    for name in ["date", "ratelimit", "yousoon-seen-ago"] {
        headers.remove(name);
    }
    (answer.status, headers, &answer.text)
}

#[tokio::test]
async fn a_hit_answers_like_a_request_that_does_not_go_around() {
    let app = TestApp::builder().rate_limits(10_000, 10_000).start().await;
    let (hash, variables) = published(&app).await;
    let get = |path: &str| app.request(Method::GET, &format!("/graphql/{path}?{variables}"));
    let first = Answer::of(get(&hash)).await;
    assert_eq!(first.data()["offer"]["title"], offer("a", 0).title);
    let escaped = format!("%{:02x}{}", hash.as_bytes()[0], &hash[1..]);
    for headers in KINDS {
        let hit = Answer::of(with(get(&hash), headers)).await;
        let plain = with(get(&hash), headers).header(MIN_REVISION, "0");
        let through_the_router = with(get(&escaped), headers);
        for other in [plain, through_the_router] {
            let other = Answer::of(other).await;
            assert_eq!(lasting(&hit), lasting(&other), "{headers:?}");
            assert_eq!(
                hit.headers.contains_key("ratelimit"),
                other.headers.contains_key("ratelimit"),
                "{headers:?}"
            );
        }
    }
}
