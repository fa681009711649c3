//! Every bad input has its code and its status, in both media types, and is never stored.

use api::documents::DocumentMode;
use reqwest::{
    Method, RequestBuilder, StatusCode,
    header::{ACCEPT, CONTENT_TYPE},
};
use serde_json::{Value, json};

use crate::app::{Answer, GRAPHQL_RESPONSE, JSON, TOKEN, TestApp};

const OFFERS: &str = "query A($i: OffersInput!) { offers(input: $i) { edges { node { id } } } }";
const MUTATION: &str = r#"mutation A { purge(input: {all: true, reason: "x"}) { revision } }"#;

/// Asks twice, once in each media type, and compares code and status.
pub(crate) async fn refused(request: RequestBuilder, code: &str, as_graphql: u16, as_json: u16) {
    for (media, status) in [(GRAPHQL_RESPONSE, as_graphql), (JSON, as_json)] {
        let answer = Answer::of(request.try_clone().unwrap().header(ACCEPT, media)).await;
        assert_eq!(
            (answer.code().as_str(), answer.status.as_u16()),
            (code, status),
            "{}",
            answer.text
        );
        assert_eq!(answer.header("cache-control"), "no-store", "{code}");
        assert!(answer.header("content-type").starts_with(media), "{code}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.json().get("data"), None, "{code}");
        assert_eq!(answer.header("etag"), "");
    }
}

/// Asks twice, once in each media type: the request is executed, and a field of it is refused.
pub(crate) async fn field_refused(request: RequestBuilder, code: &str) {
    for media in [GRAPHQL_RESPONSE, JSON] {
        let answer = Answer::of(request.try_clone().unwrap().header(ACCEPT, media)).await;
        assert_eq!(
            (answer.code().as_str(), answer.status.as_u16()),
            (code, 200),
            "{}",
            answer.text
        );
        assert_eq!(answer.header("cache-control"), "no-store", "{code}");
        assert!(answer.header("content-type").starts_with(media), "{code}");
        assert_eq!(answer.header("etag"), "");
        let json = answer.json();
        assert_eq!(json.get("data"), Some(&Value::Null), "{code}");
        assert_ne!(json["errors"][0]["path"][0], Value::Null, "{code}");
    }
}

#[tokio::test]
async fn a_malformed_request_is_refused() {
    let app = TestApp::start().await;
    let body = |text: &'static str| {
        app.request(Method::POST, "/graphql")
            .header(CONTENT_TYPE, JSON)
            .body(text)
    };
    let table = [
        (body("{"), "INVALID_JSON", 400),
        (body("{\"query\":\"\0\"}"), "NUL_BYTE", 400),
        (body("[]"), "INVALID_REQUEST", 400),
        (body("{}"), "DOCUMENT_MISSING", 400),
        (body(r#"{"documentId":"x"}"#), "DOCUMENT_ID_MALFORMED", 400),
        (
            app.request(Method::GET, "/graphql/x"),
            "DOCUMENT_ID_MALFORMED",
            400,
        ),
        (
            app.request(Method::GET, "/graphql"),
            "DOCUMENT_MISSING",
            400,
        ),
        (
            app.request(Method::GET, "/graphql?query=%7Ba%7D&variables=%7B"),
            "INVALID_JSON",
            400,
        ),
        (
            app.request(Method::POST, "/graphql").body("{}"),
            "UNSUPPORTED_MEDIA_TYPE",
            415,
        ),
        (
            app.request(Method::PUT, "/graphql"),
            "METHOD_NOT_ALLOWED",
            405,
        ),
        (
            app.request(Method::GET, "/graphql")
                .query(&[("query", MUTATION)]),
            "MUTATION_OVER_GET",
            405,
        ),
        (
            app.request(Method::POST, "/graphql")
                .json(&json!({"query": "x".repeat(200_000)})),
            "REQUEST_TOO_LARGE",
            413,
        ),
    ];
    for (request, code, status) in table {
        refused(request, code, status, status).await;
    }
    let answer = Answer::of(
        app.request(Method::GET, "/graphql")
            .query(&[("query", MUTATION)]),
    )
    .await;
    assert_eq!(answer.header("allow"), "POST");
    let answer = Answer::of(app.request(Method::DELETE, "/graphql")).await;
    assert_eq!(answer.header("allow"), "GET, POST");
    let answer = Answer::of(
        app.post("query A { categories { id } }", &json!({}))
            .header(ACCEPT, "text/html"),
    )
    .await;
    assert_eq!(
        (answer.code().as_str(), answer.status.as_u16()),
        ("NOT_ACCEPTABLE", 406)
    );
    let answer = Answer::of(app.request(Method::GET, "/nowhere")).await;
    assert_eq!(
        (answer.code().as_str(), answer.status.as_u16()),
        ("NOT_FOUND", 404)
    );
}

#[tokio::test]
async fn what_graphql_refuses_is_a_200_as_json() {
    let app = TestApp::start().await;
    let offers = |input: Value| app.post(OFFERS, &json!({"i": input}));
    let table = [
        (
            app.post("query A { nothing }", &json!({})),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (app.post("query {", &json!({})), "GRAPHQL_VALIDATION_FAILED"),
        (
            app.request(Method::POST, "/graphql")
                .json(&json!({"query": "query A { categories { id } }", "operationName": "B"})),
            "OPERATION_UNKNOWN",
        ),
        (app.post(OFFERS, &json!({})), "VARIABLE_MISSING"),
        (offers(json!({"location": {"lat": 1}})), "VARIABLE_MISSING"),
        (offers(json!({"first": "a"})), "VARIABLE_INVALID"),
        (
            offers(json!({"first": 3_000_000_000_i64})),
            "VARIABLE_INVALID",
        ),
        (offers(json!({"other": 1})), "VARIABLE_UNDECLARED"),
        (
            offers(json!({"location": {"lat": 1, "lng": 2, "x": 1}})),
            "VARIABLE_UNDECLARED",
        ),
    ];
    for (request, code) in table {
        refused(request, code, 400, 200).await;
    }
}

#[tokio::test]
async fn what_a_list_refuses_is_an_error_of_its_field() {
    let app = TestApp::start().await;
    let offers = |input: Value| app.post(OFFERS, &json!({"i": input}));
    let cursor_of_partners =
        domain::partners::store::PartnerCursor::of(&crate::fixtures::partner("a")).encode();
    let newest = domain::offers::store::OfferCursor {
        rank: domain::offers::store::Rank::Title,
        at: domain::offers::store::OfferPosition::Newest { created_at_ms: 1 },
        id: crate::fixtures::offer("a", 1).id,
    }
    .encode();
    let near = json!({"lat": 48.0, "lng": 2.0});
    let of_fields = [
        (
            offers(json!({"location": {"lat": 90.1, "lng": 0}})),
            "LOCATION_OUT_OF_RANGE",
        ),
        (
            offers(json!({"location": {"lat": 0, "lng": -181}})),
            "LOCATION_OUT_OF_RANGE",
        ),
        (offers(json!({"first": 0})), "PAGE_SIZE_OUT_OF_RANGE"),
        (offers(json!({"first": 101})), "PAGE_SIZE_OUT_OF_RANGE"),
        (offers(json!({"first": -1})), "PAGE_SIZE_OUT_OF_RANGE"),
        (offers(json!({"maxDistance": 0})), "DISTANCE_OUT_OF_RANGE"),
        (
            offers(json!({"orderBy": "DISTANCE"})),
            "ORDER_NEEDS_LOCATION",
        ),
        (
            offers(json!({"orderBy": "ENDING", "after": newest})),
            "CURSOR_INVALID",
        ),
        (
            offers(json!({"box": {"south": 48, "west": 2, "north": 50.1, "east": 3}})),
            "BOX_INVALID",
        ),
        (
            offers(json!({"box": {"south": 48, "west": 179.5, "north": 49, "east": -179.5}})),
            "BOX_INVALID",
        ),
        (
            offers(json!({"box": {"south": 89.5, "west": 2, "north": 90.1, "east": 3}})),
            "BOX_INVALID",
        ),
        (
            offers(json!({"openAt": "2026-06-01T18:20:00Z"})),
            "OPEN_AT_NOT_ROUNDED",
        ),
        (offers(json!({"openAt": "tonight"})), "OPEN_AT_NOT_ROUNDED"),
        (
            offers(json!({"endingWithinHours": 169})),
            "PERIOD_OUT_OF_RANGE",
        ),
        (offers(json!({"newWithinDays": 0})), "PERIOD_OUT_OF_RANGE"),
        (offers(json!({"partnerId": "nobody"})), "PARTNER_NOT_FOUND"),
        (
            offers(json!({"maxDistance": 50.1})),
            "DISTANCE_OUT_OF_RANGE",
        ),
        (offers(json!({"minDiscount": 101})), "DISCOUNT_OUT_OF_RANGE"),
        (offers(json!({"minDiscount": -1})), "DISCOUNT_OUT_OF_RANGE"),
        (
            offers(json!({"search": "é".repeat(40_000)})),
            "BAD_USER_INPUT",
        ),
        (
            offers(json!({"search": "bar ".repeat(500)})),
            "BAD_USER_INPUT",
        ),
        (offers(json!({"after": "x"})), "CURSOR_INVALID"),
        (
            offers(json!({"after": cursor_of_partners})),
            "CURSOR_INVALID",
        ),
        (
            offers(json!({"after": newest, "location": near})),
            "CURSOR_INVALID",
        ),
        (
            app.post(
                "query A { partners(input: {first: 0}) { totalCount } }",
                &json!({}),
            ),
            "PAGE_SIZE_OUT_OF_RANGE",
        ),
        (
            app.post(
                "query A { partners(input: {after: \"x\"}) { totalCount } }",
                &json!({}),
            ),
            "CURSOR_INVALID",
        ),
    ];
    for (request, code) in of_fields {
        field_refused(request, code).await;
    }
}

#[tokio::test]
async fn only_published_documents_are_executed() {
    let app = TestApp::builder().mode(DocumentMode::Enforce).start().await;
    let hash = "ab".repeat(32);
    let unknown = app.request(Method::GET, &format!("/graphql/{hash}"));
    refused(
        unknown.try_clone().unwrap(),
        "PERSISTED_QUERY_NOT_FOUND",
        404,
        200,
    )
    .await;
    assert_eq!(
        Answer::of(unknown).await.json()["errors"][0]["message"],
        "PersistedQueryNotFound"
    );
    let named = json!({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash}}});
    refused(
        app.request(Method::POST, "/graphql").json(&named),
        "PERSISTED_QUERY_NOT_FOUND",
        404,
        200,
    )
    .await;
    // B12: the text beside an id is not what is asked for.
    let both = json!({"documentId": hash, "query": "query A { categories { id } }"});
    refused(
        app.request(Method::POST, "/graphql").json(&both),
        "PERSISTED_QUERY_NOT_FOUND",
        404,
        200,
    )
    .await;
    refused(
        app.post("query A { categories { id } }", &json!({})),
        "DOCUMENT_NOT_PUBLISHED",
        403,
        403,
    )
    .await;
    let audit = TestApp::builder().mode(DocumentMode::Audit).start().await;
    audit
        .ask("query A { categories { id } }", json!({}))
        .await
        .data();
    let answer = Answer::of(audit.request(Method::POST, "/graphql").json(&both)).await;
    assert!(answer.data()["categories"].is_array());
}

#[tokio::test]
async fn a_purge_needs_the_service_token() {
    let app = TestApp::start().await;
    let mutation = app.post(MUTATION, &json!({}));
    refused(mutation.try_clone().unwrap(), "UNAUTHENTICATED", 401, 401).await;
    refused(
        mutation.try_clone().unwrap().bearer_auth("wrong"),
        "TOKEN_INVALID",
        401,
        401,
    )
    .await;
    refused(
        mutation.try_clone().unwrap().basic_auth("a", Some(TOKEN)),
        "TOKEN_INVALID",
        401,
        401,
    )
    .await;
    let head = app.head();
    assert_eq!(head.0, 0, "nothing was purged");
    for input in [
        r#"{all: true, reason: ""}"#,
        r#"{reason: "x"}"#,
        r#"{all: true, tag: "a", reason: "x"}"#,
        r#"{offerId: "x", reason: "x"}"#,
        r#"{tag: "a b", reason: "x"}"#,
        r#"{document: "x", reason: "x"}"#,
    ] {
        let query = format!("mutation A {{ purge(input: {input}) {{ revision }} }}");
        let request = app.post(&query, &json!({})).bearer_auth(TOKEN);
        field_refused(request, "BAD_USER_INPUT").await;
    }
}

#[tokio::test]
async fn a_preflight_is_allowed_without_credentials() {
    let app = TestApp::start().await;
    let answer = Answer::of(
        app.request(Method::OPTIONS, "/graphql")
            .header("origin", "https://yousoon.example")
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "content-type,yousoon-min-revision",
            ),
    )
    .await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("access-control-allow-credentials"), "");
    assert!(
        answer
            .header("access-control-allow-headers")
            .contains("yousoon-min-revision")
    );
}
