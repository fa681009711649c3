//! Amplitude: events (HTTP V2 API) and erasure (User Privacy API).

use axum::{
    Json,
    body::Bytes,
    extract::State as Extract,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::state::State;

const MOST_EVENTS: usize = 2_000;
const MOST_PEOPLE: usize = 100;
const SHORTEST_ID: usize = 5;
/// The most events that are remembered.
const MOST_KEPT: usize = 100_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Upload {
    api_key: Option<String>,
    events: Option<Vec<Value>>,
    #[serde(rename = "options")]
    _options: Option<Value>,
}

pub(crate) async fn upload(Extract(state): Extract<State>, body: Bytes) -> Response {
    let Ok(upload) = serde_json::from_slice::<Upload>(&body) else {
        return bad(json!({"error": "Invalid JSON request body"}));
    };
    let Some(key) = upload.api_key else {
        return missing("api_key");
    };
    if key != state.inner.secrets.amplitude_key {
        return bad(json!({ "error": format!("Invalid API key: {key}") }));
    }
    let Some(events) = upload.events.filter(|events| !events.is_empty()) else {
        return missing("events");
    };
    if events.len() > MOST_EVENTS {
        let body = json!({"code": 413, "error": "Payload too large"});
        return (StatusCode::PAYLOAD_TOO_LARGE, Json(body)).into_response();
    }
    for field in ["event_type", "user_id"] {
        let is_wrong = |event: &Value| match event[field].as_str() {
            None => true,
            Some(text) => field == "user_id" && text.len() < SHORTEST_ID,
        };
        let wrong: Vec<usize> = (0..events.len())
            .filter(|at| is_wrong(&events[*at]))
            .collect();
        if !wrong.is_empty() {
            return bad(json!({"error": "Request missing required field",
                "events_with_missing_fields": {field: wrong}}));
        }
    }
    take(&state, &body, events)
}

/// An event whose `insert_id` was taken before is not taken again.
fn take(state: &State, body: &Bytes, events: Vec<Value>) -> Response {
    let mut locked = state.lock();
    let count = events.len();
    for event in events {
        let id = event["insert_id"].clone();
        let is_new = id.is_null() || !locked.events.iter().any(|kept| kept["insert_id"] == id);
        if is_new && locked.events.len() < MOST_KEPT {
            locked.events.push(event);
        }
    }
    let answer = json!({"code": 200, "events_ingested": count,
        "payload_size_bytes": body.len(), "server_upload_time": 1_396_381_378_123_i64});
    Json(answer).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Deletion {
    #[serde(default)]
    user_ids: Vec<String>,
    #[serde(default)]
    ignore_invalid_id: Value,
    #[serde(rename = "requester")]
    _requester: Option<String>,
}

pub(crate) async fn delete(
    Extract(state): Extract<State>,
    headers: HeaderMap,
    Json(deletion): Json<Deletion>,
) -> Response {
    let secrets = &state.inner.secrets;
    let pair = format!("{}:{}", secrets.amplitude_key, secrets.amplitude_secret);
    let expected = format!("Basic {}", STANDARD.encode(pair));
    let given = headers.get(header::AUTHORIZATION);
    if given.is_none_or(|given| given.as_bytes() != expected.as_bytes()) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if deletion.user_ids.is_empty() || deletion.user_ids.len() > MOST_PEOPLE {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let mut locked = state.lock();
    let is_known = |person: &String| {
        let mut events = locked.events.iter();
        events.any(|event| event["user_id"] == person.as_str())
    };
    let ignores = ["true", "True"].contains(&deletion.ignore_invalid_id.as_str().unwrap_or(""));
    if !ignores && !deletion.user_ids.iter().all(is_known) {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let people = deletion.user_ids;
    locked.events.retain(|event| {
        let of = event["user_id"].as_str().unwrap_or_default();
        !people.iter().any(|person| person == of)
    });
    locked.forgotten.extend(people);
    let job = json!([{"day": "2026-12-15", "amplitude_ids": [], "status": "staging"}]);
    Json(job).into_response()
}

fn missing(field: &str) -> Response {
    bad(json!({"error": "Request missing required field", "missing_field": field}))
}

fn bad(mut body: Value) -> Response {
    body["code"] = 400.into();
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}
