//! A request through the edge is found where an operator looks: as one trace in Jaeger, by its trace in
//! the log, and as the exemplar of a histogram.

use std::time::{SystemTime, UNIX_EPOCH};

use e2e::{Answer, Observed};
use serde_json::{Value, json};

const CLIENT: &str = "00f067aa0ba902b7";
/// In Lyon, where the traffic before does not look: no cache has it.
const LYON: (f64, f64) = (45.7640, 4.8357);

fn observed() -> Option<Observed> {
    let observed = Observed::given().unwrap();
    if observed.is_none() {
        println!(
            "skipped: `cargo xtask observe --check` starts Jaeger, Prometheus and VictoriaLogs"
        );
    }
    observed
}

/// An id that no other run has.
fn new_trace() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    // Its first digit is not 0, which Jaeger would leave out.
    format!("{:032x}", now.as_nanos() << 64 | 1)
}

/// The value of a tag, as text.
fn tag(span: &Value, key: &str) -> String {
    let tags = span["tags"].as_array().unwrap();
    let found = tags.iter().find(|tag| tag["key"] == key);
    found.map_or_else(String::new, |tag| match &tag["value"] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    })
}

#[tokio::test]
async fn a_request_is_found_as_a_trace_in_the_log_and_as_an_exemplar() {
    let Some(observed) = observed() else { return };
    let trace = new_trace();
    let question = observed.ask(
        "OffersNearby",
        json!({"location": {"lat": LYON.0, "lng": LYON.1}, "maxDistance": 5}),
    );
    let variables = question.variables.to_string();
    let request = observed
        .client
        .get(format!("{}/graphql/{}", observed.edge_url, question.id))
        .query(&[("variables", variables.as_str())])
        .header("traceparent", format!("00-{trace}-{CLIENT}-01"));
    let answer = Answer::read(request.send().await.unwrap()).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(!answer.is_hit(), "{}", answer.cache_status());

    // One trace, in which each span has its parent.
    let found = observed.trace(&trace, "request").await.unwrap();
    let [one] = found["data"].as_array().unwrap().as_slice() else {
        panic!("{found}");
    };
    let spans = one["spans"].as_array().unwrap();
    let named = |name: &str| {
        let span = spans.iter().find(|span| span["operationName"] == name);
        span.unwrap_or_else(|| panic!("no span {name}: {found}"))
    };
    let parent = |span: &Value| span["references"][0]["spanID"].clone();
    assert_eq!(parent(named("edge")), CLIENT);
    assert_eq!(parent(named("request")), named("edge")["spanID"]);
    assert_eq!(parent(named("cache")), named("request")["spanID"]);
    assert_eq!(tag(named("cache"), "outcome"), "filled");
    for (name, system) in [("redis", "redis"), ("sqlite", "sqlite")] {
        assert_eq!(tag(named(name), "db.system.name"), system);
    }
    for span in spans {
        let is_known = |id: &Value| spans.iter().any(|other| other["spanID"] == *id);
        let parent = parent(span);
        assert!(parent == CLIENT || is_known(&parent), "{span}");
    }
    let request = named("request");
    assert_eq!(tag(request, "graphql.operation.name"), "OffersNearby");
    assert_eq!(tag(request, "yousoon.outcome"), "ok");
    assert_eq!(one["processes"]["p1"]["serviceName"], "yousoon-origin");

    // Its log line.
    let query = format!("trace_id:={trace} _msg:=answered");
    let lines = observed.log_lines(&query).await;
    let lines = lines.unwrap();
    let [line] = lines.as_slice() else {
        panic!("{lines:?}");
    };
    assert_eq!(line["operation"], "OffersNearby");
    assert_eq!(line["outcome"], "ok");
    assert_eq!(line["app"], "origin");

    // The histogram leads to it.
    let query = r#"yousoon_request_duration_seconds_bucket{operation="OffersNearby",outcome="ok"}"#;
    let exemplars = observed.exemplars(query, &trace).await.unwrap();
    assert!(exemplars.contains(&trace));
}

#[tokio::test]
async fn prometheus_evaluates_every_rule() {
    let Some(observed) = observed() else { return };
    for rule in observed.rules().await.unwrap() {
        assert_eq!(rule["health"], "ok", "{rule}");
    }
}
