//! Orders to the fakes, as JSON:
//!
//! - `POST /control/trouble` `{"provider": "ses", "times": 2, "trouble": {"kind": "fail", "status":
//!   429, "retry_after": "7"}}`: the next requests go wrong (see [`Trouble`]).
//! - `POST /control/invalid-devices` `["…"]`: the devices that OneSignal does not know.
//! - `POST /control/reports` `{"url": "http://127.0.0.1:…", "reports": [{"report": "email",
//!   "number": 1, "event": "bounce"}], "times": 2}`: sends reports in this order, all of them this
//!   often (see [`Report`]); `"tampered": true` changes them after they were signed. Answers the
//!   webhook's statuses.
//! - `POST /control/places` `[{"asked": "2 rue de Rivoli", "results": []}]`: what Google Maps finds for
//!   addresses and texts that contain `asked`; results are those of Geocoding v4.
//! - `GET /control/asked`: what Google Maps was asked.
//! - `GET /control/events`, `GET /control/forgotten`: Amplitude's events, and the people whom it was told to
//!   forget.
//! - `POST /control/decide` `{"session": "…", "status": "approved", "date_of_birth": "1990-02-03", "report":
//!   {"url": "http://127.0.0.1:…", "times": 2}}`: Veriff decides, and reports it so often, or not at all
//!   without `report` (see `veriff.rs`).
//! - `POST /control/report-again` `{"session": "…", "report": {"url": "…", "nth": 0}}`: Veriff reports a
//!   decision once more.
//! - `GET /control/sessions`: Veriff's sessions.
//! - `GET /control/confirmed`: the tokens of subscriptions that were confirmed.
//! - `/control/stripe/…`: see `stripe/control.rs`.
//! - `POST /control/reset`: forgets everything.

use axum::{
    Json, Router,
    extract::State as Extract,
    http::StatusCode,
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    google::{self, place::Place},
    state::{Locked, State},
    stripe,
    trouble::Trouble,
    veriff,
    webhooks::{Report, address},
};

/// The most troubles that wait.
const MOST_TROUBLES: usize = 1000;
const MOST_REPEATS: usize = 100;
const PROVIDERS: [&str; 8] = [
    "ses",
    "sns",
    "twilio",
    "onesignal",
    "google",
    "amplitude",
    "stripe",
    "veriff",
];

pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/trouble", post(trouble))
        .route("/invalid-devices", post(invalid_devices))
        .route("/reports", post(reports))
        .route("/places", post(places))
        .route("/asked", get(asked))
        .route("/events", get(events))
        .route("/forgotten", get(forgotten))
        .route("/decide", post(veriff::decide))
        .route("/report-again", post(veriff::report_again))
        .route("/sessions", get(veriff::sessions))
        .route("/confirmed", get(confirmed))
        .route("/reset", post(reset))
        .nest("/stripe", stripe::control_routes())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    provider: String,
    #[serde(default = "once")]
    times: usize,
    trouble: Trouble,
}

const fn once() -> usize {
    1
}

async fn trouble(Extract(state): Extract<State>, Json(order): Json<Order>) -> StatusCode {
    if !PROVIDERS.contains(&order.provider.as_str()) || order.times > MOST_TROUBLES {
        return StatusCode::BAD_REQUEST;
    }
    let mut locked = state.lock();
    let waiting = locked.troubles.entry(order.provider).or_default();
    waiting.extend(std::iter::repeat_n(order.trouble, order.times));
    waiting.truncate(MOST_TROUBLES);
    StatusCode::NO_CONTENT
}

async fn invalid_devices(
    Extract(state): Extract<State>,
    Json(devices): Json<Vec<String>>,
) -> StatusCode {
    state.lock().invalid_devices = devices;
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reports {
    url: String,
    #[serde(rename = "reports")]
    list: Vec<Report>,
    #[serde(default = "once")]
    times: usize,
    #[serde(default)]
    tampered: bool,
}

async fn reports(
    Extract(state): Extract<State>,
    Json(order): Json<Reports>,
) -> Result<Json<Vec<u16>>, (StatusCode, String)> {
    let wrong = |error: anyhow::Error| (StatusCode::BAD_REQUEST, format!("{error:#}"));
    let url = address(&order.url).map_err(wrong)?;
    let written = order.list.iter().map(|report| report.write(&state, &url));
    let mut written = written.collect::<anyhow::Result<Vec<_>>>().map_err(wrong)?;
    if order.tampered {
        written
            .iter_mut()
            .for_each(crate::webhooks::Request::tamper);
    }
    let mut statuses = Vec::new();
    for _ in 0..order.times.min(MOST_REPEATS) {
        for request in &written {
            statuses.push(request.send(&state, &url).await.map_err(wrong)?);
        }
    }
    Ok(Json(statuses))
}

async fn places(Extract(state): Extract<State>, Json(mut places): Json<Vec<Place>>) -> StatusCode {
    places.truncate(google::MOST);
    state.lock().places = places;
    StatusCode::NO_CONTENT
}

async fn asked(Extract(state): Extract<State>) -> Json<Vec<Value>> {
    Json(state.lock().asked.clone())
}

async fn events(Extract(state): Extract<State>) -> Json<Vec<Value>> {
    Json(state.lock().events.clone())
}

async fn forgotten(Extract(state): Extract<State>) -> Json<Vec<String>> {
    Json(state.lock().forgotten.clone())
}

async fn confirmed(Extract(state): Extract<State>) -> Json<Vec<String>> {
    Json(state.lock().confirmed.clone())
}

async fn reset(Extract(state): Extract<State>) -> StatusCode {
    let mut locked = state.lock();
    // Numbers go on: names of messages are never given twice.
    let mut mailbox = std::mem::take(&mut locked.mailbox);
    mailbox.clear();
    let stripe = std::mem::take(&mut locked.stripe).emptied();
    *locked = Locked {
        mailbox,
        stripe,
        sessions_begun: locked.sessions_begun,
        veriff_webhook: locked.veriff_webhook.take(),
        ..Locked::default()
    };
    StatusCode::NO_CONTENT
}
