//! Veriff: sessions, their decisions and their deletion, the page on which somebody shows a document, and
//! reports.

use axum::{
    Json,
    body::Bytes,
    extract::{Form, Path, State as Extract},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use hmac::{Hmac, Mac};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Sha256;
use url::Url;

use crate::{mailbox::now, page::escaped, sessions::Session, state::State, webhooks::address};

/// The most sessions that are remembered.
const MOST_SESSIONS: usize = 10_000;
const MOST_REPEATS: usize = 100;
/// Its buttons send a form to this fake, and nothing runs.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
                           form-action 'self'; frame-ancestors 'none'";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSession {
    verification: NewVerification,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct NewVerification {
    vendor_data: String,
}

pub(crate) async fn start(
    Extract(state): Extract<State>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !is_signed(&state, &headers, &body) {
        return refused(StatusCode::UNAUTHORIZED, "1301");
    }
    let Ok(new) = serde_json::from_slice::<NewSession>(&body) else {
        return refused(StatusCode::BAD_REQUEST, "1101");
    };
    let address = state.inner.address;
    let mut locked = state.lock();
    if locked.sessions.len() == MOST_SESSIONS {
        locked.sessions.remove(0);
    }
    locked.sessions_begun += 1;
    let id = format!("00000000-0000-4000-8000-{:012x}", locked.sessions_begun);
    locked.sessions.push(Session {
        id: id.clone(),
        vendor_data: new.verification.vendor_data.clone().into(),
        decisions: Vec::new(),
        deleted: false,
    });
    let answer = json!({"status": "success", "verification": {
        "id": id, "url": format!("http://{address}/veriff/v/{id}"), "status": "created",
        "vendorData": new.verification.vendor_data, "host": format!("http://{address}"),
        "sessionToken": id,
    }});
    (StatusCode::CREATED, Json(answer)).into_response()
}

pub(crate) async fn decision(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !is_signed(&state, &headers, id.as_bytes()) {
        return refused(StatusCode::UNAUTHORIZED, "1301");
    }
    let locked = state.lock();
    let Some(session) = locked
        .sessions
        .iter()
        .find(|one| one.id == id && !one.deleted)
    else {
        return refused(StatusCode::NOT_FOUND, "1304");
    };
    let decision = session.decisions.last();
    Json(json!({"status": "success", "verification": decision})).into_response()
}

pub(crate) async fn delete(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !is_signed(&state, &headers, id.as_bytes()) {
        return refused(StatusCode::UNAUTHORIZED, "1301");
    }
    let mut locked = state.lock();
    let mut sessions = locked.sessions.iter_mut();
    let Some(session) = sessions.find(|one| one.id == id && !one.deleted) else {
        return refused(StatusCode::NOT_FOUND, "1304");
    };
    if session
        .decisions
        .last()
        .is_some_and(|last| last["status"] == "review")
    {
        return refused(StatusCode::BAD_REQUEST, "1305");
    }
    session.deleted = true;
    // Of the person nothing is left.
    session.vendor_data = Value::Null;
    session.decisions.clear();
    Json(json!({"status": "success", "verification": {"id": id}})).into_response()
}

/// What somebody decides, by order or on the page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decide {
    session: String,
    /// `approved`, `declined`, `resubmission_requested`, `expired`, `abandoned` or `review`.
    status: String,
    date_of_birth: Option<String>,
    reason_code: Option<u32>,
    /// By Veriff's clock; now if it is not given, none if it is empty.
    at: Option<String>,
    report: Option<ReportTo>,
}

/// A report to send.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportTo {
    url: String,
    #[serde(default = "once")]
    times: usize,
    /// Which decision of the session, from 0; the last one if it is not given.
    nth: Option<usize>,
    /// Another secret than ours.
    secret: Option<String>,
    /// Another integration's key than ours.
    client: Option<String>,
    /// Changed after it was signed.
    #[serde(default)]
    tampered: bool,
}

const fn once() -> usize {
    1
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Again {
    session: String,
    report: ReportTo,
}

type Sent = Result<Json<Vec<u16>>, (StatusCode, String)>;

/// `POST /control/decide`.
pub(crate) async fn decide(Extract(state): Extract<State>, Json(order): Json<Decide>) -> Sent {
    let id = order.session.clone();
    keep(&state, &order).map_err(|why| (StatusCode::BAD_REQUEST, why.to_owned()))?;
    match order.report {
        None => Ok(Json(Vec::new())),
        Some(to) => send(&state, &id, &to).await,
    }
}

/// `POST /control/report-again`.
pub(crate) async fn report_again(Extract(state): Extract<State>, Json(again): Json<Again>) -> Sent {
    send(&state, &again.session, &again.report).await
}

/// `GET /control/sessions`.
pub(crate) async fn sessions(Extract(state): Extract<State>) -> Json<Vec<Session>> {
    Json(state.lock().sessions.clone())
}

fn keep(state: &State, order: &Decide) -> Result<(), &'static str> {
    let code = match order.status.as_str() {
        "approved" => 9001,
        "declined" => 9102,
        "resubmission_requested" => 9103,
        "expired" | "abandoned" => 9104,
        "review" => 9121,
        _ => return Err("not a status"),
    };
    let mut locked = state.lock();
    let mut sessions = locked.sessions.iter_mut();
    let session = sessions
        .find(|one| one.id == order.session && !one.deleted)
        .ok_or("no such session")?;
    let at = match order.at.as_deref() {
        None => Some(now()),
        Some("") => None,
        Some(at) => Some(at.to_owned()),
    };
    let attempt = format!("attempt-{}", session.decisions.len());
    session.decisions.push(json!({
        "id": session.id, "attemptId": attempt, "code": code, "status": order.status,
        "reason": null, "reasonCode": order.reason_code, "decisionTime": at,
        "acceptanceTime": now(), "vendorData": session.vendor_data,
        "person": {"firstName": "CAMILLE", "lastName": "MARTIN",
            "dateOfBirth": order.date_of_birth, "idNumber": "990102012345"},
        "document": {"type": "ID_CARD", "number": "X4RTBPFW4", "country": "FR"},
    }));
    Ok(())
}

