//! Rate limits, CORS and security headers, at edge and origin.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use e2e::{Answer, Ask, Fault, Options, Platform, Stack};
use pq_core::security;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::{PARIS, near, stack, venue, warm};

/// The header in which Cloudflare tells the worker the client's address. workerd alone does not
/// overwrite it, so tests can set it.
pub(crate) const CLOUDFLARE_SAYS: &str = "cf-connecting-ip";
const PER_IP: u32 = 5;

async fn limited() -> Stack {
    let origin = vec![
        ("YOUSOON_RATE_LIMITS", "on"),
        ("YOUSOON_RATE_LIMIT_PER_IP", "5"),
        ("YOUSOON_DOCUMENT_MODE", "off"),
    ];
    let options = Options {
        origin,
        ..Options::default()
    };
    Stack::start(options).await.unwrap()
}

/// A request that the edge forwards, because its document is not published.
fn forwarded(stack: &Stack, client: &str) -> RequestBuilder {
    let url = format!("{}/graphql", stack.edge_url);
    let request = stack.client.post(url).header(CLOUDFLARE_SAYS, client);
    request.json(&json!({"query": "{ __typename }"}))
}

async fn statuses(times: u32, request: impl Fn() -> RequestBuilder) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..times {
        statuses.push(request().send().await.unwrap().status().as_u16());
    }
    statuses
}

