//! Stripe's crate against the fake: paying, refunding, lost answers, books and reports.

use std::time::Duration;

use domain::{
    PartnerId, PaymentId, RefundId,
    messages::provider::ReportError,
    payments::{
        money::{Currency, Money},
        provider::{
            DisputeStatus, Intent, IntentStatus, MovementKind, NewIntent, NewProviderRefund,
            PaymentProvider, PayoutStatus, ProviderError, RefundStatus,
        },
    },
    secret::Secret,
};
use provider_http::Mode;
use serde_json::{Value, json};
use stripe::{Livemode, Stripe, Webhook};

use crate::world::{TIMEOUT, World};

impl World {
    fn stripe(&self) -> Stripe {
        let page: reqwest::Url = "https://portal.example/".parse().unwrap();
        Stripe::new(stripe::Config {
            base: self.fake.url("stripe").parse().unwrap(),
            mode: Mode::Development,
            timeout: TIMEOUT,
            secret_key: Secret::new(self.secrets.stripe_key.clone()),
            onboarding_return: page.clone(),
            onboarding_refresh: page,
        })
        .unwrap()
    }

    async fn order_stripe(&self, path: &str, order: Value) -> Value {
        let url = self.fake.url(&format!("control/stripe/{path}"));
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.post(url).json(&order).send().await.unwrap();
        let text = answer.text().await.unwrap();
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// A partner's account that takes payments.
    async fn account(&self, stripe: &Stripe) -> String {
        let partner = PartnerId::derive("partner", "a");
        let account = stripe.create_account(&partner).await.unwrap();
        assert!(!account.takes_payments);
        let able =
            json!({"charges_enabled": true, "payouts_enabled": true, "details_submitted": true});
        let path = format!("accounts/{}", account.id);
        self.order_stripe(&path, able).await;
        let account = stripe.account(&account.id).await.unwrap();
        assert!(account.takes_payments && account.is_paid_out);
        assert_eq!(account.partner, Some(partner));
        account.id
    }

    async fn attempt(&self, intent: &Intent, attempt: &str) -> Value {
        let path = format!("intents/{}/pay", intent.id);
        self.order_stripe(&path, json!({"attempt": attempt})).await
    }
}

fn new(payment: &str, account: &str) -> NewIntent {
    NewIntent {
        payment: PaymentId::derive("payment", payment),
        money: Money {
            minor: 2_000,
            currency: Currency::Eur,
        },
        fee: 201,
        account: account.to_owned(),
    }
}

fn refund(intent: &Intent, name: &str, amount: i64) -> NewProviderRefund {
    NewProviderRefund {
        refund: RefundId::derive("refund", name),
        intent: intent.id.clone(),
        amount,
    }
}

#[tokio::test]
async fn the_same_key_is_the_same_intent_and_no_other() {
    let world = World::start().await;
    let stripe = world.stripe();
    let account = world.account(&stripe).await;
    let first = stripe.create_intent(&new("a", &account)).await.unwrap();
    let again = stripe.create_intent(&new("a", &account)).await.unwrap();
    assert_eq!(again, first);
    let mut dearer = new("a", &account);
    dearer.money.minor = 3_000;
    let error = stripe.create_intent(&dearer).await.unwrap_err();
    assert_eq!(error.to_string(), "refused: 400 idempotency_error");
    assert_eq!(world.fake.books().intents.len(), 1);
}

#[tokio::test]
async fn an_answer_that_is_lost_comes_with_the_next_request() {
    let world = World::start().await;
    let stripe = world.stripe();
    let account = world.account(&stripe).await;
    for trouble in [
        json!({"kind": "swallow"}),
        json!({"kind": "hang"}),
        json!({"kind": "fail", "status": 500}),
    ] {
        let order = json!({"provider": "stripe", "trouble": trouble});
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = world.fake.url("control/trouble");
        client.post(url).json(&order).send().await.unwrap();
        let error = stripe.create_intent(&new("a", &account)).await.unwrap_err();
        assert!(matches!(error, ProviderError::Later { .. }), "{error}");
    }
    let made = stripe.create_intent(&new("a", &account)).await.unwrap();
    assert_eq!(world.fake.books().intents.len(), 1);
    // Of a refund as well: looking for an earlier one is answered, and the answer to making it is lost.
    world.attempt(&made, "succeeds").await;
    let back = refund(&made, "a", 500);
    for trouble in [
        json!({"kind": "delay", "ms": 0}),
        json!({"kind": "swallow"}),
    ] {
        let order = json!({"provider": "stripe", "trouble": trouble});
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = world.fake.url("control/trouble");
        client.post(url).json(&order).send().await.unwrap();
    }
    stripe.create_refund(&back).await.unwrap_err();
    assert_eq!(world.fake.books().refunds.len(), 1);
    let done = stripe.create_refund(&back).await.unwrap();
    assert_eq!((done.amount, done.refund), (500, Some(back.refund)));
    assert_eq!(world.fake.books().refunds.len(), 1);
}

#[tokio::test]
async fn what_is_paid_goes_to_the_partner_and_comes_back_to_the_cent() {
    let world = World::start().await;
    let stripe = world.stripe();
    let account = world.account(&stripe).await;
    let made = stripe.create_intent(&new("a", &account)).await.unwrap();
    assert_eq!(
        world.attempt(&made, "declined").await["error"]["code"],
        "card_declined"
    );
    assert_eq!(
        stripe.intent(&made.id).await.unwrap().status,
        IntentStatus::Waiting
    );
    world.attempt(&made, "processes").await;
    assert_eq!(
        stripe.intent(&made.id).await.unwrap().status,
        IntentStatus::Processing
    );
    world.attempt(&made, "succeeds").await;
    let paid = stripe.intent(&made.id).await.unwrap();
    assert_eq!(
        (paid.status, paid.received),
        (IntentStatus::Succeeded, 2_000)
    );
    let books = world.fake.books();
    assert_eq!((books.fees, books.accounts[&account]), (201, 1_799));
    for (name, amount) in [("a", 333), ("b", 1_667)] {
        stripe
            .create_refund(&refund(&made, name, amount))
            .await
            .unwrap();
    }
    let books = world.fake.books();
    assert_eq!((books.fees, books.accounts[&account]), (0, 0));
    let error = stripe
        .create_refund(&refund(&made, "c", 1))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "refused: 400 invalid_request_error charge_already_refunded payment_intent"
    );
}

