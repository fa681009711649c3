//! The relay against an edge that keeps the feed as the Durable Object does.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use cache_core::{LogId, PurgeKind, PurgeRecord, Revision};
use cache_tiered::{Link, Metrics, NewRecord, RedisLog};
use domain::purges::PendingPurge as Entry;
use edge_core::{
    announced::Announced,
    feed::{Append, CONTEXT, FeedState},
};
use tokio::time::{Instant, sleep};
use yousoon::{server::Background, state::AppState};

use crate::{
    app::{Builder, EDGE_SECRET, TestApp},
    fixtures::NOW_MS,
};

#[derive(Default)]
struct Edge {
    state: FeedState,
    records: Vec<PurgeRecord>,
    appends: usize,
    /// Answers that are refused before the next one is taken.
    failures: usize,
}

type Shared = Arc<Mutex<Edge>>;

async fn append(
    State(edge): State<Shared>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let mut edge = edge.lock().unwrap();
    if edge.failures > 0 {
        edge.failures -= 1;
        return (StatusCode::SERVICE_UNAVAILABLE, String::new());
    }
    let now_ms = NOW_MS.unsigned_abs();
    let [signature, announcement] =
        ["yousoon-signature", "yousoon-body"].map(|name| headers[name].to_str().unwrap());
    let announced = Announced::verify(EDGE_SECRET, signature, announcement, CONTEXT, now_ms);
    if !announced.is_ok_and(|announced| announced.is(&body)) {
        return (StatusCode::UNAUTHORIZED, String::new());
    }
    edge.appends += 1;
    let append: Append = serde_json::from_slice(&body).unwrap();
    let Ok(accepted) = edge.state.accept(&append, now_ms) else {
        return (
            StatusCode::CONFLICT,
            serde_json::to_string(&edge.state.answer()).unwrap(),
        );
    };
    let (reset, records, state) = (accepted.reset, accepted.records.to_vec(), accepted.state);
    if reset {
        edge.records.clear();
    }
    edge.records.extend(records);
    edge.state = state;
    (
        StatusCode::OK,
        serde_json::to_string(&edge.state.answer()).unwrap(),
    )
}

async fn start(edge: &Shared) -> TestApp {
    start_with(TestApp::builder(), edge).await
}

async fn start_with(builder: Builder, edge: &Shared) -> TestApp {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let routes = Router::new()
        .route("/_yousoon/purge-log", post(append))
        .with_state(Arc::clone(edge));
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    builder.edge(&url).start().await
}

async fn purge(state: &AppState, count: usize) {
    for number in 0..count {
        let entry = Entry {
            tags: vec![format!("offer:{number}").parse().unwrap()],
            kind: PurgeKind::Hard,
            reason: "test".into(),
            actor: "test".into(),
        };
        state
            .services
            .purge_log
            .append(entry, NOW_MS)
            .await
            .unwrap();
    }
}

async fn until(edge: &Shared, what: &str, done: impl Fn(&Edge) -> bool) -> Duration {
    let start = Instant::now();
    while !done(&edge.lock().unwrap()) {
        assert!(start.elapsed() < Duration::from_secs(10), "{what}");
        sleep(Duration::from_millis(5)).await;
    }
    start.elapsed()
}

#[tokio::test]
async fn a_record_that_is_not_attested_is_not_told_to_the_edge() {
    if let Some(reason) = e2e::redis::cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let redis = e2e::Redis::start(e2e::Durability::Memory).await.unwrap();
    let edge = Shared::default();
    let app = start_with(TestApp::builder().redis(&redis.url()), &edge).await;
    let _background = Background::start(&app.state).unwrap();
    purge(&app.state, 1).await;
    let begins = app.head();
    until(&edge, "the first record", |edge| edge.state.head == begins).await;
    // As an origin that crashes after its append; another one has moved its row meanwhile.
    let feed = &app.state.services.caches.feed;
    let clock = feed.clock().clone();
    let client = redis::Client::open(redis.url()).unwrap();
    let make = |within| Link::new(client.clone(), within, clock.clone(), Metrics::default());
    let log = RedisLog::new("yousoon:1:purge-log", make);
    let record = NewRecord {
        tags: vec!["offer:1".parse().unwrap()],
        kind: PurgeKind::Hard,
        at_ms: NOW_MS.unsigned_abs(),
    };
    log.append(app.log(), &[record]).await.unwrap();
    let mut moved = feed.subscribe();
    moved.wait_for(|at| at.head > begins).await.unwrap();
    until(&edge, "the second record", |edge| edge.state.head > begins).await;
    assert!(feed.position().attested > begins, "it came too early");
}

#[tokio::test]
async fn the_log_arrives_whole_at_once_and_with_heartbeats() {
    let edge = Shared::default();
    let app = start(&edge).await;
    purge(&app.state, 600).await;
    let background = Background::start(&app.state).unwrap();
    until(&edge, "the whole log", |edge| {
        edge.state.head == Revision(600)
    })
    .await;
    {
        let edge = edge.lock().unwrap();
        assert!(
            edge.records
                .iter()
                .map(|record| record.revision.0)
                .eq(1..=600)
        );
        assert_eq!(edge.state.log, Some(app.log()));
        assert_eq!(edge.state.confirmed_at_ms, NOW_MS.unsigned_abs());
    }
    let appends = edge.lock().unwrap().appends;
    until(&edge, "a heartbeat", |edge| edge.appends > appends).await;
    purge(&app.state, 1).await;
    let took = until(&edge, "a new record", |edge| {
        edge.state.head == Revision(601)
    })
    .await;
    assert!(
        took < Duration::from_millis(400),
        "{took:?}: not only with the heartbeat"
    );
    background.stop().await;
}

#[tokio::test]
async fn an_edge_that_failed_forgot_or_held_another_log_catches_up() {
    let edge = Shared::default();
    {
        let mut edge = edge.lock().unwrap();
        edge.failures = 2;
        edge.state.log = Some(LogId::from_bytes([7; 16]));
        edge.state.head = Revision(99);
    }
    let app = start(&edge).await;
    purge(&app.state, 3).await;
    let background = Background::start(&app.state).unwrap();
    until(&edge, "taken up", |edge| edge.state.head == Revision(3)).await;
    *edge.lock().unwrap() = Edge::default();
    purge(&app.state, 1).await;
    until(&edge, "from the beginning", |edge| {
        edge.state.head == Revision(4)
    })
    .await;
    assert_eq!(edge.lock().unwrap().records.len(), 4);
    background.stop().await;
}
