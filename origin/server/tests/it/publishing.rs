//! Documents: published whole or not at all, read by the edge.

use api::documents::DocumentMode;
use edge_core::signature::sign;
use pq_core::{DocumentHash, Operation};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::{
    app::{Answer, EDGE_SECRET, TOKEN, TestApp},
    fixtures::NOW_MS,
};

const CATEGORIES: &str = "query Categories { categories { id } }";
const BROKEN: &str = "query Broken { nothing }";

fn manifest(bodies: &[&str]) -> Value {
    let operations: Vec<_> = bodies
        .iter()
        .map(|body| json!({"id": DocumentHash::of(body), "name": "Name", "type": "query", "body": body, "clientName": "site"}))
        .collect();
    json!({"format": "apollo-persisted-query-manifest", "version": 1, "operations": operations})
}

fn publish(app: &TestApp, manifest: &Value) -> RequestBuilder {
    app.request(Method::POST, "/admin/documents")
        .bearer_auth(TOKEN)
        .json(manifest)
}

#[tokio::test]
async fn a_publish_is_additive_and_idempotent() {
    let app = TestApp::builder().mode(DocumentMode::Enforce).start().await;
    let hash = DocumentHash::of(CATEGORIES);
    let by_path = || app.request(Method::GET, &format!("/graphql/sha256:{hash}"));
    let unknown = Answer::of(by_path()).await;
    assert_eq!(unknown.code(), "PERSISTED_QUERY_NOT_FOUND");
    let first = Answer::of(publish(&app, &manifest(&[CATEGORIES]))).await;
    assert_eq!(
        (first.status.as_u16(), first.text.as_str()),
        (200, r#"{"added":1,"unchanged":0}"#)
    );
    let second = Answer::of(publish(
        &app,
        &manifest(&[CATEGORIES, "query B { categories { name } }"]),
    ))
    .await;
    assert_eq!(second.text, r#"{"added":1,"unchanged":1}"#);
    let answer = Answer::of(by_path()).await;
    assert!(
        answer
            .header("cache-control")
            .starts_with("public, max-age=86400")
    );
    assert!(
        answer
            .header("cache-tag")
            .contains(&format!("document:{hash}"))
    );
    let sent_whole = app.ask(CATEGORIES, json!({})).await;
    assert_eq!(sent_whole.text, answer.text);
    for body in [
        json!({"documentId": hash}),
        json!({"documentId": format!("sha256:{hash}")}),
        json!({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash}}}),
    ] {
        let named = Answer::of(app.request(Method::POST, "/graphql").json(&body)).await;
        assert_eq!(named.text, answer.text);
    }
    assert_eq!(app.head().0, 0, "a publish of what is there purges nothing");
}

#[tokio::test]
async fn one_bad_document_refuses_all() {
    let app = TestApp::builder().mode(DocumentMode::Enforce).start().await;
    let refused = Answer::of(publish(&app, &manifest(&[CATEGORIES, BROKEN]))).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code().as_str()),
        (400, "GRAPHQL_VALIDATION_FAILED")
    );
    let message = refused.json()["errors"][0]["message"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        message.contains("site/Name") && message.contains("nothing"),
        "{message}"
    );
    assert!(message.contains(&DocumentHash::of(BROKEN).to_string()));
    assert_eq!(
        app.ask(CATEGORIES, json!({})).await.code(),
        "DOCUMENT_NOT_PUBLISHED"
    );
    let mut other_body = manifest(&[CATEGORIES]);
    other_body["operations"][0]["body"] = json!("query Other { categories { id } }");
    let mut wrong_format = manifest(&[]);
    wrong_format["format"] = json!("x");
    for bad in [
        other_body,
        wrong_format,
        json!([]),
        manifest(&[CATEGORIES, CATEGORIES]),
    ] {
        let refused = Answer::of(publish(&app, &bad)).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code().as_str()),
            (400, "BAD_USER_INPUT"),
            "{bad}"
        );
    }
    for (request, expected) in [
        (
            app.request(Method::POST, "/admin/documents")
                .json(&manifest(&[CATEGORIES])),
            (401, "UNAUTHENTICATED"),
        ),
        (
            app.request(Method::POST, "/admin/documents")
                .bearer_auth("x")
                .json(&manifest(&[CATEGORIES])),
            (401, "TOKEN_INVALID"),
        ),
    ] {
        let refused = Answer::of(request).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), expected);
    }
    let large = app
        .request(Method::POST, "/admin/documents")
        .bearer_auth(TOKEN)
        .body(vec![b' '; 9 << 20]);
    let refused = Answer::of(large).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code().as_str()),
        (413, "REQUEST_TOO_LARGE")
    );
}

