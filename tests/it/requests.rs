//! What a request is: edge and origin read it in the same way. The numbers are those of the cases in
//! which real clients stumbled.

use std::io::Read as _;
use std::time::{Duration, Instant};

use e2e::{Answer, Ask, Options, Stack, Way};
use flate2::{Compression, read::GzEncoder, read::ZlibEncoder};
use pq_core::DocumentHash;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::{PARIS, near, stack, warm};

/// Edge and origin.
fn doors(stack: &Stack) -> [(&'static str, String); 2] {
    [
        ("edge", stack.edge_url.clone()),
        ("origin", stack.origin_url.clone()),
    ]
}

async fn answer(request: RequestBuilder) -> Answer {
    Answer::read(request.send().await.unwrap()).await.unwrap()
}

fn post(stack: &Stack, base: &str, body: &Value) -> RequestBuilder {
    stack.client.post(format!("{base}/graphql")).json(body)
}

/// A list that is cached at both doors, and its answer at each.
async fn cached(stack: &Stack) -> (Ask, [String; 2]) {
    let ask = near(stack, PARIS);
    let at_edge = warm(stack, &ask).await.text;
    let mut at_origin = String::new();
    for _ in 0..2 {
        let answer = ask.get(&stack.client, &stack.origin_url).await.unwrap();
        at_origin = answer.text;
    }
    (ask, [at_edge, at_origin])
}

/// B1, B2, B12: what is empty, not declared or beside the hash changes neither answer nor key.
#[tokio::test]
async fn what_has_no_meaning_does_not_split_the_cache() {
    let stack = stack().await;
    let (ask, expected) = cached(&stack).await;
    let apollo = json!({"version": 1, "sha256Hash": ask.id});
    let mut more = ask.variables.clone();
    more["notDeclared"] = json!({"x": 1});
    for ((door, base), expected) in doors(&stack).into_iter().zip(expected) {
        let url = format!("{base}/graphql");
        let by_path = stack.client.get(format!("{url}/{}", ask.id));
        let variables = ask.variables.to_string();
        let requests = [
            (
                "empty fields by POST",
                post(
                    &stack,
                    &base,
                    &json!({"documentId": ask.id, "operationName": "", "query": "",
                    "variables": ask.variables, "extensions": null}),
                ),
            ),
            (
                "empty fields by GET",
                by_path.try_clone().unwrap().query(&[
                    ("operationName", ""),
                    ("documentId", ""),
                    ("query", ""),
                    ("extensions", ""),
                    ("variables", &variables),
                ]),
            ),
            (
                "a slash at the end",
                stack
                    .client
                    .post(format!("{url}/"))
                    .json(&json!({"documentId": ask.id, "variables": ask.variables})),
            ),
            (
                "a variable that is not declared, by POST",
                post(
                    &stack,
                    &base,
                    &json!({"documentId": ask.id, "variables": more}),
                ),
            ),
            (
                "a variable that is not declared, by GET",
                by_path.query(&[("variables", more.to_string())]),
            ),
            (
                "a text that is spelt differently",
                post(
                    &stack,
                    &base,
                    &json!({"extensions": {"persistedQuery": apollo},
                    "query": "query Other { __typename }", "variables": ask.variables}),
                ),
            ),
        ];
        for (what, request) in requests {
            let answer = answer(request).await;
            assert_eq!(answer.text, expected, "{door}: {what}");
            assert!(answer.is_hit(), "{door}: {what}: {}", answer.cache_status());
        }
        let field = json!({"location": {"lat": 1, "lng": 2, "x": 1}});
        let field = post(
            &stack,
            &base,
            &json!({"documentId": ask.id, "variables": field}),
        );
        assert_eq!(answer(field).await.code(), "VARIABLE_UNDECLARED", "{door}");
        let unknown = DocumentHash::of("query Unknown { __typename }").to_string();
        let unknown = json!({"documentId": unknown, "query": "query Mine { __typename }"});
        let unknown = answer(post(&stack, &base, &unknown)).await;
        assert_eq!(unknown.code(), "PERSISTED_QUERY_NOT_FOUND", "{door}");
    }
}

/// B3.
#[tokio::test]
async fn json_is_read_whatever_its_charset() {
    let stack = stack().await;
    let (ask, expected) = cached(&stack).await;
    let body = json!({"documentId": ask.id, "variables": ask.variables}).to_string();
    for ((door, base), expected) in doors(&stack).into_iter().zip(expected) {
        for content_type in [
            "application/json; charset=utf8",
            "application/json; charset=",
            "application/json; charset=us-ascii",
            "application/json;charset=\"UTF-8\"",
        ] {
            let request = stack.client.post(format!("{base}/graphql"));
            let request = request.header("content-type", content_type);
            let answer = answer(request.body(body.clone())).await;
            assert_eq!(answer.text, expected, "{door}: {content_type}");
        }
    }
}

/// B4.
#[tokio::test]
async fn a_packed_body_is_unpacked_within_the_limit() {
    let stack = stack().await;
    let (ask, expected) = cached(&stack).await;
    let gzip = |body: &[u8]| {
        let mut packed = Vec::new();
        let mut encoder = GzEncoder::new(body, Compression::best());
        encoder.read_to_end(&mut packed).unwrap();
        packed
    };
    let body = json!({"documentId": ask.id, "variables": ask.variables}).to_string();
    let mut deflate = Vec::new();
    let mut encoder = ZlibEncoder::new(body.as_bytes(), Compression::fast());
    encoder.read_to_end(&mut deflate).unwrap();
    // Forwarded by the edge as it is.
    let me = stack.ask("Me", Value::Null).id;
    let private = gzip(json!({"documentId": me}).to_string().as_bytes());
    let bomb = gzip(&vec![b' '; 50 << 20]);
    for ((door, base), expected) in doors(&stack).into_iter().zip(expected) {
        let send = |encoding: &str, body: &[u8]| {
            let request = stack.client.post(format!("{base}/graphql"));
            let request = request.header("content-type", "application/json");
            answer(
                request
                    .header("content-encoding", encoding)
                    .body(body.to_vec()),
            )
        };
        assert_eq!(
            send("gzip", &gzip(body.as_bytes())).await.text,
            expected,
            "{door}"
        );
        assert_eq!(send("deflate", &deflate).await.text, expected, "{door}");
        assert_eq!(
            send("gzip", &private).await.code(),
            "UNAUTHENTICATED",
            "{door}"
        );
        let began = Instant::now();
        let refused = send("gzip", &bomb).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (413, "REQUEST_TOO_LARGE"),
            "{door}"
        );
        assert!(
            began.elapsed() < Duration::from_secs(1),
            "{door}: {:?}",
            began.elapsed()
        );
        let refused = send("br", b"x").await;
        assert_eq!(
            (
                refused.status,
                refused.code().as_str(),
                refused.header("accept-encoding")
            ),
            (415, "CONTENT_ENCODING_UNSUPPORTED", "gzip, deflate"),
            "{door}"
        );
        let torn = send("gzip", body.as_bytes()).await;
        assert_eq!(
            (torn.status, torn.code().as_str()),
            (400, "INVALID_REQUEST"),
            "{door}"
        );
    }
}

