use std::time::Duration;

use axum::{Router, response::Redirect, routing};
use domain::messages::provider::SendError;
use reqwest::Method;
use url::Url;

use crate::{MOST_BYTES, Mode, Provider, may_be_called};

async fn provider(router: Router) -> Provider {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/base/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let timeout = Duration::from_millis(300);
    Provider::new(&base.parse().unwrap(), Mode::Development, timeout).unwrap()
}

#[test]
fn http_is_for_loopback_in_development() {
    for (url, production, development) in [
        ("https://api.twilio.com", true, true),
        ("http://127.0.0.1:1/ses", false, true),
        ("http://[::1]:1/", false, true),
        ("http://localhost:1/", false, true),
        ("http://10.0.0.1/", false, false),
        ("http://localhost.example.com/", false, false),
        ("ftp://127.0.0.1/", false, false),
    ] {
        let parsed: Url = url.parse().unwrap();
        assert_eq!(
            may_be_called(&parsed, Mode::Production),
            production,
            "{url}"
        );
        assert_eq!(
            may_be_called(&parsed, Mode::Development),
            development,
            "{url}"
        );
    }
}

#[test]
fn an_address_without_https_or_with_more_than_a_path_is_refused() {
    for url in [
        "http://127.0.0.1/",
        "https://a:b@example.com/",
        "https://example.com/?a=1",
    ] {
        let url = url.parse().unwrap();
        let error = Provider::new(&url, Mode::Production, Duration::from_secs(1)).unwrap_err();
        assert!(!error.to_string().contains("a:b"), "{error}");
    }
}

#[tokio::test]
async fn parts_of_a_path_are_escaped() {
    let provider = provider(Router::new()).await;
    let url = provider.url(&["Accounts", "a/../b", "Messages.json"]);
    assert_eq!(url.path(), "/base/Accounts/a%2F..%2Fb/Messages.json");
}

#[tokio::test]
async fn a_long_answer_a_silence_and_a_broken_door_are_later() {
    let router = Router::new()
        .route(
            "/base/long",
            routing::get(|| async { "a".repeat(MOST_BYTES + 1) }),
        )
        .route(
            "/base/silence",
            routing::get(|| async { tokio::time::sleep(Duration::from_mins(1)).await }),
        );
    let provider = provider(router).await;
    for (path, expected) in [("long", "the answer is too long"), ("silence", "timed out")] {
        let request = provider.request(Method::GET, provider.url(&[path]));
        let error = provider.send(request).await.unwrap_err();
        let SendError::Later { why, .. } = error else {
            panic!("{error:?}");
        };
        assert_eq!(why, expected);
    }
    let nobody: Url = "http://127.0.0.1:9/".parse().unwrap();
    let nobody = Provider::new(&nobody, Mode::Development, Duration::from_secs(1)).unwrap();
    let request = nobody.request(Method::GET, nobody.url(&["x"]));
    let error = nobody.send(request).await.unwrap_err();
    assert_eq!(error.to_string(), "not now: cannot connect");
}

#[tokio::test]
async fn redirects_are_answers() {
    let router = Router::new().route(
        "/base/moved",
        routing::get(|| async { Redirect::permanent("http://127.0.0.1:9/") }),
    );
    let provider = provider(router).await;
    let request = provider.request(Method::GET, provider.url(&["moved"]));
    let answer = provider.send(request).await.unwrap();
    assert_eq!(answer.status, 308);
    assert!(answer.later().is_none());
}
