//! How much anybody may ask: counted for the right one, by all servers together, whatever fails.

mod counting;

use edge_core::{
    header::{CLIENT_IP, SIGNATURE},
    proof::{self, OnBehalfOf},
};
use reqwest::{Client, Method, RequestBuilder, header::ACCEPT};
use serde_json::json;

use crate::{
    app::{Answer, EDGE_SECRET, GRAPHQL_RESPONSE, JSON, TOKEN, TestApp},
    fixtures::NOW_MS,
};

const DOCUMENT: &str = "query A { categories { id } }";
const PER_IP: u32 = 3;
const PER_USER: u32 = 5;

async fn limited() -> TestApp {
    TestApp::builder()
        .rate_limits(PER_IP, PER_USER)
        .start()
        .await
}

fn ask(app: &TestApp) -> RequestBuilder {
    app.post(DOCUMENT, &json!({}))
}

/// How many of `tries` are answered; the others are refused as too many, and as nothing else.
async fn answered(tries: u32, request: impl Fn(u32) -> RequestBuilder) -> u32 {
    let mut answered = 0;
    for number in 0..tries {
        let answer = Answer::of(request(number)).await;
        match answer.status.as_u16() {
            200 => answered += 1,
            429 => assert_eq!(answer.code(), "RATE_LIMITED"),
            other => panic!("{other}: {}", answer.text),
        }
    }
    answered
}

/// As the edge hands on a client's request.
pub(crate) fn handed_on(request: RequestBuilder, secret: &[u8], ip: &str) -> RequestBuilder {
    handed_on_at(request, secret, ip, NOW_MS)
}

pub(crate) fn handed_on_at(
    request: RequestBuilder,
    secret: &[u8],
    ip: &str,
    at_ms: i64,
) -> RequestBuilder {
    let whom = OnBehalfOf::Client(ip.parse().unwrap());
    let signature = proof::sign(secret, whom, at_ms.unsigned_abs());
    request.header(CLIENT_IP, ip).header(SIGNATURE, signature)
}

#[tokio::test]
async fn one_request_too_many_is_refused_in_words_that_programs_understand() {
    let app = limited().await;
    let first = Answer::of(ask(&app)).await;
    assert_eq!(first.header("ratelimit-policy"), r#""ip";q=3;w=60"#);
    assert_eq!(first.header("ratelimit"), r#""ip";r=2;t=20"#);
    assert_eq!(first.header("retry-after"), "");
    assert_eq!(answered(PER_IP, |_| ask(&app)).await, PER_IP - 1);
    for media in [GRAPHQL_RESPONSE, JSON] {
        let refused = Answer::of(ask(&app).header(ACCEPT, media)).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code().as_str()),
            (429, "RATE_LIMITED")
        );
        assert!(refused.header("content-type").starts_with(media));
        assert_eq!(refused.header("cache-control"), "no-store");
        assert_eq!(refused.header("access-control-allow-origin"), "*");
        assert_eq!(refused.header("ratelimit"), r#""ip";r=0;t=60"#);
        let retry_after_s: u64 = refused.header("retry-after").parse().unwrap();
        assert!((1..=20).contains(&retry_after_s), "{retry_after_s}");
    }
}

#[tokio::test]
async fn each_address_has_its_own() {
    let app = limited().await;
    let from = |ip: [u8; 4]| {
        let client = Client::builder().local_address(std::net::IpAddr::from(ip));
        client.build().unwrap()
    };
    for client in [from([127, 0, 0, 2]), from([127, 0, 0, 3])] {
        let ask = |_| {
            let url = format!("{}/graphql", app.url);
            client.post(url).json(&json!({"query": DOCUMENT}))
        };
        assert_eq!(answered(PER_IP + 2, ask).await, PER_IP);
    }
}

#[tokio::test]
async fn a_stranger_does_not_choose_whom_it_is_counted_for() {
    let ways: [fn(RequestBuilder, u32) -> RequestBuilder; 5] = [
        |request, number| request.header("x-forwarded-for", format!("192.0.2.{number}")),
        |request, number| request.header("cf-connecting-ip", format!("192.0.2.{number}")),
        |request, number| request.header(CLIENT_IP, format!("192.0.2.{number}")),
        |request, number| handed_on(request, b"a-guess-0123456789", &format!("192.0.2.{number}")),
        // Else each new word would be a new user.
        |request, number| request.bearer_auth(format!("a guess {number}")),
    ];
    for way in ways {
        let app = limited().await;
        let ask = |number| way(ask(&app), number);
        assert_eq!(answered(PER_IP + 3, ask).await, PER_IP);
    }
}

#[tokio::test]
async fn the_edge_says_whose_request_it_hands_on() {
    let app = limited().await;
    for ip in ["192.0.2.1", "192.0.2.2", "2001:db8::1"] {
        let ask = |_| handed_on(ask(&app), EDGE_SECRET, ip);
        assert_eq!(answered(PER_IP + 2, ask).await, PER_IP, "{ip}");
    }
    // Of the network that is used up already.
    let neighbour = |_| handed_on(ask(&app), EDGE_SECRET, "2001:db8::2");
    assert_eq!(answered(1, neighbour).await, 0);
    // Seen somewhere, and sent again later: the connection counts.
    let old = NOW_MS.unsigned_abs() - 60_000;
    let signature = proof::sign(EDGE_SECRET, OnBehalfOf::Everybody, old);
    let replayed = |_| ask(&app).header(SIGNATURE, &signature);
    assert_eq!(answered(PER_IP + 2, replayed).await, PER_IP);
}

/// E3.
#[tokio::test]
async fn a_client_with_many_ipv6_networks_is_stopped_and_its_neighbours_are_not() {
    let app = limited().await;
    let from = |network: &'static str| {
        let app = &app;
        move |number: u32| {
            handed_on(
                ask(app),
                EDGE_SECRET,
                &format!("{network}{:x}::1", number + 1),
            )
        }
    };
    assert_eq!(answered(30, from("2001:db8:1:")).await, 8 * PER_IP);
    assert_eq!(answered(10, from("2001:db8:2:")).await, 10);
    let policy = Answer::of(from("2001:db8:3:")(1)).await;
    assert_eq!(
        policy.header("ratelimit-policy"),
        r#""ip";q=3;w=60, "ip-56";q=24;w=60, "ip-48";q=192;w=60"#
    );
}

