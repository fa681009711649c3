//! Refusals of bad requests: each cause has its own code and status, the same from edge and origin.

use e2e::{Answer, Stack};
use pq_core::DocumentHash;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::stack;

type Send = Box<dyn Fn(&reqwest::Client, &str) -> RequestBuilder>;

/// Cause, code, status as graphql-response+json, status as JSON.
struct Case {
    what: &'static str,
    code: &'static str,
    status: u16,
    json_status: u16,
    request: Send,
}

fn post(body: impl Into<String>) -> Send {
    let body = body.into();
    Box::new(move |client, base| {
        client
            .post(format!("{base}/graphql"))
            .header("content-type", "application/json")
            .body(body.clone())
    })
}

fn ask(id: &str, variables: &Value) -> Send {
    post(json!({"documentId": id, "variables": variables}).to_string())
}

fn case(
    what: &'static str,
    code: &'static str,
    (status, json_status): (u16, u16),
    request: Send,
) -> Case {
    Case {
        what,
        code,
        status,
        json_status,
        request,
    }
}

/// Requests that are refused with the same status for every media type, and the unknown hash: as
/// JSON it is 200, as Apollo's clients expect (B6).
fn malformed(stack: &Stack) -> Vec<Case> {
    let detail = stack.ask("OfferDetail", Value::Null).id;
    let purge = stack.ask("Purge", Value::Null).id;
    let unknown = DocumentHash::of("query Unknown { __typename }").to_string();
    let apollo = json!({"persistedQuery": {"version": 1, "sha256Hash": unknown}});
    let two_ids = json!({"documentId": detail, "extensions": apollo}).to_string();
    let unpublished = json!({"query": "query Mine { __typename }"}).to_string();
    let large = json!({"id": "x".repeat(1 << 20)});
    let purge_over_get: Send = Box::new(move |client, base| {
        let variables = r#"{"input":{"all":true,"reason":"x"}}"#;
        client
            .get(format!("{base}/graphql/{purge}"))
            .query(&[("variables", variables)])
    });
    let text: Send = Box::new(|client, base| {
        client
            .post(format!("{base}/graphql"))
            .header("content-type", "text/plain")
            .body("{}")
    });
    vec![
        case(
            "unknown hash",
            "PERSISTED_QUERY_NOT_FOUND",
            (404, 200),
            ask(&unknown, &json!({})),
        ),
        case(
            "malformed hash",
            "DOCUMENT_ID_MALFORMED",
            (400, 400),
            ask("sha256:12", &json!({})),
        ),
        case(
            "two hashes that differ",
            "DOCUMENT_ID_MISMATCH",
            (400, 400),
            post(two_ids),
        ),
        case(
            "a body that is not published",
            "DOCUMENT_NOT_PUBLISHED",
            (403, 403),
            post(unpublished),
        ),
        case("no document", "DOCUMENT_MISSING", (400, 400), post("{}")),
        case(
            "1 MiB of variables",
            "REQUEST_TOO_LARGE",
            (413, 413),
            ask(&detail, &large),
        ),
        case(
            "broken JSON",
            "INVALID_JSON",
            (400, 400),
            post("{\"documentId\": "),
        ),
        case("an array", "INVALID_REQUEST", (400, 400), post("[]")),
        case(
            "a NUL byte",
            "NUL_BYTE",
            (400, 400),
            post("{\"documentId\": \"\0\"}"),
        ),
        case(
            "wrong content type",
            "UNSUPPORTED_MEDIA_TYPE",
            (415, 415),
            text,
        ),
        case(
            "a mutation over GET",
            "MUTATION_OVER_GET",
            (405, 405),
            purge_over_get,
        ),
    ]
}