#[tokio::test]
async fn a_document_that_is_partly_private_is_published_with_its_parts() {
    let app = TestApp::builder().mode(DocumentMode::Enforce).start().await;
    let body = "query F { me { id } offer(id: 1) { title isFavorite } }";
    let published = Answer::of(publish(&app, &manifest(&[body]))).await;
    assert_eq!(published.text, r#"{"added":3,"unchanged":0}"#);
    let public = "query F__public {\n  offer(id: 1) {\n    title\n    _edgeId: id\n  }\n}";
    let path = format!("/graphql/{}", DocumentHash::of(public));
    let answer = Answer::of(app.request(Method::GET, &path)).await;
    assert_eq!(answer.text, r#"{"data":{"offer":null}}"#);
    let path = format!("/graphql/{}", DocumentHash::of(body));
    let whole = Answer::of(app.request(Method::GET, &path)).await;
    assert_eq!(whole.code(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn the_policy_is_ours_whatever_the_manifest_says() {
    let app = TestApp::builder().mode(DocumentMode::Enforce).start().await;
    let mut lying = manifest(&["query F { offer(id: 1) { isFavorite } }"]);
    lying["operations"][0]["policy"] = json!({"scope": "public", "maxAgeS": 9999});
    assert_eq!(Answer::of(publish(&app, &lying)).await.status.as_u16(), 200);
    let answer = app
        .ask("query F { offer(id: 1) { isFavorite } }", json!({}))
        .await;
    assert_eq!(answer.header("cache-control"), "private, no-store");
}

#[tokio::test]
async fn a_changed_policy_takes_effect_and_purges_the_document() {
    let app = TestApp::builder().mode(DocumentMode::Enforce).start().await;
    Answer::of(publish(&app, &manifest(&[CATEGORIES]))).await;
    // As an older schema had it.
    app.db
        .write(|tx| {
            Ok(tx.execute(
                "UPDATE documents SET record = replace(record, '86400', '60')",
                [],
            )?)
        })
        .await
        .unwrap();
    let path = format!("/graphql/{}", DocumentHash::of(CATEGORIES));
    let get = async || Answer::of(app.request(Method::GET, &path)).await;
    let before = get().await;
    // Spelt as before: it is not parsed again.
    assert!(get().await.header("cache-status").contains("; hit; "));
    assert!(
        before
            .header("cache-control")
            .starts_with("public, max-age=60,")
    );
    let again = Answer::of(publish(&app, &manifest(&[CATEGORIES]))).await;
    assert_eq!(again.text, r#"{"added":0,"unchanged":1}"#);
    let after = get().await;
    assert!(
        after
            .header("cache-control")
            .starts_with("public, max-age=86400,")
    );
    assert_eq!(app.head().0, 1);
}

#[tokio::test]
async fn the_edge_reads_documents_by_its_signature() {
    let app = TestApp::builder().mode(DocumentMode::Enforce).start().await;
    Answer::of(publish(&app, &manifest(&[CATEGORIES]))).await;
    let now_ms = NOW_MS.unsigned_abs();
    let get = async |hash: &str, signature: Option<String>| {
        let mut request = app.request(Method::GET, &format!("/internal/documents/{hash}"));
        if let Some(signature) = signature {
            request = request.header("yousoon-signature", signature);
        }
        Answer::of(request).await
    };
    let hash = DocumentHash::of(CATEGORIES).to_string();
    let good = |hash: &str| Some(sign(EDGE_SECRET, "document", now_ms, hash.as_bytes()));
    let found = get(&hash, good(&hash)).await;
    assert_eq!(found.status.as_u16(), 200);
    let operation: Operation = serde_json::from_str(&found.text).unwrap();
    assert_eq!(
        (operation.body.as_str(), operation.policy.max_age_s),
        (CATEGORIES, 86_400)
    );
    assert_eq!(found.header("cache-control"), "no-store");
    let other = DocumentHash::of("x").to_string();
    assert_eq!(get(&other, good(&other)).await.status.as_u16(), 404);
    let late = Some(sign(
        EDGE_SECRET,
        "document",
        now_ms - 60_000,
        hash.as_bytes(),
    ));
    let purpose = Some(sign(EDGE_SECRET, "purge-log", now_ms, hash.as_bytes()));
    for signature in [None, good(&other), late, purpose] {
        assert_eq!(get(&hash, signature).await.status.as_u16(), 401);
    }
}