#[tokio::test]
async fn a_payment_that_comes_as_it_is_cancelled_is_told() {
    let world = World::start().await;
    let stripe = world.stripe();
    let account = world.account(&stripe).await;
    let made = stripe.create_intent(&new("a", &account)).await.unwrap();
    world.attempt(&made, "on_cancel").await;
    let intent = stripe.cancel_intent(&made.id).await.unwrap();
    assert_eq!(intent.status, IntentStatus::Succeeded);
    let other = stripe.create_intent(&new("b", &account)).await.unwrap();
    let intent = stripe.cancel_intent(&other.id).await.unwrap();
    assert_eq!(intent.status, IntentStatus::Cancelled);
    let answer = world.attempt(&other, "succeeds").await;
    assert_eq!(answer["error"]["code"], "payment_intent_unexpected_state");
}

#[tokio::test]
async fn an_account_that_takes_no_payments_gets_none() {
    let world = World::start().await;
    let stripe = world.stripe();
    let account = stripe
        .create_account(&PartnerId::derive("partner", "a"))
        .await;
    let error = stripe.create_intent(&new("a", &account.unwrap().id)).await;
    let ProviderError::Refused { code, .. } = error.unwrap_err() else {
        panic!("it is refused");
    };
    assert_eq!(
        code.as_deref(),
        Some("insufficient_capabilities_for_transfer")
    );
}

#[tokio::test]
async fn disputes_failed_refunds_and_payouts_are_told() {
    let world = World::start().await;
    let stripe = world.stripe();
    let account = world.account(&stripe).await;
    let made = stripe.create_intent(&new("a", &account)).await.unwrap();
    world.attempt(&made, "succeeds").await;
    let path = format!("intents/{}/dispute", made.id);
    for (status, expected) in [
        ("warning_needs_response", None),
        ("needs_response", Some(DisputeStatus::Open)),
    ] {
        let order = json!({"reason": "fraudulent", "status": status});
        let dispute = world.order_stripe(&path, order).await;
        let id = dispute["id"].as_str().unwrap();
        let found = stripe.dispute(id).await.unwrap();
        assert_eq!(found.map(|found| found.status), expected);
    }
    let back = stripe
        .create_refund(&refund(&made, "a", 500))
        .await
        .unwrap();
    let path = format!("refunds/{}/fail", back.id);
    world.order_stripe(&path, json!({})).await;
    let failed = stripe.refund(&back.id).await.unwrap();
    assert_eq!(failed.status, RefundStatus::Failed);
    let path = format!("accounts/{account}/payout");
    let order = json!({"amount": 1_000, "currency": "eur"});
    let payout = world.order_stripe(&path, order).await;
    let payout = payout["id"].as_str().unwrap();
    let found = stripe.payout(&account, payout).await.unwrap();
    assert_eq!((found.status, found.amount), (PayoutStatus::Paid, 1_000));
    let of_another = stripe.payout("acct_of_another", payout).await;
    assert_eq!(of_another.unwrap_err(), ProviderError::Unknown);
    world
        .order_stripe(&format!("payouts/{payout}/fail"), json!({}))
        .await;
    let found = stripe.payout(&account, payout).await.unwrap();
    assert_eq!(found.status, PayoutStatus::Failed);
}

