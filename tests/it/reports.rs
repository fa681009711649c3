//! What Sentry is told of an error, and what not.

use std::time::Duration;

use axum::http::StatusCode;
use e2e::sentry::Sentry;
use e2e::{Answer, Options, Stack};
use serde_json::json;

use crate::{leaked, venue};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARTNER: &str = "5f0000000000000000000001";

/// Its database is broken: what needs partners fails.
async fn broken(sentry: &Sentry, listen: &'static str) -> Stack {
    let stack = Stack::start(Options {
        venues: vec![venue((48.8570, 2.3530), "thai")],
        origin: vec![
            ("SENTRY_DSN", leaked(sentry.dsn.clone())),
            ("SENTRY_ENVIRONMENT", "tests"),
            ("YOUSOON_METRICS_LISTEN", listen),
        ],
        ..Options::default()
    });
    let stack = stack.await.unwrap();
    let database = rusqlite::Connection::open(stack.database()).unwrap();
    database
        .execute_batch("ALTER TABLE partners RENAME TO elsewhere")
        .unwrap();
    stack
}

async fn ask(stack: &Stack) -> Answer {
    let question = stack.ask("PartnerPage", json!({"id": PARTNER}));
    let request = stack
        .client
        .get(format!("{}/graphql/{}", stack.origin_url, question.id))
        .query(&[("variables", question.variables.to_string())])
        .header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-00"))
        .header("graphql-client-name", "ios")
        .header("authorization", "Bearer geheim");
    Answer::read(request.send().await.unwrap()).await.unwrap()
}

async fn counted(stack: &Stack, listen: &str, outcome: &str) -> String {
    let metrics = stack.client.get(format!("http://{listen}/metrics"));
    let metrics = metrics.send().await.unwrap().text().await.unwrap();
    let name = format!("yousoon_error_reports_total{{outcome=\"{outcome}\"}} ");
    let line = metrics.lines().find_map(|line| line.strip_prefix(&name));
    line.unwrap_or_else(|| panic!("{metrics}")).to_owned()
}

#[tokio::test]
async fn an_error_is_reported_with_its_request_and_nothing_of_a_person() {
    let sentry = Sentry::start().await.unwrap();
    let listen = leaked(format!("127.0.0.1:{}", e2e::port::free().unwrap()));
    let stack = broken(&sentry, listen).await;
    for _ in 0..20 {
        assert_ne!(ask(&stack).await.code(), "");
    }
    let event = sentry
        .event(|event| event["message"] == "request failed")
        .await;
    let event = event.unwrap();
    assert_eq!(event["environment"], "tests");
    assert_eq!(event["tags"]["operation"], "PartnerPage");
    assert_eq!(event["tags"]["client"], "ios");
    assert_eq!(event["tags"]["trace_id"], TRACE);
    let line = &event["contexts"]["log line"];
    assert!(
        line["error"].as_str().unwrap().contains("no such table"),
        "{event:#}"
    );
    assert!(line["reference"].is_string(), "{event:#}");
    let told = sentry.events();
    for secret in [PARTNER, "geheim", "127.0.0.1", "48.85", "server_name"] {
        assert!(
            !format!("{told:?}").contains(secret),
            "{secret} in {told:#?}"
        );
    }
    // One of a kind in a minute, or in two if the minute changed meanwhile.
    let same = told
        .iter()
        .filter(|event| event["message"] == "request failed");
    assert!(same.count() <= 2, "{told:#?}");
    let withheld: u64 = counted(&stack, listen, "withheld").await.parse().unwrap();
    assert!(withheld >= 18, "{withheld}");
}

