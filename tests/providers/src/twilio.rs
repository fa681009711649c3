//! Twilio's Messages API.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State as Extract},
    http::{HeaderMap, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;

use crate::{
    mailbox::{Item, now},
    state::State,
};

/// Twilio knows no repeats: each request is a message.
pub(crate) async fn create(
    Extract(state): Extract<State>,
    Path(account): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let secrets = &state.inner.secrets;
    let pair = format!("{}:{}", secrets.twilio_user, secrets.twilio_password);
    let expected = format!("Basic {}", STANDARD.encode(pair));
    let given = headers.get("authorization").map(HeaderValue::as_bytes);
    if given != Some(expected.as_bytes()) || account != secrets.twilio_account {
        return error(StatusCode::UNAUTHORIZED, 20003, "Authenticate");
    }
    let kind = headers
        .get("content-type")
        .and_then(|kind| kind.to_str().ok());
    if kind.is_none_or(|kind| !kind.starts_with("application/x-www-form-urlencoded")) {
        return error(StatusCode::UNSUPPORTED_MEDIA_TYPE, 20422, "Not a form");
    }
    let form: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
    let field = |name: &str| {
        let found = form.iter().find(|(field, _)| field == name);
        found
            .map(|(_, value)| value.clone())
            .filter(|value| !value.is_empty())
    };
    let Some(to) = field("To") else {
        return error(
            StatusCode::BAD_REQUEST,
            21604,
            "A 'To' phone number is required.",
        );
    };
    let digits = to.strip_prefix('+').unwrap_or_default();
    if !(8..=15).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let message = format!("The 'To' number {to} is not a valid phone number.");
        return error(StatusCode::BAD_REQUEST, 21211, &message);
    }
    let Some(from) = field("MessagingServiceSid").or_else(|| field("From")) else {
        return error(
            StatusCode::BAD_REQUEST,
            21603,
            "A 'From' phone number is required.",
        );
    };
    let Some(text) = field("Body") else {
        return error(StatusCode::BAD_REQUEST, 21602, "Message body is required.");
    };
    let mut locked = state.lock();
    let id = format!("SM{:032x}", locked.mailbox.next());
    let answer = json!({
        "account_sid": account, "body": text, "error_code": null, "error_message": null,
        "from": null, "sid": id, "status": "accepted", "to": to,
    });
    locked.mailbox.keep(Item {
        number: 0,
        id,
        provider: "twilio",
        to: vec![to],
        from,
        title: String::new(),
        text,
        html: None,
        headers: Vec::new(),
        link: field("StatusCallback"),
        key: None,
        at: now(),
    });
    (StatusCode::CREATED, Json(answer)).into_response()
}

fn error(status: StatusCode, code: u32, message: &str) -> Response {
    let body = json!({
        "code": code,
        "message": message,
        "more_info": format!("https://www.twilio.com/docs/errors/{code}"),
        "status": status.as_u16(),
    });
    (status, Json(body)).into_response()
}
