//! Rate limits, CORS and security headers, at edge and origin.

use e2e::{Answer, Options, Stack};
use pq_core::security;
use reqwest::RequestBuilder;
use serde_json::json;

use crate::{PARIS, near, stack, warm};

/// The header in which Cloudflare tells the worker the client's address. workerd alone does not
/// overwrite it, so tests can set it.
const CLOUDFLARE_SAYS: &str = "cf-connecting-ip";
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

#[tokio::test]
async fn shared_reads_of_the_edge_are_not_rate_limited() {
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
