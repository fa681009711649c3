//! Orders to the fake of Stripe, below `/control/stripe`:
//!
//! - `POST /webhook` `{"url": "http://127.0.0.1:…", "held": false}`: where reports go; held ones wait for an
//!   order.
//! - `POST /chaos` (see [`super::Chaos`]).
//! - `POST /intents/{id}/pay` `{"attempt": "succeeds" | "declined" | "processes" | "on_cancel"}`: what the
//!   guest's wallet does; `on_cancel` pays at the moment at which the intent is cancelled.
//! - `POST /intents/{id}/dispute` `{"reason": "fraudulent", "status": "needs_response"}`,
//!   `POST /disputes/{id}` `{"status": "won"}`.
//! - `POST /refunds/{id}/fail`; `POST /intents/{id}/refund` `{"amount": 100}`: at Stripe's own page.
//! - `POST /accounts/{id}` `{"charges_enabled": …, "payouts_enabled": …, "details_submitted": …}`.
//! - `POST /accounts/{id}/payout` `{"amount": …, "currency": "eur"}`, `POST /payouts/{id}/fail`.
//! - `POST /forget/{id}`: forgets the lines of an intent or refund in the books, as if nothing had moved.
//! - `POST /send` `{"event": "evt_…", "times": 2, "signed": "previous", "age_s": 400, "is_live": true,
//!   "is_tampered": true}`: sends a report in another way; answers the webhook's statuses.
//! - `GET /events`, `GET /deliveries`, `GET /books`.

use axum::{
    Json, Router,
    extract::{Path, State as Extract},
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    api::{answer, outcome},
    books::{Books, Metadata, Problem, Stripe},
    chaos::Chaos,
    intents::{Attempt, NewRefund},
    objects,
    partners::Abilities,
    reports::{self, Manner, Signed},
};
use crate::{state::State, webhooks};

const MOST_REPEATS: usize = 100;

pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/webhook", post(webhook))
        .route("/chaos", post(chaos))
        .route("/intents/{id}/pay", post(pay))
        .route("/intents/{id}/dispute", post(dispute))
        .route("/intents/{id}/refund", post(refund))
        .route("/disputes/{id}", post(decide))
        .route("/refunds/{id}/fail", post(fail_refund))
        .route("/accounts/{id}", post(account))
        .route("/accounts/{id}/payout", post(payout))
        .route("/payouts/{id}/fail", post(fail_payout))
        .route("/forget/{id}", post(forget))
        .route("/send", post(send))
        .route("/events", get(events))
        .route("/deliveries", get(deliveries))
        .route("/books", get(books))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Webhook {
    url: String,
    #[serde(default)]
    held: bool,
}

async fn webhook(Extract(state): Extract<State>, Json(order): Json<Webhook>) -> StatusCode {
    let Ok(url) = webhooks::address(&order.url) else {
        return StatusCode::BAD_REQUEST;
    };
    let reporting = &mut state.lock().stripe.reporting;
    reporting.url = Some(url);
    reporting.is_held = order.held;
    StatusCode::NO_CONTENT
}

