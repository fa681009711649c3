//! Parses arbitrary bytes as a client's request: it must be refused or parsed. A request that the edge
//! plans as a shared read must get the same cache key when the edge's own request for it is parsed
//! again.
//!
//! An input is the line `METHOD path_id?query`, a line with the content type and, after a space, the
//! content encoding, and the body.
#![no_main]

use std::sync::LazyLock;

use edge_core::plan::{Plan, SharedRead, plan};
use libfuzzer_sys::fuzz_target;
use pq_core::manifest::Operation;
use pq_core::request::{DocumentRef, HttpParts, Method};
use pq_core::{DocumentHash, GraphqlRequest, MediaType};
use serde_json::json;

static OPERATION: LazyLock<Operation> = LazyLock::new(|| {
    let body = "query Near($at: At, $words: [String!]) { near(at: $at, words: $words) }";
    let operation = json!({
        "id": DocumentHash::of(body), "name": "Near", "type": "query", "body": body,
        "variables": [
            {"name": "at", "type": "At"},
            {"name": "words", "type": "[String!]"},
            {"name": "first", "type": "Int", "default": 20},
            {"name": "id", "type": "ID"},
            {"name": "exact", "type": "Boolean"},
        ],
        "inputTypes": {"At": {"kind": "object", "fields": [
            {"name": "lat", "type": "Float!"}, {"name": "lng", "type": "Float!"}]}},
        "policy": {"scope": "public", "maxAgeS": 60,
            "snap": {"path": ["at"], "lat": "lat", "lng": "lng", "resolution": 8}},
    });
    serde_json::from_value(operation).expect("the operation of this target")
});

fuzz_target!(|input: &[u8]| {
    let Some(parts) = parts(input) else {
        return;
    };
    match GraphqlRequest::parse(parts) {
        Ok(request) => parsed(request),
        Err(refusal) => {
            let body: serde_json::Value = serde_json::from_str(&refusal.body()).expect("JSON");
            assert!(body["errors"][0]["extensions"]["code"].is_string());
            for media in [MediaType::Json, MediaType::GraphqlResponse] {
                assert!((200..500).contains(&refusal.status(media)), "{refusal:?}");
            }
        }
    }
});

fn parts(input: &[u8]) -> Option<HttpParts<'_>> {
    let mut lines = input.splitn(3, |byte| *byte == b'\n');
    let (method, target) = std::str::from_utf8(lines.next()?).ok()?.split_once(' ')?;
    // With an encoding after a space, if the body has one.
    let content_type = std::str::from_utf8(lines.next()?).ok()?;
    let (content_type, content_encoding) = match content_type.split_once(' ') {
        Some((content_type, encoding)) => (content_type, Some(encoding)),
        None => (content_type, None),
    };
    let method = match method {
        "GET" => Method::Get,
        "POST" => Method::Post,
        _ => return None,
    };
    let (path_id, query) = match target.split_once('?') {
        Some((path_id, query)) => (path_id, Some(query)),
        None => (target, None),
    };
    Some(HttpParts {
        method,
        path_id: (!path_id.is_empty()).then_some(path_id),
        query,
        content_type: (!content_type.is_empty()).then_some(content_type),
        content_encoding,
        body: match method {
            Method::Get => &[],
            Method::Post => lines.next().unwrap_or_default(),
        },
    })
}

fn parsed(request: GraphqlRequest) {
    if let DocumentRef::Body { hash, body } = &request.document {
        assert_eq!(
            *hash,
            DocumentHash::of(body),
            "the hash of another document"
        );
    }
    // Planned as if it were a request for this target's document.
    let Ok(Plan::Read(read)) = plan(&request, &OPERATION) else {
        return;
    };
    let again = GraphqlRequest::parse(HttpParts {
        method: Method::Post,
        path_id: None,
        query: None,
        content_type: Some("application/json"),
        content_encoding: None,
        body: read.origin_body.as_bytes(),
    });
    let again = again.expect("the edge's own request is well-formed");
    assert_eq!(again.document.hash(), OPERATION.id);
    let SharedRead {
        key, origin_body, ..
    } = &read;
    match plan(&again, &OPERATION).expect("the edge's own request is accepted") {
        Plan::Read(again) => {
            assert_eq!(
                again.key, *key,
                "one request has two cache keys: {origin_body}"
            );
        }
        Plan::Forward | Plan::Nearest(_) => panic!("the edge's own request is not a shared read: {origin_body}"),
    }
}
