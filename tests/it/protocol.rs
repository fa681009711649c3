//! GraphQL over HTTP, conditional requests and CORS.

use e2e::Answer;
use serde_json::json;

use crate::{PARIS, near, stack, warm};

#[tokio::test]
async fn every_way_of_asking_is_the_same_question() {
    let stack = stack().await;
    let ask = near(&stack, PARIS);
    let expected = warm(&stack, &ask).await.text;
    let (graphql, variables) = (
        format!("{}/graphql", stack.edge_url),
        ask.variables.to_string(),
    );
    let apollo = json!({"persistedQuery": {"version": 1, "sha256Hash": ask.id}});
    let prefixed = format!("sha256:{}", ask.id);
    let client = &stack.client;
    let requests = [
        (
            "GET documentId",
            client
                .get(&graphql)
                .query(&[("documentId", &prefixed), ("variables", &variables)]),
        ),
        (
            "GET path",
            client
                .get(format!("{graphql}/{prefixed}"))
                .query(&[("variables", &variables)]),
        ),
        (
            "GET extensions",
            client.get(&graphql).query(&[
                ("extensions", &apollo.to_string()),
                ("variables", &variables),
            ]),
        ),
        (
            "POST documentId",
            client
                .post(&graphql)
                .json(&json!({"documentId": ask.id, "variables": ask.variables})),
        ),
        (
            "POST extensions",
            client
                .post(&graphql)
                .json(&json!({"extensions": apollo, "variables": ask.variables})),
        ),
    ];
    for (what, request) in requests {
        let answer = Answer::read(request.send().await.unwrap()).await.unwrap();
        assert!(
            answer.is_hit(),
            "{what}: {} {}",
            answer.cache_status(),
            answer.text
        );
        assert_eq!(answer.text, expected, "{what}");
    }
}

#[tokio::test]
async fn what_the_client_has_already_is_not_sent_again() {
    let stack = stack().await;
    let ask = near(&stack, PARIS);
    let at_edge = warm(&stack, &ask).await.header("etag").to_owned();
    let at_origin = ask.get(&stack.client, &stack.origin_url).await.unwrap();
    let at_origin = at_origin.header("etag").to_owned();
    // The edge makes the list, and names it otherwise.
    for (base, etag) in [(&stack.edge_url, at_edge), (&stack.origin_url, at_origin)] {
        let request = |tag: &str| {
            let url = format!("{base}/graphql/{}", ask.id);
            stack
                .client
                .get(url)
                .query(&[("variables", ask.variables.to_string())])
                .header("if-none-match", tag)
                .send()
        };
        let same = Answer::read(request(&etag).await.unwrap()).await.unwrap();
        assert_eq!(
            (same.status, same.text.as_str(), same.header("etag")),
            (304, "", etag.as_str()),
            "{base}"
        );
        let other = Answer::read(request("\"other\"").await.unwrap())
            .await
            .unwrap();
        assert_eq!(other.status, 200, "{base}");
        assert!(!other.text.is_empty());
    }
}

#[tokio::test]
async fn a_browser_of_another_site_may_read() {
    let stack = stack().await;
    let preflight = stack
        .client
        .request(
            reqwest::Method::OPTIONS,
            format!("{}/graphql", stack.edge_url),
        )
        .header("origin", "https://portal.example")
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type,yousoon-min-revision",
        )
        .send()
        .await
        .unwrap();
    let preflight = Answer::read(preflight).await.unwrap();
    assert_eq!(
        (
            preflight.status,
            preflight.header("access-control-allow-origin")
        ),
        (204, "*")
    );
    for header in [
        "authorization",
        "content-type",
        "yousoon-min-revision",
        "if-none-match",
    ] {
        assert!(
            preflight
                .header("access-control-allow-headers")
                .contains(header),
            "{header}"
        );
    }
    let answer = warm(&stack, &near(&stack, PARIS)).await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("access-control-allow-credentials"), "");
}

#[tokio::test]
async fn the_media_type_is_negotiated_and_does_not_split_the_cache() {
    let stack = stack().await;
    let ask = near(&stack, PARIS);
    warm(&stack, &ask).await;
    for (accept, content_type) in [
        ("application/json", "application/json; charset=utf-8"),
        (
            "application/graphql-response+json",
            "application/graphql-response+json; charset=utf-8",
        ),
        ("*/*", "application/json; charset=utf-8"),
        // The `Accept` header that urql sends.
        (
            "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed",
            "application/graphql-response+json; charset=utf-8",
        ),
    ] {
        let url = format!("{}/graphql/{}", stack.edge_url, ask.id);
        let request = stack
            .client
            .get(url)
            .query(&[("variables", ask.variables.to_string())])
            .header("accept", accept);
        let answer = Answer::read(request.send().await.unwrap()).await.unwrap();
        assert_eq!(answer.header("content-type"), content_type);
        assert!(answer.is_hit(), "{}", answer.cache_status());
    }
}
