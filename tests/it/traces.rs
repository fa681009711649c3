//! A request's trace goes from the client through the edge to what the origin waits for, and leads
//! from its log line and from the histogram to the same place.

use e2e::collector::{Collector, Span};
use e2e::{Answer, Ask, Durability, Options, Redis, Stack};
use serde_json::{Value, json};

use crate::{PARIS, leaked, near, venue};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CLIENT: &str = "00f067aa0ba902b7";

async fn stack(collector: &Collector, more: &[(&'static str, &'static str)]) -> (Stack, Redis) {
    let redis = Redis::start(Durability::Memory).await.unwrap();
    let mut origin = vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", leaked(collector.url.clone())),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ("OTEL_TRACES_SAMPLER_ARG", "0"),
        ("YOUSOON_LOG", "json"),
        ("YOUSOON_REDIS_URL", leaked(redis.url())),
    ];
    origin.extend_from_slice(more);
    let stack = Stack::start(Options {
        venues: vec![venue((48.8570, 2.3530), "thai")],
        origin,
        ..Options::default()
    });
    (stack.await.unwrap(), redis)
}

async fn ask(stack: &Stack, base: &str, ask: &Ask, traceparent: &str) -> Answer {
    let variables = ask.variables.to_string();
    let request = stack
        .client
        .get(format!("{base}/graphql/{}", ask.id))
        .query(&[("variables", variables.as_str())])
        .header("traceparent", traceparent)
        .header("graphql-client-name", "ios")
        .header("authorization", "Bearer geheim");
    Answer::read(request.send().await.unwrap()).await.unwrap()
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let found = spans.iter().find(|span| span.name == name);
    found.unwrap_or_else(|| panic!("no span {name}: {spans:#?}"))
}

#[tokio::test]
async fn a_request_through_the_edge_is_one_trace() {
    let collector = Collector::start().await.unwrap();
    let metrics = e2e::port::free().unwrap();
    let listen = leaked(format!("127.0.0.1:{metrics}"));
    let (stack, _redis) = stack(&collector, &[("YOUSOON_METRICS_LISTEN", listen)]).await;
    let question = near(&stack, PARIS);
    let parent = format!("00-{TRACE}-{CLIENT}-01");
    let answer = ask(&stack, &stack.edge_url, &question, &parent).await;
    assert_eq!(answer.status, 200, "{}", answer.text);

    let spans = collector
        .trace_with(|span| span.name == "request" && span.trace_id == TRACE)
        .await
        .unwrap();
    let [edge, request, cache, redis, sqlite] =
        ["edge", "request", "cache", "redis", "sqlite"].map(|name| named(&spans, name));
    assert_eq!(edge.parent_span_id, CLIENT);
    assert_eq!(request.parent_span_id, edge.span_id);
    assert_eq!(cache.parent_span_id, request.span_id);
    assert_eq!(cache.attribute("outcome").as_deref(), Some("filled"));
    assert_eq!(redis.attribute("db.operation.name").as_deref(), Some("get"));
    for below in [redis, sqlite] {
        assert_ne!(below.parent_span_id, "");
        assert!(below.times().0 >= request.times().0);
    }
    assert!(edge.times().0 <= request.times().0 && edge.times().1 >= request.times().1);
    let of_request = |name| request.attribute(name).unwrap_or_default();
    assert_eq!(of_request("graphql.operation.name"), "OffersNearby");
    assert_eq!(of_request("graphql.operation.type"), "query");
    assert_eq!(of_request("graphql.document.hash"), question.id);
    assert_eq!(of_request("http.response.status_code"), "200");

    // The log line of the request.
    let log = stack.origin_log();
    let lines = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let line = lines
        .into_iter()
        .find(|line: &Value| line["trace_id"] == TRACE && line["message"] == "answered")
        .unwrap_or_else(|| panic!("{log}"));
    assert_eq!(line["operation"], "OffersNearby");
    assert_eq!(line["outcome"], "ok");

    // The histogram leads to the trace.
    let metrics = stack.client.get(format!("http://{listen}/metrics"));
    let metrics = metrics.send().await.unwrap().text().await.unwrap();
    let bucket = metrics.lines().find(|line| {
        line.starts_with("yousoon_request_duration_seconds_bucket")
            && line.contains("operation=\"OffersNearby\"")
            && line.contains(&format!("trace_id=\"{TRACE}\""))
    });
    assert!(bucket.is_some(), "{metrics}");

    // Nothing of the client's is told: neither where it is nor who.
    for secret in ["48.8566", "2.3522", "geheim", "127.0.0.1"] {
        let told = collector.everything();
        assert!(!told.contains(secret), "{secret} in {told}");
    }
}

#[tokio::test]
async fn what_is_not_sampled_is_not_exported_unless_it_fails() {
    let collector = Collector::start().await.unwrap();
    let (stack, _redis) = stack(&collector, &[]).await;
    let question = near(&stack, PARIS);
    let unsampled = format!("00-{TRACE}-{CLIENT}-00");
    for base in [&stack.edge_url, &stack.origin_url] {
        assert_eq!(ask(&stack, base, &question, &unsampled).await.status, 200);
    }
    // The database is gone: what needs it fails.
    let broken = rusqlite::Connection::open(stack.database()).unwrap();
    broken
        .execute_batch("ALTER TABLE partners RENAME TO elsewhere")
        .unwrap();
    let partner = stack.ask("PartnerPage", json!({"id": "5f0000000000000000000001"}));
    let answer = ask(&stack, &stack.origin_url, &partner, &unsampled).await;
    assert_ne!(answer.code(), "", "{}", answer.text);
    let spans = collector
        .trace_with(|span| span.trace_id == TRACE)
        .await
        .unwrap();
    let [only] = spans.as_slice() else {
        panic!("{spans:#?}");
    };
    assert!(only.is_error());
    assert_eq!(only.parent_span_id, CLIENT);
    assert_eq!(
        only.attribute("graphql.operation.name").as_deref(),
        Some("PartnerPage")
    );
    assert_eq!(only.attribute("yousoon.outcome").as_deref(), Some("failed"));
}