#[tokio::test]
async fn each_of_the_edges_clients_is_counted_for_itself() {
    let stack = limited().await;
    for client in ["192.0.2.1", "192.0.2.2"] {
        let seen = statuses(PER_IP + 1, || forwarded(&stack, client)).await;
        assert_eq!(seen, [200, 200, 200, 200, 200, 429], "{client}");
    }
    let refused = forwarded(&stack, "192.0.2.1").send().await.unwrap();
    let refused = Answer::read(refused).await.unwrap();
    assert_eq!(refused.code(), "RATE_LIMITED");
    assert_eq!(refused.header("ratelimit-policy"), r#""ip";q=5;w=60"#);
    assert!(!refused.header("retry-after").is_empty());
    // The edge removes its own headers from clients' requests.
    let forged = || {
        let request = forwarded(&stack, "192.0.2.1");
        request
            .header("yousoon-client-ip", "192.0.2.99")
            .header("yousoon-signature", "t=1,v1=00")
    };
    assert_eq!(statuses(2, forged).await, [429, 429]);
}

/// What the edge asks for itself is for everybody. It has a limit of its own, see below.
#[tokio::test]
async fn the_origin_does_not_count_shared_reads_of_the_edge() {
    let stack = limited().await;
    for number in 0..3 * PER_IP {
        // Each request is for another location, so each is a read at the origin.
        let place = json!({"location": {"lat": 48.0 + f64::from(number) / 10.0, "lng": 2.0}});
        let ask = stack.ask("OffersNearby", place);
        let answer = ask.get(&stack.client, &stack.edge_url).await.unwrap();
        assert_eq!(answer.status, 200, "{number}: {}", answer.text);
        assert!(!answer.is_hit());
        assert_eq!(answer.header("ratelimit"), "");
    }
    // Requests that reach the origin directly are rate limited.
    let ask = stack.ask(
        "OffersNearby",
        json!({"location": {"lat": 48.0, "lng": 2.0}}),
    );
    let mut last = 0;
    for _ in 0..=PER_IP {
        let answer = ask.get(&stack.client, &stack.origin_url).await.unwrap();
        last = answer.status;
    }
    assert_eq!(last, 429);
}

/// The platform's limiter counts by the minute of the clock. A test that counts begins when there is
/// enough left of it.
pub(crate) async fn early_in_a_minute() {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let second = since_epoch.as_secs() % 60;
    if second > 40 {
        tokio::time::sleep(Duration::from_secs(61 - second)).await;
    }
}

/// A stack whose edge has a rate limiter; `rate_limit` is how much it admits.
async fn limited_at_the_edge(rate_limit: u32) -> Stack {
    let options = Options {
        venues: vec![venue(PARIS, "thai")],
        origin: vec![
            ("YOUSOON_RATE_LIMITS", "on"),
            ("YOUSOON_RATE_LIMIT_PER_IP", "5"),
        ],
        platform: Platform {
            rate_limit: Some(rate_limit),
            ..Platform::default()
        },
        ..Options::default()
    };
    Stack::start(options).await.unwrap()
}

async fn read_for(stack: &Stack, client: &str, ask: &Ask) -> Answer {
    let url = format!("{}/graphql/{}", stack.edge_url, ask.id);
    let variables = ask.variables.to_string();
    let request = stack.client.get(url).query(&[("variables", variables)]);
    let request = request.header(CLOUDFLARE_SAYS, client);
    Answer::read(request.send().await.unwrap()).await.unwrap()
}

/// A place for each number: nobody has asked for what is near there.
fn elsewhere(stack: &Stack, number: u32) -> Ask {
    near(stack, (40.0 + f64::from(number) / 10.0, 2.0))
}

#[tokio::test]
async fn what_a_client_makes_the_edge_ask_the_origin_for_is_limited() {
    let stack = limited_at_the_edge(3).await;
    let known = near(&stack, PARIS);
    // For another address.
    warm(&stack, &known).await;
    early_in_a_minute().await;
    let mut places = 0..;
    for _ in 0..3 {
        let ask = elsewhere(&stack, places.next().unwrap());
        let missed = read_for(&stack, "192.0.2.1", &ask).await;
        assert_eq!(missed.status, 200, "{}", missed.text);
        assert!(!missed.is_hit());
        // What it has been asked for is a hit, and hits are not counted.
        let hit = read_for(&stack, "192.0.2.1", &ask).await;
        assert!(hit.is_hit(), "{}", hit.cache_status());
    }
    let reads = stack.to_origin.reads();
    let unknown = elsewhere(&stack, places.next().unwrap());
    let refused = read_for(&stack, "192.0.2.1", &unknown).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (429, "RATE_LIMITED")
    );
    assert_eq!(refused.header("retry-after"), "10");
    assert!(refused.header("cache-control").contains("no-store"));
    assert_eq!(stack.to_origin.reads(), reads, "the origin was asked");
    assert!(read_for(&stack, "192.0.2.1", &known).await.is_hit());
    // A client that guesses hashes makes the edge ask whether they are published.
    let guessed = Ask {
        id: "0".repeat(64),
        ..known.clone()
    };
    assert_eq!(read_for(&stack, "192.0.2.1", &guessed).await.status, 429);
    let guessed = read_for(&stack, "192.0.2.2", &guessed).await;
    assert_eq!(guessed.code(), "PERSISTED_QUERY_NOT_FOUND");

    // Others are not affected. An IPv6 client is its /64 network.
    assert_eq!(read_for(&stack, "192.0.2.3", &unknown).await.status, 200);
    for (client, expected) in [
        ("2001:db8::1", 200),
        ("2001:db8::2", 200),
        ("2001:db8::3", 200),
        ("2001:db8::4", 429),
        ("2001:db8:0:1::1", 200),
    ] {
        let ask = elsewhere(&stack, places.next().unwrap());
        let answer = read_for(&stack, client, &ask).await;
        assert_eq!(answer.status, expected, "{client}");
    }

    // The origin counts what is forwarded, and the edge does not: it would admit three.
    let private = stack.ask("Me", json!({}));
    let body = json!({"documentId": private.id});
    let forwarded = || {
        let request = stack.client.post(format!("{}/graphql", stack.edge_url));
        request.header(CLOUDFLARE_SAYS, "192.0.2.4").json(&body)
    };
    let seen = statuses(PER_IP + 1, forwarded).await;
    assert_eq!(seen, [401, 401, 401, 401, 401, 429]);
    let by_the_origin = Answer::read(forwarded().send().await.unwrap())
        .await
        .unwrap();
    assert_eq!(shape(&by_the_origin), shape(&refused));
}

/// A refusal without its sentence.
fn shape(refused: &Answer) -> Value {
    let mut body = refused.json();
    let message = body["errors"][0]["message"].take();
    assert!(message.is_string(), "{}", refused.text);
    body
}

