//! What browsers are told, what their pages may do, and how answers are packed.

use std::io::Read as _;

use pq_core::security;
use reqwest::{
    Method, RequestBuilder,
    header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, ORIGIN},
};
use serde_json::json;

use crate::{
    app::{Answer, GRAPHQL_RESPONSE, JSON, TOKEN, TestApp},
    refusals::refused,
};

const SITE: &str = "https://site.example";
const PORTAL: &str = "https://portal.example";
const DOCUMENT: &str = "query A { categories { id name } }";
const MUTATION: &str = r#"mutation A { purge(input: {all: true, reason: "x"}) { revision } }"#;

/// What a browser sends before a page's request that is not simple.
fn preflight(app: &TestApp, origin: &str) -> RequestBuilder {
    app.request(Method::OPTIONS, "/graphql")
        .header(ORIGIN, origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type")
}

#[tokio::test]
async fn pages_of_the_sites_that_are_named_may_read_and_others_may_not() {
    let app = TestApp::builder().origins(&[SITE, PORTAL]).start().await;
    let table = [
        (SITE, SITE),
        (PORTAL, PORTAL),
        ("https://site.example.evil", ""),
        ("http://site.example", ""),
        ("null", ""),
    ];
    for (origin, allowed) in table {
        let asked = app.post(DOCUMENT, &json!({})).header(ORIGIN, origin);
        let refused = app.post("{", &json!({})).header(ORIGIN, origin);
        for request in [asked, refused, preflight(&app, origin)] {
            let answer = Answer::of(request).await;
            assert_eq!(answer.header("access-control-allow-origin"), allowed);
            assert_eq!(answer.header("access-control-allow-credentials"), "");
            let vary = answer.headers.get_all("vary").iter();
            let vary: Vec<_> = vary.map(|value| value.to_str().unwrap()).collect();
            assert!(vary.join(",").contains("origin"), "{vary:?}");
        }
    }
    // The mobile app is no page.
    let answer = app.ask(DOCUMENT, json!({})).await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
    assert!(answer.data()["categories"].is_array());
}

#[tokio::test]
async fn what_a_page_can_send_unasked_is_not_executed() {
    let app = TestApp::start().await;
    // A form, and a fetch without a preflight, send these three types or none.
    for content_type in [
        "text/plain",
        "text/plain; application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ] {
        let request = app
            .request(Method::POST, "/graphql")
            .bearer_auth(TOKEN)
            .header(CONTENT_TYPE, content_type)
            .body(json!({"query": MUTATION}).to_string());
        refused(request, "UNSUPPORTED_MEDIA_TYPE", 415, 415).await;
    }
    let without = app
        .request(Method::POST, "/graphql")
        .bearer_auth(TOKEN)
        .body(json!({"query": MUTATION}).to_string());
    refused(without, "UNSUPPORTED_MEDIA_TYPE", 415, 415).await;
    // A link, an image, a form by GET.
    let link = app
        .request(Method::GET, "/graphql")
        .bearer_auth(TOKEN)
        .query(&[("query", MUTATION)]);
    refused(link, "MUTATION_OVER_GET", 405, 405).await;
    assert_eq!(app.head().0, 0, "nothing was purged");
}

#[tokio::test]
async fn every_answer_tells_browsers_to_be_careful() {
    let app = TestApp::start().await;
    for request in [
        app.post(DOCUMENT, &json!({})),
        app.post("{", &json!({})),
        app.request(Method::GET, "/nowhere"),
        app.request(Method::GET, "/healthz"),
        app.request(Method::GET, "/admin/cache/stats"),
        preflight(&app, SITE),
    ] {
        let answer = Answer::of(request).await;
        for (name, value) in security::HEADERS {
            assert_eq!(answer.header(name), value);
        }
    }
}

#[tokio::test]
async fn answers_are_packed_as_the_client_can_unpack_them() {
    let app = TestApp::start().await;
    let plain = app.ask(DOCUMENT, json!({})).await.text;
    for media in [GRAPHQL_RESPONSE, JSON] {
        for encoding in ["gzip", "br", "zstd"] {
            let request = app.post(DOCUMENT, &json!({}));
            let request = request
                .header(ACCEPT, media)
                .header(ACCEPT_ENCODING, encoding);
            let response = request.send().await.unwrap();
            let headers = response.headers().clone();
            assert_eq!(headers["content-encoding"], encoding, "{media}");
            assert!(headers["content-type"].to_str().unwrap().starts_with(media));
            let packed = response.bytes().await.unwrap();
            assert!(packed.len() < plain.len(), "{encoding}: {}", packed.len());
            assert_eq!(unpacked(encoding, &packed), plain, "{media} {encoding}");
        }
    }
}

fn unpacked(encoding: &str, packed: &[u8]) -> String {
    let mut text = String::new();
    match encoding {
        "gzip" => flate2::read::GzDecoder::new(packed).read_to_string(&mut text),
        "br" => brotli::Decompressor::new(packed, 4_096).read_to_string(&mut text),
        "zstd" => zstd::Decoder::new(packed)
            .unwrap()
            .read_to_string(&mut text),
        other => panic!("{other}"),
    }
    .unwrap();
    text
}
