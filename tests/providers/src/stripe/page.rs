//! Pages for developers: intents that can be paid by hand, and what a partner is led through.

use std::fmt::Write;

use axum::{
    Form, Router,
    extract::{Path, Query, State as Extract},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde::Deserialize;

use super::{intents::Attempt, partners::Abilities, reports::send_waiting};
use crate::{page::escaped, state::State};

/// Nothing runs, and forms go to this page only.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
                      frame-ancestors 'none'";
const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;\
padding:0 1rem;color-scheme:light dark}td,th{padding:.2rem .6rem;text-align:left}form{display:inline}";

pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/stripe-pages", get(list))
        .route("/stripe-pages/intents/{id}/{attempt}", post(pay))
        .route("/stripe-pages/onboarding", get(onboarding).post(onboarded))
}

async fn list(Extract(state): Extract<State>) -> Response {
    let mut page = String::from(
        "<h1>Payments, newest first</h1><table><tr><th>payment<th>amount<th>status<th></tr>",
    );
    let locked = state.lock();
    for intent in locked.stripe.intents.values().rev() {
        let payment = intent.metadata.get("payment").and_then(|id| id.as_str());
        let (id, status) = (escaped(&intent.id), escaped(intent.status));
        let _ = write!(
            page,
            "<tr><td>{}<td>{}.{:02} {}<td>{status}<td>",
            escaped(payment.unwrap_or(&intent.id)),
            intent.amount / 100,
            intent.amount % 100,
            escaped(&intent.currency.to_uppercase()),
        );
        if intent.status == "requires_payment_method" {
            for (attempt, label) in [("pay", "Pay"), ("decline", "Decline")] {
                let _ = write!(
                    page,
                    "<form method=post action='/stripe-pages/intents/{id}/{attempt}'>\
                     <button>{label}</button></form> "
                );
            }
        }
        page.push_str("</tr>");
    }
    page.push_str("</table>");
    shown(&page)
}

async fn pay(
    Extract(state): Extract<State>,
    Path((id, attempt)): Path<(String, String)>,
) -> Response {
    let attempt = match attempt.as_str() {
        "pay" => Attempt::Succeeds,
        "decline" => Attempt::Declined,
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    // The page shows what became of it.
    let _shown = state.lock().stripe.attempt(&id, attempt);
    send_waiting(&state);
    Redirect::to("/stripe-pages").into_response()
}

#[derive(Deserialize)]
struct Onboarding {
    account: String,
    back: String,
}

async fn onboarding(Query(of): Query<Onboarding>) -> Response {
    let (account, back) = (escaped(&of.account), escaped(&of.back));
    shown(&format!(
        "<h1>What Stripe asks a partner for</h1><p>Account {account}.<form method=post>\
         <input type=hidden name=account value='{account}'><input type=hidden name=back value='{back}'>\
         <button>All is given</button></form>"
    ))
}

async fn onboarded(Extract(state): Extract<State>, Form(of): Form<Onboarding>) -> Response {
    let abilities = Abilities {
        charges_enabled: true,
        payouts_enabled: true,
        details_submitted: true,
    };
    let set = state.lock().stripe.set_account(&of.account, abilities);
    send_waiting(&state);
    match set {
        Ok(_) => Redirect::to(&of.back).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

fn shown(body: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Stripe</title>\
         <meta name=viewport content='width=device-width'><style>{STYLE}</style>{body}"
    );
    ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(page)).into_response()
}