#[tokio::test]
async fn a_client_over_the_limit_still_gets_what_is_stored_and_valid() {
    let stack = limited_at_the_edge(3).await;
    let known = near(&stack, PARIS);
    let before = warm(&stack, &known).await;
    // Without the feed the edge distrusts its copy of the log after 5 s, and asks the origin.
    stack.to_edge.shut();
    tokio::time::sleep(Duration::from_millis(6_500)).await;
    early_in_a_minute().await;
    for number in 0..3 {
        let elsewhere = elsewhere(&stack, number);
        assert_eq!(read_for(&stack, "192.0.2.1", &elsewhere).await.status, 200);
    }
    let covered = read_for(&stack, "192.0.2.1", &known).await;
    assert_eq!((covered.status, &covered.text), (200, &before.text));
    let status = covered.cache_status();
    assert!(status.ends_with("; detail=rate-limited"), "{status}");
}

#[tokio::test]
async fn a_limiter_that_fails_or_never_answers_refuses_nobody() {
    const SOON: Duration = Duration::from_secs(1);
    for fault in [Fault::Rejects, Fault::Hangs] {
        let stack = Stack::start(Options {
            platform: Platform {
                limiter_fault: Some(fault),
                ..Platform::default()
            },
            ..Options::default()
        })
        .await
        .unwrap();
        for number in 0..3 {
            let began = Instant::now();
            let answer = read_for(&stack, "192.0.2.1", &elsewhere(&stack, number)).await;
            let took = began.elapsed();
            assert_eq!(answer.status, 200, "{fault:?}: {}", answer.text);
            assert!(took < SOON, "{fault:?}: {took:?}");
        }
    }
}

#[tokio::test]
async fn scripts_of_the_allowed_sites_may_read_answers_of_edge_and_origin() {
    const SITE: &str = "https://site.example";
    let stack = Stack::start(Options {
        origin: vec![("YOUSOON_SITE_ORIGINS", SITE)],
        edge: vec![("ALLOWED_ORIGINS", SITE)],
        ..Options::default()
    })
    .await
    .unwrap();
    let ask = near(&stack, PARIS);
    warm(&stack, &ask).await;
    for base in [&stack.edge_url, &stack.origin_url] {
        for (origin, allowed) in [(SITE, SITE), ("https://other.example", "")] {
            let hit = stack
                .client
                .get(format!("{base}/graphql/{}", ask.id))
                .query(&[("variables", ask.variables.to_string())]);
            let refused = stack.client.get(format!("{base}/graphql"));
            let preflight = stack
                .client
                .request(reqwest::Method::OPTIONS, format!("{base}/graphql"))
                .header("access-control-request-method", "POST");
            for request in [hit, refused, preflight] {
                let request = request.header("origin", origin);
                let answer = Answer::read(request.send().await.unwrap()).await.unwrap();
                let header = answer.header("access-control-allow-origin");
                assert_eq!(header, allowed, "{base} {origin} {}", answer.status);
            }
        }
    }
}

#[tokio::test]
async fn every_answer_of_edge_and_origin_has_the_security_headers() {
    let stack = stack().await;
    let ask = near(&stack, PARIS);
    for base in [&stack.edge_url, &stack.origin_url] {
        let answers = [
            // A miss, a hit, a refusal, and a forwarded answer.
            ask.get(&stack.client, base).await.unwrap(),
            ask.get(&stack.client, base).await.unwrap(),
            stack
                .ask("OfferDetail", json!({}))
                .get(&stack.client, base)
                .await
                .unwrap(),
            stack
                .ask("Purge", json!({"input": {"all": true, "reason": "x"}}))
                .post(&stack.client, base, "nobody")
                .await
                .unwrap(),
        ];
        for answer in answers {
            let is_shared_read = answer.cache_status().starts_with("yousoon-edge; ")
                && !answer.cache_status().contains("fwd=bypass");
            let expected: &[(&str, &str)] = if is_shared_read {
                &[security::NO_SNIFFING]
            } else {
                &security::HEADERS
            };
            for (name, value) in expected {
                assert_eq!(answer.header(name), *value, "{base}: {}", answer.text);
            }
        }
    }
}