#[tokio::test]
async fn what_the_edge_reads_for_everybody_is_counted_for_nobody() {
    let app = limited().await;
    let signature = proof::sign(EDGE_SECRET, OnBehalfOf::Everybody, NOW_MS.unsigned_abs());
    let tries = 3 * PER_IP;
    let shared = |_| ask(&app).header(SIGNATURE, &signature);
    assert_eq!(answered(tries, shared).await, tries);
    let answer = Answer::of(shared(0)).await;
    assert_eq!(answer.header("ratelimit"), "");
    // The same signature with a client's address is not the edge's own request.
    let coloured = |_| shared(0).header(CLIENT_IP, "192.0.2.1");
    assert_eq!(answered(tries, coloured).await, PER_IP);
}

#[tokio::test]
async fn a_signed_in_user_has_a_larger_limit_that_counts_in_every_network() {
    let app = limited().await;
    assert_eq!(answered(PER_IP + 1, |_| ask(&app)).await, PER_IP);
    let signed_in = |number| {
        let request = ask(&app).bearer_auth(TOKEN);
        handed_on(request, EDGE_SECRET, &format!("192.0.2.{number}"))
    };
    let first = Answer::of(signed_in(0)).await;
    assert_eq!(first.header("ratelimit-policy"), r#""user";q=5;w=60"#);
    assert_eq!(answered(PER_USER + 2, signed_in).await, PER_USER - 1);
}

#[tokio::test]
async fn guesses_at_the_service_token_are_counted() {
    let app = limited().await;
    let mut statuses = Vec::new();
    for number in 0..PER_IP + 2 {
        let guess = app
            .request(Method::GET, "/admin/cache/stats")
            .bearer_auth(format!("guess-{number}"));
        statuses.push(Answer::of(guess).await.status.as_u16());
    }
    assert_eq!(statuses, [401, 401, 401, 429, 429]);
    let known = app.admin(Method::GET, "/admin/cache/stats");
    assert_eq!(Answer::of(known).await.status.as_u16(), 200);
}

#[tokio::test]
async fn nothing_is_counted_when_limits_are_off() {
    let app = TestApp::start().await;
    assert_eq!(answered(120, |_| ask(&app)).await, 120);
    assert_eq!(Answer::of(ask(&app)).await.header("ratelimit-policy"), "");
}