/// B5.
#[tokio::test]
async fn an_empty_token_is_none_and_a_bad_one_is_401() {
    let stack = stack().await;
    let me = json!({"documentId": stack.ask("Me", Value::Null).id});
    let subscription = stack.ask(
        "NewOfferNearby",
        json!({"location": {"lat": 48.8, "lng": 2.3}}),
    );
    let subscription = json!({"documentId": subscription.id, "variables": subscription.variables});
    for (door, base) in doors(&stack) {
        let table = [
            ("Bearer ", "UNAUTHENTICATED"),
            ("Bearer", "UNAUTHENTICATED"),
            ("Bearer null", "TOKEN_INVALID"),
            ("Bearer undefined", "TOKEN_INVALID"),
            ("Bearer a.b.c", "TOKEN_INVALID"),
            ("Basic YTpi", "TOKEN_INVALID"),
        ];
        for (authorization, code) in table {
            let request = post(&stack, &base, &me).header("authorization", authorization);
            let refused = answer(request).await;
            assert_eq!(
                (refused.status, refused.code().as_str()),
                (401, code),
                "{door}: {authorization}"
            );
            assert_eq!(refused.header("www-authenticate"), "Bearer", "{door}");
            if code == "UNAUTHENTICATED" {
                continue;
            }
            let stream = post(&stack, &base, &subscription).header("accept", "text/event-stream");
            let refused = answer(stream.header("authorization", authorization)).await;
            assert_eq!(
                (
                    refused.status,
                    refused.code().as_str(),
                    refused.header("www-authenticate")
                ),
                (401, code, "Bearer"),
                "{door}: {authorization}"
            );
        }
    }
}