async fn chaos(Extract(state): Extract<State>, Json(order): Json<Chaos>) -> StatusCode {
    state.lock().stripe.set_chaos(order);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pay {
    attempt: Paid,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Paid {
    Succeeds,
    Declined,
    Processes,
    OnCancel,
}

async fn pay(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    Json(order): Json<Pay>,
) -> Response {
    done(&state, |stripe| {
        let attempt = match order.attempt {
            Paid::Succeeds => Attempt::Succeeds,
            Paid::Declined => Attempt::Declined,
            Paid::Processes => Attempt::Processes,
            Paid::OnCancel => {
                let intent = stripe.intents.get_mut(&id);
                let intent = intent.ok_or_else(|| Problem::missing("intent"))?;
                intent.paid_on_cancel = true;
                return Ok(objects::intent(intent));
            }
        };
        stripe
            .attempt(&id, attempt)
            .map(|made| objects::intent(&made))
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewDispute {
    reason: String,
    status: String,
}

async fn dispute(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    Json(order): Json<NewDispute>,
) -> Response {
    done(&state, |stripe| {
        let made = stripe.dispute(&id, order.reason, order.status)?;
        Ok(objects::dispute(&made))
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decided {
    status: String,
}

async fn decide(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    Json(order): Json<Decided>,
) -> Response {
    done(&state, |stripe| {
        let decided = stripe.decide_dispute(&id, order.status)?;
        Ok(objects::dispute(&decided))
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Amount {
    amount: i64,
}

/// Somebody refunds it at Stripe's own page.
async fn refund(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    Json(order): Json<Amount>,
) -> Response {
    done(&state, |stripe| {
        let made = stripe.create_refund(NewRefund {
            intent: id,
            amount: Some(order.amount),
            fee_goes_back: true,
            transfer_goes_back: true,
            metadata: Metadata::new(),
        })?;
        Ok(objects::refund(&made))
    })
}

async fn fail_refund(Extract(state): Extract<State>, Path(id): Path<String>) -> Response {
    done(&state, |stripe| {
        stripe
            .fail_refund(&id)
            .map(|failed| objects::refund(&failed))
    })
}

async fn account(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    Json(order): Json<Abilities>,
) -> Response {
    done(&state, |stripe| {
        stripe
            .set_account(&id, order)
            .map(|set| objects::account(&set))
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PayOut {
    amount: i64,
    currency: String,
}

async fn payout(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    Json(order): Json<PayOut>,
) -> Response {
    done(&state, |stripe| {
        let made = stripe.pay_out(&id, order.amount, order.currency)?;
        Ok(objects::payout(&made))
    })
}

async fn fail_payout(Extract(state): Extract<State>, Path(id): Path<String>) -> Response {
    done(&state, |stripe| {
        stripe
            .fail_payout(&id)
            .map(|failed| objects::payout(&failed))
    })
}

async fn forget(Extract(state): Extract<State>, Path(id): Path<String>) -> Json<usize> {
    let lines = &mut state.lock().stripe.lines;
    let before = lines.len();
    lines.retain(|line| line.source != id && line.intent.as_ref() != Some(&id));
    Json(before - lines.len())
}

#[derive(Deserialize)]
struct Send {
    event: String,
    #[serde(default = "once")]
    times: usize,
    #[serde(default)]
    signed: Signed,
    #[serde(default)]
    age_s: i64,
    #[serde(default)]
    is_live: bool,
    #[serde(default)]
    is_tampered: bool,
}

const fn once() -> usize {
    1
}

async fn send(
    Extract(state): Extract<State>,
    Json(order): Json<Send>,
) -> Result<Json<Vec<u16>>, StatusCode> {
    let (event, url) = {
        let locked = state.lock();
        let reporting = &locked.stripe.reporting;
        let mut happened = reporting.happened.iter();
        let event = happened.find(|event| event["id"] == order.event.as_str());
        (event.cloned(), reporting.url.clone())
    };
    let (Some(event), Some(url)) = (event, url) else {
        return Err(StatusCode::NOT_FOUND);
    };
    let manner = Manner {
        signed: order.signed,
        age_s: order.age_s,
        is_live: order.is_live,
        is_tampered: order.is_tampered,
    };
    let mut statuses = Vec::new();
    for _ in 0..order.times.min(MOST_REPEATS) {
        let sent = reports::send(&state, &url, &event, &manner).await;
        statuses.push(sent.map_err(|_| StatusCode::BAD_GATEWAY)?);
    }
    Ok(Json(statuses))
}

async fn events(Extract(state): Extract<State>) -> Json<Vec<Value>> {
    Json(state.lock().stripe.reporting.happened.clone())
}

async fn deliveries(Extract(state): Extract<State>) -> Json<Value> {
    Json(json!(state.lock().stripe.reporting.deliveries))
}

async fn books(Extract(state): Extract<State>) -> Json<Books> {
    Json(state.lock().stripe.books())
}

/// Does an order, and reports what happened by it.
fn done(state: &State, order: impl FnOnce(&mut Stripe) -> Result<Value, Problem>) -> Response {
    let (status, body) = outcome(order(&mut state.lock().stripe));
    reports::send_waiting(state);
    answer(status, &body)
}
