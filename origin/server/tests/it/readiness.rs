//! What the probes answer.

use std::time::Duration;

use e2e::{Durability, Redis, redis::cannot_be_killed};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, advance, pause, resume, sleep};

use crate::app::{Answer, TestApp};

const IN_THE_END: Duration = Duration::from_secs(20);

async fn readiness(app: &TestApp) -> (u16, Value) {
    // A connection of its own: the server closes idle ones when the time is advanced.
    let request = reqwest::Client::new().get(format!("{}/readyz", app.url));
    let answer = Answer::of(request).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    (answer.status.as_u16(), answer.json())
}

#[tokio::test]
async fn a_server_that_has_all_it_needs_is_healthy_and_ready() {
    let app = TestApp::start().await;
    let health = Answer::of(app.request(Method::GET, "/healthz")).await;
    assert_eq!((health.status.as_u16(), health.text.as_str()), (200, "ok"));
    assert_eq!(health.header("cache-control"), "no-store");
    assert_eq!(
        readiness(&app).await,
        (200, json!({"ready": true, "reasons": []}))
    );
}

#[tokio::test]
async fn a_server_whose_database_does_not_answer_is_healthy_and_not_ready() {
    let app = TestApp::start().await;
    let dropped = app
        .db
        .write(|tx| Ok(tx.execute_batch("DROP TABLE purge_logs")?));
    dropped.await.unwrap();
    let (status, why) = readiness(&app).await;
    assert_eq!((status, &why["ready"]), (503, &json!(false)));
    assert_eq!(why["reasons"][0]["code"], "DATABASE_UNAVAILABLE");
    let health = Answer::of(app.request(Method::GET, "/healthz")).await;
    assert_eq!(health.status.as_u16(), 200);
}

#[tokio::test]
async fn a_server_that_cannot_follow_the_purge_log_for_a_minute_is_not_ready() {
    if let Some(reason) = cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let redis = Redis::start(Durability::Memory).await.unwrap();
    let app = TestApp::builder().redis(&redis.url()).start().await;
    assert_eq!(readiness(&app).await.0, 200);
    // The log is read by a script.
    redis
        .command(&["ACL", "SETUSER", "default", "-@scripting"])
        .await
        .unwrap();
    sleep(Duration::from_millis(500)).await;
    assert_eq!(readiness(&app).await.0, 200, "not yet");
    pause();
    advance(Duration::from_mins(1)).await;
    resume();
    let (status, why) = readiness(&app).await;
    assert_eq!(status, 503, "{why}");
    assert_eq!(why["reasons"][0]["code"], "PURGE_LOG_NOT_FOLLOWED");
    let message = why["reasons"][0]["message"].as_str().unwrap();
    assert!(
        message.starts_with("the purge log could not be followed for 6"),
        "{why}"
    );
    redis
        .command(&["ACL", "SETUSER", "default", "+@all"])
        .await
        .unwrap();
    let began = Instant::now();
    while readiness(&app).await.0 != 200 {
        assert!(began.elapsed() < IN_THE_END, "it stays red");
        sleep(Duration::from_millis(50)).await;
    }
}