/// B7, B14.
#[tokio::test]
async fn the_media_type_that_is_liked_best_decides_at_both_doors() {
    let stack = Stack::start(Options {
        way: Way::Direct,
        ..Options::default()
    })
    .await
    .unwrap();
    let place = json!({"location": {"lat": 48.8, "lng": 2.3}});
    let subscription = stack.ask("NewOfferNearby", place);
    let unknown = DocumentHash::of("subscription Unknown { __typename }").to_string();
    let stream = ("text/event-stream; charset=utf-8", 200, "");
    let graphql = "application/graphql-response+json; charset=utf-8";
    let json = "application/json; charset=utf-8";
    let table = [
        ("text/event-stream", stream),
        ("text/event-stream, application/json;q=0.5", stream),
        ("application/json;q=0.4, text/event-stream;q=0.5", stream),
        (
            "text/event-stream;q=0.5, application/json",
            (json, 406, "NOT_ACCEPTABLE"),
        ),
        ("application/json", (json, 406, "NOT_ACCEPTABLE")),
        ("*/*", (json, 406, "NOT_ACCEPTABLE")),
        (
            "application/graphql-response+json, */*;q=0.1",
            (graphql, 406, "NOT_ACCEPTABLE"),
        ),
    ];
    for (door, base) in doors(&stack) {
        let variables = [("variables", subscription.variables.to_string())];
        for (accept, expected) in table {
            for request in [
                stack
                    .client
                    .get(format!("{base}/graphql/{}", subscription.id))
                    .query(&variables),
                post(
                    &stack,
                    &base,
                    &json!({"documentId": subscription.id, "variables": subscription.variables}),
                ),
            ] {
                let response = request.header("accept", accept).send().await.unwrap();
                let media = response.headers()["content-type"].to_str().unwrap();
                let (media, status) = (media.to_owned(), response.status().as_u16());
                let code = match status {
                    // It has no end.
                    200 => String::new(),
                    _refused => Answer::read(response).await.unwrap().code(),
                };
                assert_eq!(
                    (media.as_str(), status, code.as_str()),
                    expected,
                    "{door}: {accept}"
                );
            }
        }
        let refused = [
            (unknown.as_str(), "{}", 404, "PERSISTED_QUERY_NOT_FOUND"),
            (subscription.id.as_str(), "{}", 400, "VARIABLE_MISSING"),
        ];
        for (id, variables, status, code) in refused {
            let request = stack.client.get(format!("{base}/graphql/{id}"));
            let request = request.query(&[("variables", variables)]);
            let refused = answer(request.header("accept", "text/event-stream")).await;
            assert_eq!(
                (refused.status, refused.code().as_str()),
                (status, code),
                "{door}"
            );
        }
    }
}

