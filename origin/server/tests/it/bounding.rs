//! Documents that ask for too much, and questions about the schema.

use std::time::Duration;

use api::documents::DocumentMode;
use e2e::fragment_bomb;
use pq_core::{
    DocumentHash,
    limits::{DOCUMENT, EXECUTION},
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    app::{Answer, GRAPHQL_RESPONSE, JSON, TestApp},
    refusals::refused,
};

const INTROSPECTION: &str = "{ __schema { queryType { name } types { name } } }";

fn repeated(count: u64, each: &str) -> String {
    let one = |number: u64| each.replace('#', &number.to_string());
    (0..count).map(one).collect::<Vec<_>>().join(" ")
}

/// One document for each limit.
fn bombs() -> Vec<String> {
    let mut deep = "id".to_owned();
    for _ in 0..DOCUMENT.depth {
        deep = format!("partner {{ offers {{ {deep} }} }}");
    }
    vec![
        fragment_bomb(40),
        format!("query A {{ offer(id: \"a\") {{ {deep} }} }}"),
        format!(
            "query A {{ {} }}",
            repeated(DOCUMENT.aliases + 1, "a#: categories { id }")
        ),
        format!(
            "query A {{ {} }}",
            repeated(DOCUMENT.directives + 1, "__typename @skip(if: true)")
        ),
        format!("query A {{ {} }}", repeated(DOCUMENT.tokens, "__typename")),
        "query A { offers(input: {first: 100}) { edges { node { partner { offers {
            partner { offers { id title description } } } } } } } }"
            .to_owned(),
    ]
}

#[tokio::test]
async fn a_document_that_asks_for_too_much_is_not_executed() {
    for mode in [DocumentMode::Off, DocumentMode::Audit] {
        let app = TestApp::builder().mode(mode).start().await;
        for bomb in bombs() {
            let request = app.post(&bomb, &json!({}));
            refused(request, "DOCUMENT_TOO_COMPLEX", 400, 200).await;
        }
    }
}

#[tokio::test]
async fn what_is_asked_with_a_document_counts() {
    let app = TestApp::start().await;
    let body = "query A($n: Int) { offers(input: {first: $n}) { edges { node {
        partner { offers { id title } } } } } }";
    let answer = app.ask(body, json!({"n": 1})).await;
    assert_eq!(answer.json().get("errors"), None, "{}", answer.text);
    let request = app.post(body, &json!({"n": 10_000}));
    refused(request, "DOCUMENT_TOO_COMPLEX", 400, 200).await;
}

#[tokio::test]
async fn it_is_not_published_either() {
    let app = TestApp::start().await;
    for bomb in bombs() {
        let operation = json!({"id": DocumentHash::of(&bomb), "name": "A", "type": "query",
            "body": bomb, "clientName": "site"});
        let manifest = json!({"format": "apollo-persisted-query-manifest", "version": 1,
            "operations": [operation]});
        let answer = app.admin_post("/admin/documents", &manifest).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::BAD_REQUEST, "DOCUMENT_TOO_COMPLEX"),
            "{}",
            answer.text
        );
    }
}

#[tokio::test]
async fn batches_are_not_answered() {
    let app = TestApp::start().await;
    let one = json!({"query": "query A { categories { id } }"});
    for batch in [json!([one]), json!([one, one]), json!([])] {
        let request = app.request(Method::POST, "/graphql").json(&batch);
        refused(request, "INVALID_REQUEST", 400, 400).await;
    }
}