/// Well-formed requests that GraphQL refuses: status 200 for `application/json`, and for every media
/// type if the request was executed and a field refuses its arguments.
fn refused(stack: &Stack) -> Vec<Case> {
    let nearby = stack.ask("OffersNearby", Value::Null).id;
    let detail = stack.ask("OfferDetail", Value::Null).id;
    let near = |name: &str, value: Value| {
        let mut variables = json!({"location": {"lat": 48.8566, "lng": 2.3522}});
        variables[name] = value;
        ask(&nearby, &variables)
    };
    let off_the_earth = json!({"location": {"lat": 91, "lng": 2}});
    let other_name =
        json!({"documentId": detail, "operationName": "Other", "variables": {"id": "1"}})
            .to_string();
    let (status, executed) = ((400, 200), (200, 200));
    vec![
        case(
            "missing variable",
            "VARIABLE_MISSING",
            status,
            ask(&detail, &json!({})),
        ),
        case(
            "ill-typed variable",
            "VARIABLE_INVALID",
            status,
            ask(&detail, &json!({"id": {"a": 1}})),
        ),
        case(
            "undeclared field",
            "VARIABLE_UNDECLARED",
            status,
            ask(&nearby, &json!({"location": {"lat": 1, "lng": 2, "x": 1}})),
        ),
        case(
            "latitude 91",
            "LOCATION_OUT_OF_RANGE",
            executed,
            ask(&nearby, &off_the_earth),
        ),
        case(
            "first: 100000",
            "PAGE_SIZE_OUT_OF_RANGE",
            executed,
            near("first", json!(100_000)),
        ),
        case(
            "maxDistance: 51",
            "DISTANCE_OUT_OF_RANGE",
            executed,
            near("maxDistance", json!(51)),
        ),
        case(
            "minDiscount: 101",
            "DISCOUNT_OUT_OF_RANGE",
            executed,
            near("minDiscount", json!(101)),
        ),
        case(
            "a forged cursor",
            "CURSOR_INVALID",
            executed,
            near("after", json!("Zm9yZ2Vk")),
        ),
        case(
            "another operation's name",
            "OPERATION_UNKNOWN",
            status,
            post(other_name),
        ),
    ]
}

#[tokio::test]
async fn each_cause_has_its_code_and_status_from_edge_and_origin() {
    let stack = stack().await;
    let mut wrong = Vec::new();
    for case in malformed(&stack).into_iter().chain(refused(&stack)) {
        for (where_, base) in [("edge", &stack.edge_url), ("origin", &stack.origin_url)] {
            for (accept, status) in [
                ("application/graphql-response+json", case.status),
                ("application/json", case.json_status),
            ] {
                let request = (case.request)(&stack.client, base).header("accept", accept);
                let answer = Answer::read(request.send().await.unwrap()).await.unwrap();
                let said = (answer.status, answer.code());
                if said != (status, case.code.to_owned()) {
                    wrong.push(format!(
                        "{}, {where_}, {accept}: {said:?}, not {:?}",
                        case.what,
                        (status, case.code)
                    ));
                }
                let path = &answer.json()["errors"][0]["path"];
                let is_executed = (case.status, case.json_status) == (200, 200);
                if answer.json().get("data").is_some() != is_executed
                    || path.is_null() == is_executed
                {
                    wrong.push(format!("{}, {where_}: {}", case.what, answer.text));
                }
                if !answer.header("cache-control").contains("no-store") {
                    wrong.push(format!("{}, {where_}: may be stored", case.what));
                }
                if !answer.header("content-type").starts_with(accept) {
                    wrong.push(format!(
                        "{}, {where_}: {}",
                        case.what,
                        answer.header("content-type")
                    ));
                }
                if answer.status == 405 && answer.header("allow") != "POST" {
                    wrong.push(format!(
                        "{}, {where_}: allow is {:?}",
                        case.what,
                        answer.header("allow")
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn other_methods_and_other_addresses_are_refused() {
    let stack = stack().await;
    for base in [&stack.edge_url, &stack.origin_url] {
        let put = stack
            .client
            .put(format!("{base}/graphql"))
            .send()
            .await
            .unwrap();
        assert_eq!(put.status(), 405, "{base}");
        let nowhere = stack
            .client
            .get(format!("{base}/nowhere"))
            .send()
            .await
            .unwrap();
        assert_eq!(nowhere.status(), 404, "{base}");
        let picture = stack
            .client
            .get(format!("{base}/graphql"))
            .header("accept", "image/png")
            .send()
            .await
            .unwrap();
        assert_eq!(picture.status(), 406, "{base}");
    }
    for private in ["/internal/documents/00", "/admin/documents", "/readyz"] {
        let answer = stack
            .client
            .get(format!("{}{private}", stack.edge_url))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 404, "{private} is not the edge's");
    }
}