/// B8, B9.
#[tokio::test]
async fn pages_may_send_what_their_clients_add_and_read_the_origins_files() {
    const SITE: &str = "https://site.example";
    const SENT: &str = "apollographql-client-name, apollographql-client-version, traceparent, \
        baggage, sentry-trace, accept-language, authorization, content-type, yousoon-partner, x-mine";
    let stack = Stack::start(Options {
        origin: vec![
            ("YOUSOON_SITE_ORIGINS", SITE),
            ("YOUSOON_CORS_HEADERS", "x-mine"),
        ],
        edge: vec![
            ("ALLOWED_ORIGINS", SITE),
            ("ALLOWED_HEADERS", "yousoon-partner, x-mine"),
        ],
        ..Options::default()
    })
    .await
    .unwrap();
    let files = [
        ("/.well-known/jwks.json", 200),
        ("/.well-known/qr-keys.json", 200),
        ("/bookings/000000000000000000000000/qr.svg", 401),
        ("/bookings/000000000000000000000000.ics", 401),
    ];
    let mut lists = Vec::new();
    for (door, base) in doors(&stack) {
        let paths = files.iter().map(|(path, _)| *path);
        for path in paths.chain(["/graphql", "/graphql/x"]) {
            let request = stack
                .client
                .request(Method::OPTIONS, format!("{base}{path}"));
            let request = request
                .header("origin", SITE)
                .header("access-control-request-method", "GET")
                .header("access-control-request-headers", SENT);
            let preflight = answer(request).await;
            assert_eq!(preflight.status, 204, "{door} {path}");
            assert_eq!(
                preflight.header("access-control-allow-origin"),
                SITE,
                "{door} {path}"
            );
            let list = preflight.header("access-control-allow-headers").to_owned();
            let allowed: Vec<_> = list.split(", ").collect();
            for name in SENT.split(", ") {
                assert!(
                    allowed.contains(&name),
                    "{door} {path}: {name} is not in {list}"
                );
            }
            lists.push(list);
        }
        for (path, status) in files {
            for (site, allowed) in [(SITE, SITE), ("https://other.example", "")] {
                let request = stack.client.get(format!("{base}{path}"));
                let file = answer(request.header("origin", site)).await;
                assert_eq!(
                    (file.status, file.header("access-control-allow-origin")),
                    (status, allowed),
                    "{door} {path}"
                );
            }
        }
    }
    lists.dedup();
    assert_eq!(lists.len(), 1, "{lists:?}");
}

/// B13.
#[tokio::test]
async fn a_document_is_known_within_two_seconds_of_its_publication() {
    let stack = stack().await;
    let body = "query JustPublished { categories { id } }";
    let id = DocumentHash::of(body).to_string();
    let ask = Ask {
        id: id.clone(),
        variables: json!({}),
    };
    for (door, base) in doors(&stack) {
        let unknown = ask.get(&stack.client, &base).await.unwrap();
        assert_eq!(unknown.code(), "PERSISTED_QUERY_NOT_FOUND", "{door}");
    }
    let manifest = json!({"format": "apollo-persisted-query-manifest", "version": 1,
        "operations": [{"id": id, "name": "JustPublished", "type": "query", "body": body,
        "clientName": "site"}]});
    let publish = stack
        .client
        .post(format!("{}/admin/documents", stack.origin_url));
    let published = answer(publish.bearer_auth(stack.token()).json(&manifest)).await;
    assert_eq!(published.status, 200, "{}", published.text);
    for (door, base) in doors(&stack) {
        let within = Duration::from_secs(2);
        let known = ask.until(&stack.client, &base, within, |answer| answer.status == 200);
        let (_, took) = known.await.unwrap();
        println!(
            "{door}: known {} ms after it was published",
            took.as_millis()
        );
    }
}

/// B16: the edge asks for shared answers as nobody, and a refusal of one all the same speaks the
/// client's language.
#[tokio::test]
async fn a_refusal_of_a_public_document_speaks_the_readers_language_at_both_doors() {
    let stack = Stack::start(Options {
        way: Way::Direct,
        ..Options::default()
    })
    .await
    .unwrap();
    let place = json!({"location": {"lat": 48.8, "lng": 2.3}, "minDiscount": 101});
    let ask = stack.ask("OffersNearby", place);
    for (door, base) in doors(&stack) {
        for (accept, message) in [
            ("en", "`minDiscount` must be 0 to 100"),
            (
                "fr, en;q=0.5",
                "`minDiscount` doit être compris entre 0 et 100",
            ),
        ] {
            let body = json!({"documentId": ask.id, "variables": ask.variables});
            let request = post(&stack, &base, &body).header("accept-language", accept);
            let refused = answer(request).await;
            assert_eq!(refused.json()["errors"][0]["message"], message, "{door}");
            assert_eq!(refused.header("cache-control"), "no-store", "{door}");
        }
    }
}