async fn send(state: &State, id: &str, to: &ReportTo) -> Sent {
    let wrong = |why: String| (StatusCode::BAD_REQUEST, why);
    let url = address(&to.url).map_err(|error| wrong(format!("{error:#}")))?;
    let decision = {
        let locked = state.lock();
        let session = locked.sessions.iter().find(|one| one.id == id);
        session.and_then(|session| match to.nth {
            Some(nth) => session.decisions.get(nth).cloned(),
            None => session.decisions.last().cloned(),
        })
    };
    let decision = decision.ok_or_else(|| wrong("no such decision".to_owned()))?;
    let mut statuses = Vec::new();
    for _ in 0..to.times.min(MOST_REPEATS) {
        let status = post(state, &url, &decision, to).await;
        statuses.push(status.map_err(|error| wrong(error.to_string()))?);
    }
    Ok(Json(statuses))
}

async fn post(
    state: &State,
    url: &Url,
    decision: &Value,
    to: &ReportTo,
) -> Result<u16, reqwest::Error> {
    let secrets = &state.inner.secrets;
    let mut body = json!({"status": "success", "verification": decision}).to_string();
    let secret = to.secret.as_deref().unwrap_or(&secrets.veriff_secret);
    let signature = signature(secret, body.as_bytes());
    if to.tampered {
        body = body.replace("9102", "9001").replace("declined", "approved");
        body.push(' ');
    }
    let request = state
        .inner
        .http
        .post(url.clone())
        .header("content-type", "application/json")
        .header(
            "x-auth-client",
            to.client.as_deref().unwrap_or(&secrets.veriff_key),
        )
        .header("x-hmac-signature", signature);
    Ok(request.body(body).send().await?.status().as_u16())
}

/// The page on which a developer plays the person, and Veriff.
pub(crate) async fn page(Extract(state): Extract<State>, Path(id): Path<String>) -> Response {
    let locked = state.lock();
    let Some(session) = locked
        .sessions
        .iter()
        .find(|one| one.id == id && !one.deleted)
    else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let last = session.decisions.last();
    let last = last
        .and_then(|last| last["status"].as_str())
        .unwrap_or("nothing yet");
    let buttons: String = [
        ("approved", "Approve"),
        ("declined", "Decline"),
        ("resubmission_requested", "Ask for other pictures"),
        ("expired", "Let it expire"),
    ]
    .map(|(status, label)| format!("<button name=status value={status}>{label}</button> "))
    .concat();
    let html = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Identity check</title>\
         <meta name=viewport content='width=device-width'>\
         <style>body{{font:16px/1.6 system-ui,sans-serif;max-width:34rem;margin:3rem auto;\
         padding:0 1rem;color-scheme:light dark}}button{{font:inherit;padding:.4rem .8rem}}</style>\
         <h1>Identity check</h1><p>A fake of Veriff. Session {}; decided: {}.</p>\
         <form method=post><p><label>Born <input name=born type=date value=1990-02-03></label></p>\
         {buttons}</form>",
        escaped(&id),
        escaped(last),
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, Html(html)).into_response()
}

#[derive(Deserialize)]
pub(crate) struct Pressed {
    status: String,
    born: String,
}

pub(crate) async fn press(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    Form(pressed): Form<Pressed>,
) -> Response {
    let decide = Decide {
        session: id.clone(),
        reason_code: (pressed.status == "resubmission_requested").then_some(204),
        date_of_birth: (pressed.status == "approved").then_some(pressed.born),
        status: pressed.status,
        at: None,
        report: None,
    };
    if let Err(why) = keep(&state, &decide) {
        return (StatusCode::BAD_REQUEST, why).into_response();
    }
    let webhook = state.lock().veriff_webhook.clone();
    if let Some(url) = webhook {
        let to = ReportTo {
            url: url.to_string(),
            times: 1,
            nth: None,
            secret: None,
            client: None,
            tampered: false,
        };
        if let Err((_, why)) = send(&state, &id, &to).await {
            eprintln!("fake providers: the report of {id}: {why}");
        }
    }
    Redirect::to(&format!("/veriff/v/{id}")).into_response()
}

fn is_signed(state: &State, headers: &HeaderMap, signed: &[u8]) -> bool {
    let secrets = &state.inner.secrets;
    let given = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
    let expected = signature(&secrets.veriff_secret, signed);
    given("x-auth-client") == Some(secrets.veriff_key.as_bytes())
        && given("x-hmac-signature") == Some(expected.as_bytes())
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
fn signature(secret: &str, signed: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
    let mac = mac.expect("HMAC takes keys of every length");
    hex::encode(mac.chain_update(signed).finalize().into_bytes())
}

fn refused(status: StatusCode, code: &str) -> Response {
    (
        status,
        Json(json!({"status": "fail", "code": code, "message": "no"})),
    )
        .into_response()
}