#[tokio::test]
async fn all_pages_of_the_books_have_each_movement_once() {
    let world = World::start().await;
    let stripe = world.stripe();
    let account = world.account(&stripe).await;
    for name in 0..60 {
        let made = stripe
            .create_intent(&new(&name.to_string(), &account))
            .await
            .unwrap();
        world.attempt(&made, "succeeds").await;
    }
    let until_ms = chrono::Utc::now().timestamp_millis() + 2_000;
    let (mut after, mut sources, mut pages) = (None, Vec::new(), 0);
    loop {
        let page = stripe
            .movements(0, until_ms, after.as_deref())
            .await
            .unwrap();
        pages += 1;
        for movement in page.movements {
            assert_eq!(
                (movement.kind, movement.amount),
                (MovementKind::Capture, 2_000)
            );
            sources.push(movement.source);
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    sources.sort();
    sources.dedup();
    // Each payment has three lines.
    assert_eq!((sources.len(), pages), (60, 2));
    let before = stripe
        .movements(0, until_ms - 3_600_000, None)
        .await
        .unwrap();
    assert!(before.movements.is_empty());
}

/// A webhook that keeps what it was told.
async fn webhook(
    world: &World,
    held: bool,
) -> tokio::sync::mpsc::UnboundedReceiver<Result<stripe::Event, ReportError>> {
    use axum::{Router, body::Bytes, http::HeaderMap, http::StatusCode, routing::post};
    let secrets = [
        &world.secrets.stripe_webhook_secret,
        &world.secrets.stripe_webhook_secret_previous,
        &world.secrets.stripe_connect_secret,
    ];
    let secrets = secrets.map(|secret| Secret::new(secret.clone()));
    let hook = Webhook::new(secrets.into(), Livemode::Test);
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    let take = async move |headers: HeaderMap, body: Bytes| {
        let header = headers
            .get("stripe-signature")
            .and_then(|value| value.to_str().ok());
        let read = hook.read(header, &body, chrono::Utc::now().timestamp_millis());
        let status = if read.is_ok() {
            StatusCode::OK
        } else {
            StatusCode::BAD_REQUEST
        };
        sender.send(read).unwrap();
        status
    };
    let router = Router::new().route("/", post(take));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    world
        .order_stripe("webhook", json!({"url": url, "held": held}))
        .await;
    receiver
}

#[tokio::test]
async fn reports_are_signed_as_ordered() {
    let world = World::start().await;
    let stripe = world.stripe();
    let mut reports = webhook(&world, true).await;
    let account = world.account(&stripe).await;
    let made = stripe.create_intent(&new("a", &account)).await.unwrap();
    world.attempt(&made, "succeeds").await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let events = client
        .get(world.fake.url("control/stripe/events"))
        .send()
        .await
        .unwrap();
    let events: Vec<Value> = events.json().await.unwrap();
    let event = events.last().unwrap();
    assert_eq!(event["type"], "payment_intent.succeeded");
    for (manner, expected) in [
        (json!({}), Ok(())),
        (json!({"signed": "previous"}), Ok(())),
        (json!({"signed": "both"}), Ok(())),
        (json!({"signed": "connect"}), Ok(())),
        (json!({"signed": "forged"}), Err(ReportError::Signature)),
        (json!({"signed": "not"}), Err(ReportError::Unsigned)),
        (json!({"age_s": 400}), Err(ReportError::Old)),
        (json!({"is_live": true}), Err(ReportError::Topic)),
        (json!({"is_tampered": true}), Err(ReportError::Signature)),
    ] {
        let mut order = manner.clone();
        order["event"] = event["id"].clone();
        world.order_stripe("send", order).await;
        let read = reports.recv().await.unwrap();
        assert_eq!(read.map(drop), expected, "{manner}");
    }
    assert!(reports.try_recv().is_err(), "held reports wait");
}

#[tokio::test]
async fn reports_are_lost_repeated_and_late_by_chance() {
    let world = World::start().await;
    let stripe = world.stripe();
    let mut reports = webhook(&world, false).await;
    let account = world.account(&stripe).await;
    assert!(reports.recv().await.unwrap().is_ok());
    let count = async |chaos: Value, reports: &mut tokio::sync::mpsc::UnboundedReceiver<_>| {
        world.order_stripe("chaos", chaos.clone()).await;
        let name = chaos.to_string();
        stripe.create_intent(&new(&name, &account)).await.unwrap();
        let mut count = 0;
        while tokio::time::timeout(Duration::from_millis(400), reports.recv())
            .await
            .is_ok()
        {
            count += 1;
        }
        count
    };
    assert_eq!(count(json!({}), &mut reports).await, 1);
    assert_eq!(count(json!({"lose_reports": 1.0}), &mut reports).await, 0);
    let twice = json!({"repeat_reports": 1.0, "delay_reports_ms": 50});
    assert_eq!(count(twice, &mut reports).await, 2);
}
