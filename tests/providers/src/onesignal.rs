//! OneSignal's notifications.

use axum::{
    Json,
    body::Bytes,
    extract::State as Extract,
    http::{HeaderMap, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    mailbox::{Item, now},
    state::State,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Notification {
    app_id: String,
    idempotency_key: Option<String>,
    #[serde(rename = "target_channel")]
    _target_channel: Option<String>,
    include_subscription_ids: Vec<String>,
    headings: Text,
    contents: Text,
    url: Option<String>,
    app_url: Option<String>,
}

#[derive(Deserialize)]
struct Text {
    en: String,
}

/// Answers a key that repeats as it did the first time, and sends nothing.
pub(crate) async fn create(
    Extract(state): Extract<State>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let expected = format!("Key {}", state.inner.secrets.onesignal_key);
    let given = headers.get("authorization").map(HeaderValue::as_bytes);
    if given != Some(expected.as_bytes()) {
        let said =
            "Access denied.  Please include an 'Authorization: ...' header with a valid API key.";
        return refuse(StatusCode::FORBIDDEN, said);
    }
    let sent: Notification = match serde_json::from_slice(&body) {
        Ok(sent) => sent,
        Err(problem) => return refuse(StatusCode::BAD_REQUEST, &problem.to_string()),
    };
    if sent.app_id != state.inner.secrets.onesignal_app {
        return refuse(StatusCode::BAD_REQUEST, "app_id not found");
    }
    let uuids = sent
        .include_subscription_ids
        .iter()
        .chain(&sent.idempotency_key);
    if !uuids.into_iter().all(|text| is_uuid(text)) {
        return refuse(
            StatusCode::BAD_REQUEST,
            "Incorrect format: not a valid UUID",
        );
    }
    if sent.url.is_some() && sent.app_url.is_some() {
        return refuse(StatusCode::BAD_REQUEST, "url must not be set with app_url");
    }
    if sent.include_subscription_ids.is_empty() {
        let said = "You must include which players, segments, or tags you wish to send this notification to.";
        return refuse(StatusCode::BAD_REQUEST, said);
    }
    take(&state, sent)
}

fn take(state: &State, sent: Notification) -> Response {
    let mut locked = state.lock();
    if let Some(key) = &sent.idempotency_key
        && let Some(answer) = locked.answers.get(key)
    {
        return ([("idempotent-replayed", "true")], Json(answer.clone())).into_response();
    }
    let (invalid, valid): (Vec<_>, Vec<_>) = sent
        .include_subscription_ids
        .into_iter()
        .partition(|device| locked.invalid_devices.contains(device));
    let id = if valid.is_empty() {
        String::new()
    } else {
        format!("00000000-0000-4000-8000-{:012x}", locked.mailbox.next())
    };
    let mut answer = json!({ "id": id, "external_id": null });
    if !invalid.is_empty() {
        answer["errors"] = json!({ "invalid_player_ids": invalid });
    }
    if !valid.is_empty() {
        locked.mailbox.keep(Item {
            number: 0,
            id,
            provider: "onesignal",
            to: valid,
            from: sent.app_id,
            title: sent.headings.en,
            text: sent.contents.en,
            html: None,
            headers: Vec::new(),
            link: sent.url.or(sent.app_url),
            key: sent.idempotency_key.clone(),
            at: now(),
        });
        if let Some(key) = sent.idempotency_key {
            locked.answers.keep(key, answer.clone());
        }
    }
    Json::<Value>(answer).into_response()
}

fn is_uuid(text: &str) -> bool {
    let lengths: Vec<_> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12]
        && text
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

fn refuse(status: StatusCode, said: &str) -> Response {
    (status, Json(json!({ "errors": [said] }))).into_response()
}
