//! How well the caches do: for people and for Prometheus.

use std::{collections::HashMap, net::Ipv4Addr, time::Duration};

use pq_core::DocumentHash;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use yousoon::{metrics, server::Background};

use crate::{
    app::{Answer, TestApp},
    fixtures::{offer, store},
};

const OFFER: &str = "query Detail($id: ID!) { offer(id: $id) { title partner { name } } }";
const UNPUBLISHED: &str = "query A { categories { id } }";

/// Three questions for one offer, one for the categories, and a second server's for the offer.
async fn fill(app: &TestApp) {
    store(app, "a", vec![offer("a", 0)]).await;
    app.publish(&[OFFER]).await;
    for _ in 0..3 {
        app.ask(OFFER, json!({"id": offer("a", 0).id})).await.data();
    }
    app.ask(UNPUBLISHED, json!({})).await.data();
}

async fn stats(app: &TestApp) -> Value {
    let answer = Answer::of(app.admin(Method::GET, "/admin/cache/stats")).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.json()
}

#[tokio::test]
async fn stats_count_by_document_and_the_most_asked_is_first() {
    let app = TestApp::start().await;
    fill(&app).await;
    let stats = stats(&app).await;
    let documents = stats["documents"].as_array().unwrap();
    assert_eq!(documents.len(), 2);
    let first = &documents[0];
    assert_eq!(first["document"], DocumentHash::of(OFFER).to_string());
    assert_eq!(
        (&first["operation"], &first["requests"]),
        (&json!("Detail"), &json!(3))
    );
    assert!((first["hitRate"].as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-9);
    assert_eq!(
        first["outcomes"],
        json!({"l1": 2, "l2": 0, "stale": 0, "filled": 1, "collapsed": 0, "unshared": 0,
            "covered": 0, "failed": 0})
    );
    assert_eq!(
        (&documents[1]["operation"], &documents[1]["hitRate"]),
        (&Value::Null, &json!(0.0))
    );
    assert_eq!(stats["answers"]["entries"], 2);
    assert!(stats["answers"]["bytes"].as_u64().unwrap() > 500);
    let partner = &stats["entities"][1];
    assert_eq!(
        [
            &partner["kind"],
            &partner["entries"],
            &partner["miss"],
            &partner["l1"]
        ],
        [&json!("partner"), &json!(1), &json!(1), &json!(0)]
    );
    assert_eq!(stats["redis"], Value::Null);
    assert_eq!(stats["log"]["trusted"], true);
}

#[tokio::test]
async fn stats_tell_of_redis_and_of_one_that_is_gone() {
    if let Some(reason) = e2e::redis::cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let mut redis = e2e::Redis::start(e2e::Durability::Memory).await.unwrap();
    // A busy machine is no outage.
    let builder = TestApp::builder().redis(&redis.url());
    let app = builder.redis_within(Duration::from_secs(2)).start().await;
    let alive = stats(&app).await;
    assert_eq!(alive["redis"]["circuitOpen"], false);
    assert!(alive["redis"]["server"]["bytes"].as_u64().unwrap() > 100_000);
    redis.kill().await.unwrap();
    let mut gone = stats(&app).await;
    for _ in 0..3 {
        gone = stats(&app).await;
    }
    assert_eq!(gone["redis"]["circuitOpen"], true);
    assert_eq!(gone["redis"]["server"], Value::Null);
    assert!(gone["redis"]["error"].as_str().unwrap().contains("Redis"));
}

async fn scrape(app: &TestApp) -> String {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .unwrap();
    let url = format!("http://{}/metrics", listener.local_addr().unwrap());
    let stop = tokio_util::sync::CancellationToken::new();
    let serving = tokio::spawn(metrics::serve(listener, app.state.clone(), stop.clone()));
    let answer = app.client.get(url).send().await.unwrap();
    assert_eq!(
        answer.headers()["content-type"],
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    let text = answer.text().await.unwrap();
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(5), serving)
        .await
        .expect("it stops when it is told")
        .unwrap();
    text
}

#[tokio::test]
async fn a_scrape_tells_of_answers_caches_log_and_relays() {
    let app = TestApp::builder().edge("http://127.0.0.1:1").start().await;
    fill(&app).await;
    let body = json!({"all": true, "reason": "a test"});
    app.admin_post("/admin/purge", &body).await;
    let text = scrape(&app).await;
    let hash = DocumentHash::of(OFFER);
    for line in [
        &format!(r#"yousoon_answers_total{{document="{hash}",operation="Detail",outcome="l1"}} 2"#),
        &format!(
            r#"yousoon_answers_total{{document="{hash}",operation="Detail",outcome="filled"}} 1"#
        ),
        r#"yousoon_cache_lookups_total{cache="partner",outcome="miss"} 1"#,
        "yousoon_purge_log_head 1",
        r#"yousoon_relay_connected{edge="http://127.0.0.1:1"} 0"#,
        r#"yousoon_relay_last_confirmed_timestamp_milliseconds{edge="http://127.0.0.1:1"} 0"#,
        "# EOF",
    ] {
        assert!(text.lines().any(|known| known == line), "{line}: {text}");
    }
    assert!(
        !text.contains("yousoon_purge_log_age_milliseconds -1"),
        "{text}"
    );
    let through_the_door = Answer::of(app.request(Method::GET, "/metrics")).await;
    assert_eq!(
        through_the_door.status.as_u16(),
        404,
        "not where the ingress leads"
    );
}

/// Names, types and labels as `docs/metrics.md` has them.
#[tokio::test]
async fn every_metric_is_on_the_page_as_it_is() {
    let page = include_str!("../../../../docs/metrics.md");
    let rows: HashMap<&str, Vec<&str>> = page
        .lines()
        .filter_map(|line| {
            let (name, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
            Some((name, rest.split(" | ").collect()))
        })
        .collect();
    let app = TestApp::builder().edge("http://127.0.0.1:1").start().await;
    fill(&app).await;
    app.ask(OFFER, json!({})).await;
    let text = scrape(&app).await;
    for line in [
        r#"yousoon_request_errors_total{operation="Detail",code="VARIABLE_MISSING"} 1"#,
        r#"yousoon_request_duration_seconds_count{operation="Detail",outcome="ok"} 3"#,
        r#"yousoon_request_duration_seconds_count{operation="Detail",outcome="refused"} 1"#,
        r#"yousoon_request_duration_seconds_count{operation="others",outcome="ok"} 1"#,
        "yousoon_requests_in_flight 0",
    ] {
        assert!(text.lines().any(|known| known == line), "{line}: {text}");
    }
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(described) = line.strip_prefix("# TYPE ") {
            let (name, kind) = described.split_once(' ').unwrap();
            let name = match kind {
                "counter" => format!("{name}_total"),
                _ => name.to_owned(),
            };
            let row = rows.get(name.as_str());
            let row = row.unwrap_or_else(|| panic!("{name} is not on the page"));
            assert_eq!(row[0], kind, "{name}");
        }
        if line.starts_with('#') {
            continue;
        }
        let end = line.find(['{', ' ']).unwrap();
        let (name, rest) = line.split_at(end);
        let name = ["_bucket", "_count", "_sum"]
            .iter()
            .find_map(|part| {
                rows.keys()
                    .find(|row| name.strip_suffix(part) == Some(**row))
            })
            .copied()
            .unwrap_or(name);
        let row = rows
            .get(name)
            .unwrap_or_else(|| panic!("{name} is not on the page"));
        let labels = rest
            .split('}')
            .next()
            .unwrap_or_default()
            .trim_start_matches('{');
        let labels = labels
            .split("\",")
            .filter_map(|label| Some(label.split_once('=')?.0));
        for label in labels.filter(|label| *label != "le") {
            let listed: Vec<&str> = row[1].split(", ").collect();
            assert!(
                listed.contains(&label),
                "{name} has the label {label}: {line}"
            );
        }
    }
    assert!(text.contains("yousoon_request_duration_seconds_bucket{"));
    assert!(text.contains("yousoon_sqlite_work_seconds_count{"));
}

#[tokio::test]
async fn a_relay_that_is_taken_says_so() {
    use std::sync::atomic::{AtomicBool, Ordering};

    use axum::{Router, body::Bytes, routing::post};
    use edge_core::feed::{Append, AppendReply, FeedState};

    static TAKEN: AtomicBool = AtomicBool::new(false);

    async fn take(body: Bytes) -> String {
        let append: Append = serde_json::from_slice(&body).unwrap();
        assert!(append.takes_tally && append.takes_usage);
        let now_ms = append.sent_at_ms;
        let state = FeedState::default().accept(&append, now_ms).unwrap().state;
        let row = |outcome, source, ages| {
            json!({"document": DocumentHash::of(OFFER), "operation": "Detail", "outcome": outcome,
                "source": source, "requests": 3, "age_ms": 4_500, "ages": ages})
        };
        let tally = vec![
            row("hit", "memory", [1, 2, 0, 0, 0, 0, 0, 0, 0]),
            row("stale", "memory", [0, 0, 0, 0, 0, 0, 0, 0, 3]),
            row("failed", "none", [0; 9]),
            // Of an edge that is newer.
            row("teleported", "moon", [0; 9]),
        ];
        let is_first = !TAKEN.swap(true, Ordering::Relaxed);
        let reply = AppendReply {
            position: state.answer(),
            tally: if is_first { tally } else { vec![] },
            usage: vec![],
        };
        serde_json::to_string(&reply).unwrap()
    }
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let routes = Router::new().route("/_yousoon/purge-log", post(take));
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    let app = TestApp::builder().edge(&url).start().await;
    let background = Background::start(&app.state).unwrap();
    let began = std::time::Instant::now();
    let connected = format!(r#"yousoon_relay_connected{{edge="{url}"}} 1"#);
    let mut text = scrape(&app).await;
    while !text.contains(&connected) {
        assert!(began.elapsed() < Duration::from_secs(5), "{text}");
        tokio::time::sleep(Duration::from_millis(20)).await;
        text = scrape(&app).await;
    }
    let hash = DocumentHash::of(OFFER);
    let of = format!(r#"edge="{url}",document="{hash}",operation="Detail""#);
    for line in [
        format!(r#"yousoon_edge_requests_total{{{of},outcome="hit",tier="memory"}} 3"#),
        format!(r#"yousoon_edge_requests_total{{{of},outcome="stale",tier="memory"}} 3"#),
        format!(r#"yousoon_edge_requests_total{{{of},outcome="failed",tier="none"}} 3"#),
        format!(r#"yousoon_edge_age_seconds_sum{{{of},tier="memory"}} 9.0"#),
        format!(r#"yousoon_edge_age_seconds_count{{{of},tier="memory"}} 6"#),
        format!(r#"yousoon_edge_age_seconds_bucket{{le="5.0",{of},tier="memory"}} 3"#),
        format!(r#"yousoon_edge_age_seconds_bucket{{le="+Inf",{of},tier="memory"}} 6"#),
    ] {
        assert!(text.lines().any(|known| known == line), "{line}: {text}");
    }
    assert!(!text.contains("teleported"), "{text}");
    let at_ms = app.state.relays[0].confirmed_at_ms();
    assert_eq!(at_ms, crate::fixtures::NOW_MS.unsigned_abs());
    background.stop().await;
}

#[tokio::test]
async fn a_request_is_counted_however_it_ends() {
    let observe = |what| assert_ne!(what, "offers.by_ids", "a defect");
    let app = TestApp::builder().observer(observe).start().await;
    store(&app, "a", vec![offer("a", 0)]).await;
    let panics = "query A($id: ID!) { offer(id: $id) { id } offers(input: {}) { totalCount } }";
    app.ask(panics, json!({"id": offer("a", 0).id})).await;
    let refused = "query A { offers(input: {first: 100000}) { totalCount } }";
    app.ask(refused, json!({})).await;
    // A client that goes before it has sent everything.
    let mut stream = tokio::net::TcpStream::connect(app.url.trim_start_matches("http://"))
        .await
        .unwrap();
    let head = b"POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\
        content-length: 100\r\n\r\n{";
    stream.write_all(head).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(scrape(&app).await.contains("yousoon_requests_in_flight 1"));
    drop(stream);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let text = scrape(&app).await;
    for line in [
        r#"yousoon_request_errors_total{operation="others",code="INTERNAL"} 1"#,
        r#"yousoon_request_errors_total{operation="others",code="PAGE_SIZE_OUT_OF_RANGE"} 1"#,
        "yousoon_requests_in_flight 0",
    ] {
        assert!(text.lines().any(|known| known == line), "{line}: {text}");
    }
    let failed = r#"yousoon_request_duration_seconds_count{operation="others",outcome="failed"} 1"#;
    assert!(text.contains(failed), "{text}");
}