#[tokio::test]
async fn a_sentry_that_refuses_or_hangs_disturbs_nothing() {
    let sentry = Sentry::start().await.unwrap();
    sentry.refuse(StatusCode::TOO_MANY_REQUESTS);
    let listen = leaked(format!("127.0.0.1:{}", e2e::port::free().unwrap()));
    let stack = broken(&sentry, listen).await;
    ask(&stack).await;
    for _ in 0..100 {
        if sentry.refused() > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(sentry.refused(), 1);
    assert_eq!(ask(&stack).await.status, 200);
    assert_ne!(counted(&stack, listen, "failed").await, "0");
    assert_eq!(counted(&stack, listen, "sent").await, "0");
}

fn of_the_edge(sentry: &Sentry) -> Options {
    Options {
        venues: vec![venue((48.8570, 2.3530), "thai")],
        edge: vec![
            ("SENTRY_DSN", leaked(sentry.dsn.clone())),
            ("SENTRY_ENVIRONMENT", "tests"),
        ],
        ..Options::default()
    }
}

async fn ask_edge(stack: &Stack, id: &str, headers: &[(&str, &str)]) -> Answer {
    let question = stack.ask("PartnerPage", json!({"id": id}));
    let mut request = stack
        .client
        .get(format!("{}/graphql/{}", stack.edge_url, question.id))
        .query(&[("variables", question.variables.to_string())])
        .header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-00"))
        .header("authorization", "Bearer geheim");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Answer::read(request.send().await.unwrap()).await.unwrap()
}

#[tokio::test]
async fn the_edge_reports_that_it_refused_a_request_and_nothing_of_a_person() {
    let sentry = Sentry::start().await.unwrap();
    let mut stack = Stack::start(of_the_edge(&sentry)).await.unwrap();
    // The edge knows the document from now on.
    ask_edge(&stack, PARTNER, &[]).await;
    let unknown = stack.client.get(format!("{}/nowhere", stack.edge_url));
    assert_eq!(unknown.send().await.unwrap().status(), 404);
    let document = format!("{}/graphql/{}", stack.edge_url, "0".repeat(64));
    let document = stack.client.get(document).send().await.unwrap();
    assert!(document.status().as_u16() < 500, "{}", document.status());
    assert_eq!(sentry.events(), Vec::<serde_json::Value>::new());

    stack.stop_origin().await.unwrap();
    for last in 2..6 {
        let refused = ask_edge(&stack, &format!("5f000000000000000000000{last}"), &[]).await;
        assert_eq!(refused.status, 503, "{}", refused.text);
    }
    let message = "the edge refused a request: the origin failed";
    let event = sentry.event(|event| event["message"] == message).await;
    let event = event.unwrap();
    assert_eq!(event["environment"], "tests");
    assert_eq!(event["tags"]["operation"], "PartnerPage");
    assert_eq!(event["tags"]["trace_id"], TRACE);
    let error = event["contexts"]["edge"]["error"].as_str().unwrap();
    assert!(error.starts_with("the origin failed: "), "{event:#}");
    let told = sentry.events();
    for secret in ["5f00", "geheim", "127.0.0.1", "variables"] {
        assert!(
            !format!("{told:?}").contains(secret),
            "{secret} in {told:#?}"
        );
    }
    let same = told.iter().filter(|event| event["message"] == message);
    assert_eq!(same.count(), 1, "{told:#?}");
}

#[tokio::test]
async fn the_edge_reports_a_panic() {
    let sentry = Sentry::start().await.unwrap();
    let stack = Stack::start(of_the_edge(&sentry)).await.unwrap();
    let panicked = ask_edge(&stack, PARTNER, &[("yousoon-fault", "panic")]).await;
    assert_eq!(panicked.status, 500);
    let event = sentry.event(|event| event["message"] == "the edge panicked");
    let event = event.await.unwrap();
    let error = event["contexts"]["edge"]["error"].as_str().unwrap();
    assert!(error.contains("a panic that a test asked for"), "{error}");
    assert!(error.contains("edge/worker/src/isolate.rs"), "{error}");
    assert_eq!(ask_edge(&stack, PARTNER, &[]).await.status, 200);
}

#[tokio::test]
async fn a_wrong_dsn_of_the_edge_fails_no_request() {
    let sentry = Sentry::start().await.unwrap();
    let stack = Stack::start(Options {
        edge: vec![("SENTRY_DSN", "sentry.example/7")],
        ..of_the_edge(&sentry)
    });
    let stack = stack.await.unwrap();
    assert_eq!(ask_edge(&stack, PARTNER, &[]).await.status, 200);
    assert_eq!(sentry.events(), Vec::<serde_json::Value>::new());
}
