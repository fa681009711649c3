//! Google Maps: addresses, suggestions and route matrices.
//!
//! An address whose street has a number is a building in Paris, always the same for the same text;
//! another one is an area. `POST /control/places` orders other results, also none.

mod matrix;
pub(crate) mod place;

use axum::{
    Json,
    body::Bytes,
    extract::{Query, State as Extract},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub(crate) use matrix::compute;

use crate::state::State;

/// The most places that are ordered, and questions that are remembered.
pub(crate) const MOST: usize = 1_000;
/// Autocomplete suggests no more.
const MOST_SUGGESTIONS: usize = 5;
const LONGEST_SESSION: usize = 36;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Address {
    #[serde(rename = "address.addressLines")]
    lines: String,
    #[serde(rename = "address.locality")]
    locality: String,
    #[serde(rename = "address.postalCode")]
    postcode: String,
    #[serde(rename = "address.regionCode")]
    region: String,
    #[serde(rename = "languageCode")]
    _language: Option<String>,
}

pub(crate) async fn geocode(
    Extract(state): Extract<State>,
    headers: HeaderMap,
    Query(address): Query<Address>,
) -> Response {
    if let Some(refusal) = refusal(&state, &headers) {
        return refusal;
    }
    let line = format!(
        "{}, {} {}, {}",
        address.lines, address.postcode, address.locality, address.region
    );
    let results = ordered(&state, &line).unwrap_or_else(|| vec![building(&line, &address)]);
    note(&state, json!({ "geocode": line }));
    answer(if results.is_empty() {
        json!({})
    } else {
        json!({ "results": results })
    })
}

fn building(line: &str, address: &Address) -> Value {
    let is_house = address.lines.bytes().any(|byte| byte.is_ascii_digit());
    let hash = Sha256::digest(line);
    let part = |byte: u8| f64::from(byte) / 2_560.0;
    json!({
        "place": "places/fake",
        "placeId": hex::encode(&hash[..12]),
        "location": {"latitude": 48.81 + part(hash[0]), "longitude": 2.29 + part(hash[1])},
        "granularity": if is_house { "ROOFTOP" } else { "GEOMETRIC_CENTER" },
        "formattedAddress": line,
        "postalAddress": {
            "regionCode": address.region,
            "postalCode": address.postcode,
            "locality": address.locality,
            "addressLines": [address.lines],
        },
        "types": ["street_address"],
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Typed {
    input: String,
    session_token: Option<String>,
    #[serde(rename = "languageCode")]
    _language: Option<String>,
    #[serde(rename = "regionCode")]
    _region: Option<String>,
    location_bias: Option<Value>,
}

pub(crate) async fn autocomplete(
    Extract(state): Extract<State>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Some(refusal) = refusal(&state, &headers) {
        return refusal;
    }
    let typed: Typed = match serde_json::from_slice(&body) {
        Ok(typed) => typed,
        Err(problem) => return invalid(&problem.to_string()),
    };
    let session = typed.session_token.unwrap_or_default();
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if session.len() > LONGEST_SESSION || !session.bytes().all(is_base64) {
        return invalid("Invalid session token.");
    }
    note(
        &state,
        json!({"autocomplete": typed.input, "session": session, "bias": typed.location_bias}),
    );
    let texts: Vec<String> = match ordered(&state, &typed.input) {
        Some(results) => results
            .iter()
            .filter_map(|result| Some(result["formattedAddress"].as_str()?.to_owned()))
            .collect(),
        None => vec![format!("{}, Paris, France", typed.input)],
    };
    let suggestions: Vec<_> = texts
        .iter()
        .take(MOST_SUGGESTIONS)
        .map(|text| prediction(text))
        .collect();
    answer(if suggestions.is_empty() {
        json!({})
    } else {
        json!({ "suggestions": suggestions })
    })
}

fn prediction(text: &str) -> Value {
    let id = hex::encode(&Sha256::digest(text)[..12]);
    let (main, secondary) = text.split_once(", ").unwrap_or((text, ""));
    json!({"placePrediction": {
        "place": format!("places/{id}"),
        "placeId": id,
        "text": {"text": text},
        "structuredFormat": {"mainText": {"text": main}, "secondaryText": {"text": secondary}},
        "types": ["street_address"],
    }})
}

/// What was ordered for a text.
fn ordered(state: &State, text: &str) -> Option<Vec<Value>> {
    let locked = state.lock();
    let mut places = locked.places.iter();
    let place = places.find(|place| text.contains(&place.asked))?;
    Some(place.results.clone())
}

fn note(state: &State, asked: Value) {
    let mut locked = state.lock();
    if locked.asked.len() < MOST {
        locked.asked.push(asked);
    }
}

/// The refusal of a request without our key, or without a list of fields.
fn refusal(state: &State, headers: &HeaderMap) -> Option<Response> {
    let header = |name| headers.get(name).map(axum::http::HeaderValue::as_bytes);
    match header("x-goog-api-key") {
        None => {
            let said = "The request is missing a valid API key.";
            return Some(refuse(StatusCode::FORBIDDEN, "PERMISSION_DENIED", said));
        }
        Some(key) if key != state.inner.secrets.google_key.as_bytes() => {
            let said = "API key not valid. Please pass a valid API key.";
            let body = json!({"error": {
                "code": 400, "message": said, "status": "INVALID_ARGUMENT",
                "details": [{
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "API_KEY_INVALID",
                    "domain": "googleapis.com",
                }],
            }});
            return Some((StatusCode::BAD_REQUEST, Json(body)).into_response());
        }
        Some(_) => {}
    }
    let has_fields = header("x-goog-fieldmask").is_some_and(|fields| !fields.is_empty());
    (!has_fields).then(|| invalid("FieldMask is a required parameter."))
}

fn invalid(said: &str) -> Response {
    refuse(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", said)
}

fn refuse(status: StatusCode, word: &str, said: &str) -> Response {
    let error = json!({"code": status.as_u16(), "message": said, "status": word});
    (status, Json(json!({ "error": error }))).into_response()
}

fn answer(body: Value) -> Response {
    Json(body).into_response()
}
