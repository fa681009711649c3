//! Reports to a webhook, signed: at once or late, once, twice, in any order, or never.

use std::time::Duration;

use anyhow::Context;
use hmac::{Hmac, Mac};
use serde::Deserialize;
use serde_json::Value;
use sha2::Sha256;
use url::Url;

use super::{books::now, reporting::Delivery};
use crate::state::State;

/// Stripe goes on for days; a test does not.
const ATTEMPTS: u32 = 6;
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// How a report is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Signed {
    #[default]
    Current,
    /// With the secret before.
    Previous,
    /// With both, as while a secret rotates.
    Both,
    /// With the secret of the endpoint for partners' accounts.
    Connect,
    /// By somebody who does not know any.
    Forged,
    /// Not at all.
    Not,
}

/// What is different about a report that is ordered.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Manner {
    pub(crate) signed: Signed,
    /// The signature's time is so many seconds ago.
    pub(crate) age_s: i64,
    /// As if it were of the other environment.
    pub(crate) is_live: bool,
    /// The body is changed after it was signed.
    pub(crate) is_tampered: bool,
}

/// Sends what happened, as chance has it. The lock must not be held.
pub(crate) fn send_waiting(state: &State) {
    let mut locked = state.lock();
    let stripe = &mut locked.stripe;
    let waiting = std::mem::take(&mut stripe.reporting.waiting);
    stripe.reporting.happened.extend(waiting.iter().cloned());
    let Some(url) = stripe.reporting.url.clone() else {
        return;
    };
    if stripe.reporting.is_held {
        return;
    }
    for event in waiting {
        let chaos = stripe.chaos.clone();
        if stripe.dice.falls(chaos.lose_reports) {
            continue;
        }
        let copies = 1 + u32::from(stripe.dice.falls(chaos.repeat_reports));
        for _ in 0..copies {
            let delay = stripe.dice.below(chaos.delay_reports_ms + 1);
            let (state, url, event) = (state.clone(), url.clone(), event.clone());
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(delay)).await;
                deliver(&state, &url, &event).await;
            });
        }
    }
}

/// Until the webhook takes it.
async fn deliver(state: &State, url: &Url, event: &Value) {
    let mut wait = FIRST_WAIT;
    for _ in 0..ATTEMPTS {
        let status = send(state, url, event, &Manner::default()).await.ok();
        if status.is_some_and(|status| (200..300).contains(&status)) {
            return;
        }
        tokio::time::sleep(wait).await;
        wait *= 2;
    }
}

/// Sends a report once; answers the webhook's status.
pub(crate) async fn send(
    state: &State,
    url: &Url,
    event: &Value,
    manner: &Manner,
) -> anyhow::Result<u16> {
    let mut event = event.clone();
    if manner.is_live {
        event["livemode"] = Value::Bool(true);
    }
    let mut body = event.to_string();
    let header = signature(state, manner, body.as_bytes());
    if manner.is_tampered {
        body = body.replace("evt_", "evt_0");
    }
    let mut request = state
        .inner
        .http
        .post(url.clone())
        .header("content-type", "application/json; charset=utf-8");
    if let Some(header) = header {
        request = request.header("stripe-signature", header);
    }
    let answer = request.body(body).send().await;
    let status = answer.as_ref().ok().map(|answer| answer.status().as_u16());
    let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
    state.lock().stripe.reporting.deliveries.push(Delivery {
        event: text("id"),
        kind: text("type"),
        status,
    });
    Ok(answer.context("the webhook")?.status().as_u16())
}

fn signature(state: &State, manner: &Manner, body: &[u8]) -> Option<String> {
    let secrets = &state.inner.secrets;
    let t = now() - manner.age_s;
    let signed = |secret: &str| format!("v1={}", hmac(secret, t, body));
    let current = signed(&secrets.stripe_webhook_secret);
    let previous = signed(&secrets.stripe_webhook_secret_previous);
    let signatures = match manner.signed {
        Signed::Current => current,
        Signed::Previous => previous,
        Signed::Both => format!("{previous},{current}"),
        Signed::Connect => signed(&secrets.stripe_connect_secret),
        Signed::Forged => signed("whsec_of_somebody_else"),
        Signed::Not => return None,
    };
    Some(format!("t={t},{signatures},v0={}", "0".repeat(64)))
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
fn hmac(secret: &str, t: i64, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
    let mac = mac.expect("HMAC takes keys of every length");
    let mac = mac.chain_update(format!("{t}.")).chain_update(body);
    hex::encode(mac.finalize().into_bytes())
}
