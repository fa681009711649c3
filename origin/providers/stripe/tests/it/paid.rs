//! An intent that is made, paid and refunded at localstripe. What it lacks is in `between.rs`: it has no
//! Connect, so no partner's account, fee or transfer is tried here; `checked.rs` does that.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use domain::{
    PaymentId, RefundId,
    payments::{
        money::{Currency, Money},
        provider::{
            IntentStatus, MovementKind, NewIntent, NewProviderRefund, PaymentProvider,
            ProviderError, RefundStatus,
        },
        work::Subject,
    },
    secret::Secret,
};
use serde_json::Value;
use stripe::{Livemode, Webhook};
use tokio::sync::mpsc;

use crate::{
    between::Between,
    program::{Program, stripe},
};

const WEBHOOK_SECRET: &str = "whsec_of_a_test";

/// What a guest's app and an operator send.
struct Others {
    client: reqwest::Client,
    base: String,
}

impl Others {
    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Value {
        let request = self
            .client
            .post(format!("{}{path}", self.base))
            .bearer_auth("sk_test_123456789")
            .form(form);
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }
}

/// Starts a webhook; its address, and what comes to it.
async fn webhook() -> (String, mpsc::UnboundedReceiver<(String, Bytes)>) {
    type Sender = mpsc::UnboundedSender<(String, Bytes)>;
    async fn take(State(to): State<Sender>, headers: HeaderMap, body: Bytes) {
        let header = headers["stripe-signature"].to_str().unwrap().to_owned();
        to.send((header, body)).unwrap();
    }
    let (sender, receiver) = mpsc::unbounded_channel();
    let router = Router::new().route("/", post(take)).with_state(sender);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, receiver)
}

fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

fn new_intent(payment: &str) -> NewIntent {
    NewIntent {
        payment: PaymentId::derive("payment", payment),
        money: Money {
            minor: 1_250,
            currency: Currency::Eur,
        },
        fee: 125,
        account: "acct_1".to_owned(),
    }
}

#[tokio::test]
async fn a_guest_pays_and_is_refunded_at_a_server_of_others() {
    let arguments = ["--from-scratch", "--port"];
    let Some(server) = Program::start("LOCALSTRIPE_BIN", &arguments) else {
        return;
    };
    let (port, between) = Between::start(server.port).await;
    let stripe = stripe(port);
    let others = Others {
        client: reqwest::Client::builder().no_proxy().build().unwrap(),
        base: format!("http://127.0.0.1:{}", server.port),
    };
    let (url, mut reports) = webhook().await;
    let hook = [("url", url.as_str()), ("secret", WEBHOOK_SECRET)];
    others.post("/_config/webhooks/ours", &hook).await;

    // Made, found again, and paid as an app pays.
    let made = stripe.create_intent(&new_intent("a")).await.unwrap();
    assert_eq!(made.status, IntentStatus::Waiting);
    assert_eq!(made.payment, Some(PaymentId::derive("payment", "a")));
    assert!(made.client_secret.starts_with(&made.id));
    assert_eq!(stripe.intent(&made.id).await.unwrap(), made);
    let card = [
        ("type", "card"),
        ("card[number]", "4242424242424242"),
        ("card[exp_month]", "12"),
        ("card[exp_year]", "2030"),
        ("card[cvc]", "123"),
    ];
    let card = others.post("/v1/payment_methods", &card).await;
    let path = format!("/v1/payment_intents/{}", made.id);
    let method = [("payment_method", card["id"].as_str().unwrap())];
    others.post(&path, &method).await;
    others.post(&format!("{path}/confirm"), &[]).await;
    let paid = stripe.intent(&made.id).await.unwrap();
    assert_eq!(
        (paid.status, paid.received),
        (IntentStatus::Succeeded, 1_250)
    );

    // Its report is signed as we check it.
    let hook = Webhook::new(vec![Secret::new(WEBHOOK_SECRET)], Livemode::Test);
    let event = loop {
        let report = tokio::time::timeout(Duration::from_secs(20), reports.recv());
        let (header, body) = report.await.unwrap().unwrap();
        let event = hook.read(Some(&header), &body, now_ms()).unwrap();
        if event.subject.is_some() {
            break event;
        }
    };
    let id = made.id.clone();
    assert_eq!(event.subject, Some(Subject::Intent { id }));

    // It was paid, and is not cancelled.
    let kept = stripe.cancel_intent(&made.id).await.unwrap();
    assert_eq!(kept.status, IntentStatus::Succeeded);

    // A part goes back, once.
    let new = NewProviderRefund {
        refund: RefundId::derive("refund", "a"),
        intent: made.id.clone(),
        amount: 500,
    };
    let refund = stripe.create_refund(&new).await.unwrap();
    assert_eq!(
        (refund.amount, refund.status),
        (500, RefundStatus::Accepted)
    );
    assert_eq!(refund.refund, Some(new.refund.clone()));
    let again = stripe.create_refund(&new).await.unwrap();
    assert_eq!(
        again, refund,
        "localstripe knows no keys, and we look first"
    );
    assert_eq!(stripe.refund(&refund.id).await.unwrap(), refund);

    // Both are in its books.
    let page = stripe.movements(0, now_ms() + 60_000, None).await.unwrap();
    let mut moved: Vec<_> = page.movements.iter().collect();
    moved.sort_by_key(|line| -line.amount);
    let moved: Vec<_> = moved
        .into_iter()
        .map(|line| (line.kind, line.source.as_str(), line.amount))
        .collect();
    assert_eq!(
        moved,
        [
            (MovementKind::Capture, made.id.as_str(), 1_250),
            (MovementKind::Refund, refund.id.as_str(), 500),
        ]
    );

    // Another one is not paid.
    let other = stripe.create_intent(&new_intent("b")).await.unwrap();
    let cancelled = stripe.cancel_intent(&other.id).await.unwrap();
    assert_eq!(cancelled.status, IntentStatus::Cancelled);
    let again = stripe.cancel_intent(&other.id).await.unwrap();
    assert_eq!(again.status, IntentStatus::Cancelled);
    let unknown = stripe.intent("pi_of_nobody").await.unwrap_err();
    assert_eq!(unknown, ProviderError::Unknown);
    between.assert_taken_away();
}