#[tokio::test]
async fn the_schema_is_told_to_developers_alone() {
    let app = TestApp::start().await;
    let answer = app.ask(INTROSPECTION, json!({})).await;
    assert_eq!(
        answer.data()["__schema"]["queryType"]["name"],
        Value::from("Query")
    );
    let production = TestApp::builder()
        .production()
        .mode(DocumentMode::Audit)
        .start()
        .await;
    for body in [
        INTROSPECTION,
        "query A { ...F } fragment F on Query { a: __type(name: \"Offer\") { name } }",
    ] {
        let request = production.post(body, &json!({}));
        refused(request, "INTROSPECTION_DISABLED", 403, 403).await;
    }
    let named = "query A { __schema { queryType { name } } }";
    let operation = json!({"id": DocumentHash::of(named), "name": "A", "type": "query",
        "body": named, "clientName": "site"});
    let manifest = json!({"format": "apollo-persisted-query-manifest", "version": 1,
        "operations": [operation]});
    let answer = production.admin_post("/admin/documents", &manifest).await;
    assert_eq!(answer.code(), "INTROSPECTION_DISABLED");
    // What does not ask about the schema is answered in audit mode.
    let answer = production.ask("{ __typename }", json!({})).await;
    assert_eq!(answer.data()["__typename"], Value::from("Query"));
}

#[tokio::test]
async fn graphiql_is_a_page_for_developers() {
    let app = TestApp::start().await;
    let answer = Answer::of(app.request(Method::GET, "/graphiql")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.header("content-type").starts_with("text/html"));
    assert!(!answer.text.contains("//"), "{}", answer.text);
    let files: Vec<_> = answer
        .text
        .split('"')
        .filter(|text| text.starts_with('/'))
        .collect();
    assert_eq!(files.len(), 6, "{files:?}");
    let production = TestApp::builder().production().start().await;
    for path in files.iter().chain(&["/graphiql"]) {
        let file = Answer::of(app.request(Method::GET, path)).await;
        assert_eq!(file.status, StatusCode::OK, "{path}");
        let refused = Answer::of(production.request(Method::GET, path)).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (StatusCode::NOT_FOUND, "NOT_FOUND"),
            "{path}"
        );
    }
    let absent = Answer::of(app.request(Method::GET, "/graphiql/other.js")).await;
    assert_eq!(
        (absent.status, absent.code().as_str()),
        (StatusCode::NOT_FOUND, "NOT_FOUND")
    );
}

#[tokio::test]
async fn a_request_that_takes_too_long_gets_an_answer_all_the_same() {
    let app = TestApp::start().await;
    for media in [GRAPHQL_RESPONSE, JSON] {
        let address = app.url.trim_start_matches("http://");
        let mut connection = TcpStream::connect(address).await.unwrap();
        // The body that it announces never comes.
        let head = format!(
            "POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\naccept: {media}\r\n\
             content-type: application/json\r\ncontent-length: 100\r\n\r\n{{"
        );
        connection.write_all(head.as_bytes()).await.unwrap();
        // From here on time passes whenever there is nothing else to do.
        tokio::time::pause();
        let mut answer = String::new();
        let patience = EXECUTION + Duration::from_secs(1);
        let read = connection.read_to_string(&mut answer);
        let outcome = tokio::time::timeout(patience, read).await;
        tokio::time::resume();
        outcome.expect("an answer in time").unwrap();
        assert!(answer.starts_with("HTTP/1.1 504 "), "{answer}");
        assert!(answer.contains(r#""code":"TIMEOUT""#), "{answer}");
        assert!(answer.contains(media), "{answer}");
    }
}

/// Otherwise the edge would send another client's request on a connection that is closed.
#[tokio::test]
async fn a_refusal_before_the_body_says_that_the_connection_closes() {
    let app = TestApp::start().await;
    let address = app.url.trim_start_matches("http://");
    for (path, status) in [("/nowhere", 404), ("/admin/purge", 401)] {
        let mut connection = TcpStream::connect(address).await.unwrap();
        let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n");
        connection.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        let answer = answer.to_lowercase();
        let start = format!("http/1.1 {status} ");
        assert!(answer.starts_with(&start), "{answer}");
        assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    }
    let read = Answer::of(app.post("query Q { categories { id } }", &json!({}))).await;
    assert_eq!(read.header("connection"), "");
}
