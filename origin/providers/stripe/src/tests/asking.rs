//! What is sent, seen by a server on loopback.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::{OriginalUri, State},
    http::{HeaderMap, Method},
};
use domain::{
    PartnerId, PaymentId, RefundId,
    payments::{
        money::{Currency, Money},
        provider::{IntentStatus, NewIntent, NewProviderRefund, PaymentProvider, ProviderError},
    },
    secret::Secret,
};
use provider_http::Mode;

use crate::{API_VERSION, Config, Livemode, Stripe};

const KEY: &str = "sk_test_51NobodysKeyAtAll";

/// The requests, and the answers to give, in their order.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>, Arc<Mutex<Vec<(u16, String)>>>);

async fn server(answers: &[(u16, &str)]) -> (Stripe, Seen) {
    let seen = Seen::default();
    let answers = answers.iter().rev();
    *seen.1.lock().unwrap() = answers
        .map(|(status, body)| (*status, (*body).to_owned()))
        .collect();
    let router = Router::new().fallback(answer).with_state(seen.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let page = |path: &str| format!("https://portal.example/{path}").parse().unwrap();
    let stripe = Stripe::new(Config {
        base: base.parse().unwrap(),
        mode: Mode::Development,
        timeout: Duration::from_millis(500),
        secret_key: Secret::new(KEY),
        onboarding_return: page("paid"),
        onboarding_refresh: page("again"),
    });
    (stripe.unwrap(), seen)
}

async fn answer(
    State(Seen(seen, answers)): State<Seen>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> (axum::http::StatusCode, String) {
    assert_eq!(headers["authorization"], format!("Bearer {KEY}"));
    assert_eq!(headers["stripe-version"], API_VERSION);
    let mut line = format!("{method} {uri}");
    for name in ["idempotency-key", "stripe-account"] {
        if let Some(value) = headers.get(name) {
            line += " ";
            line += name;
            line += "=";
            line += value.to_str().unwrap();
        }
    }
    let form = form_urlencoded::parse(&body);
    for (name, value) in form {
        line += &[" ", &name, ":", &value].concat();
    }
    seen.lock().unwrap().push(line);
    let (status, body) = answers.lock().unwrap().pop().unwrap();
    (status.try_into().unwrap(), body)
}

impl Seen {
    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

fn payment() -> PaymentId {
    PaymentId::parse("6500000000000000000000aa").unwrap()
}

fn refund() -> NewProviderRefund {
    NewProviderRefund {
        refund: RefundId::parse("6500000000000000000000bb").unwrap(),
        intent: "pi_1".to_owned(),
        amount: 500,
    }
}

const INTENT: &str = r#"{"id": "pi_1", "object": "payment_intent", "amount": 1250, "amount_received": 0,
    "currency": "eur", "client_secret": "pi_1_secret_abc", "status": "requires_payment_method",
    "metadata": {"payment": "6500000000000000000000aa"}}"#;
const NO_REFUNDS: &str =
    r#"{"object": "list", "data": [], "has_more": false, "url": "/v1/refunds"}"#;
const REFUND: &str = r#"{"id": "re_1", "object": "refund", "amount": 500, "charge": "ch_1", "created": 1795968000,
    "currency": "eur", "metadata": {"refund": "6500000000000000000000bb"}, "payment_intent": "pi_1",
    "status": "succeeded"}"#;

#[tokio::test]
async fn an_intent_names_the_partner_our_fee_and_the_payment() {
    let (stripe, seen) = server(&[(200, INTENT)]).await;
    let new = NewIntent {
        payment: payment(),
        money: Money {
            minor: 1_250,
            currency: Currency::Eur,
        },
        fee: 125,
        account: "acct_1".to_owned(),
    };
    let intent = stripe.create_intent(&new).await.unwrap();
    assert_eq!(intent.payment, Some(payment()));
    assert_eq!(intent.status, IntentStatus::Waiting);
    assert_eq!(intent.client_secret, "pi_1_secret_abc");
    assert!(!format!("{intent:?}").contains("secret"), "{intent:?}");
    assert_eq!(
        seen.lines(),
        [
            "POST /v1/payment_intents idempotency-key=payment:6500000000000000000000aa amount:1250 \
          currency:eur payment_method_types[]:card transfer_data[destination]:acct_1 \
          metadata[payment]:6500000000000000000000aa application_fee_amount:125"
        ]
    );
}

#[tokio::test]
async fn a_refund_that_was_made_before_is_found_when_its_key_is_forgotten() {
    let (stripe, seen) = server(&[(200, NO_REFUNDS), (200, REFUND)]).await;
    let made = stripe.create_refund(&refund()).await.unwrap();
    assert_eq!(
        seen.lines(),
        [
            "GET /v1/refunds?payment_intent=pi_1&limit=100",
            "POST /v1/refunds idempotency-key=refund:6500000000000000000000bb payment_intent:pi_1 \
             amount:500 reverse_transfer:true refund_application_fee:true \
             metadata[refund]:6500000000000000000000bb",
        ]
    );
    let list = format!(r#"{{"object": "list", "data": [{REFUND}], "has_more": false}}"#);
    let (stripe, seen) = server(&[(200, &list)]).await;
    assert_eq!(stripe.create_refund(&refund()).await.unwrap(), made);
    assert_eq!(seen.lines().len(), 1);
}

#[tokio::test]
async fn cancelling_what_was_paid_tells_that_it_was() {
    let unexpected = r#"{"error": {"type": "invalid_request_error", "code": "payment_intent_unexpected_state",
        "message": "You cannot cancel this PaymentIntent because it has a status of succeeded."}}"#;
    let paid = INTENT
        .replace("requires_payment_method", "succeeded")
        .replace(r#""amount_received": 0"#, r#""amount_received": 1250"#);
    let (stripe, seen) = server(&[(400, unexpected), (200, &paid)]).await;
    let intent = stripe.cancel_intent("pi_1").await.unwrap();
    assert_eq!(
        (intent.status, intent.received),
        (IntentStatus::Succeeded, 1_250)
    );
    assert_eq!(
        seen.lines(),
        [
            "POST /v1/payment_intents/pi_1/cancel",
            "GET /v1/payment_intents/pi_1"
        ]
    );
    // Neither cancelled nor paid: the bank refused a payment meanwhile, so it is cancelled later.
    let (stripe, _) = server(&[(400, unexpected), (200, INTENT)]).await;
    let error = stripe.cancel_intent("pi_1").await.unwrap_err();
    assert!(matches!(error, ProviderError::NotYet { .. }), "{error}");
}

#[tokio::test]
async fn a_partner_is_led_to_a_page_and_back() {
    let account = r#"{"id": "acct_1", "object": "account", "charges_enabled": false,
        "metadata": {"partner": "6500000000000000000000cc"}}"#;
    let link = r#"{"object": "account_link", "created": 1, "expires_at": 301, "url": "https://connect.stripe.com/x"}"#;
    let (stripe, seen) = server(&[(200, account), (200, link)]).await;
    let partner = PartnerId::parse("6500000000000000000000cc").unwrap();
    let made = stripe.create_account(&partner).await.unwrap();
    assert_eq!(made.partner, Some(partner));
    assert!(!made.takes_payments);
    let link = stripe.onboarding_link("acct_1").await.unwrap();
    assert_eq!(link.expires_at_ms, 301_000);
    assert!(!format!("{link:?}").contains("stripe.com"), "{link:?}");
    assert_eq!(
        seen.lines(),
        [
            "POST /v1/accounts idempotency-key=account:6500000000000000000000cc type:express \
             capabilities[card_payments][requested]:true capabilities[transfers][requested]:true \
             metadata[partner]:6500000000000000000000cc",
            "POST /v1/account_links account:acct_1 refresh_url:https://portal.example/again \
             return_url:https://portal.example/paid type:account_onboarding",
        ]
    );
}

#[tokio::test]
async fn the_books_are_read_page_by_page() {
    let page = r#"{"object": "list", "has_more": true, "data": [
        {"id": "txn_3", "type": "application_fee", "amount": 125, "currency": "eur", "created": 1795968003,
         "source": {"id": "fee_1", "object": "application_fee"}},
        {"id": "txn_2", "type": "charge", "amount": 1250, "currency": "eur", "created": 1795968002,
         "source": {"id": "ch_1", "object": "charge", "payment_intent": "pi_1"}}]}"#;
    let (stripe, seen) = server(&[(200, page), (200, page)]).await;
    let movements = stripe.movements(1_000, 2_500, None).await.unwrap();
    // The next page begins after the last line, also if that is none of ours.
    assert_eq!(movements.next.as_deref(), Some("txn_2"));
    assert_eq!(movements.movements.len(), 1);
    assert_eq!(movements.movements[0].source, "pi_1");
    stripe.movements(1_000, 2_500, Some("txn_2")).await.unwrap();
    let asked = "GET /v1/balance_transactions?created%5Bgte%5D=1&created%5Blt%5D=2&limit=100&expand%5B%5D=data.source";
    assert_eq!(
        seen.lines(),
        [asked.to_owned(), format!("{asked}&starting_after=txn_2")]
    );
}

#[tokio::test]
async fn a_payout_is_asked_for_at_the_partners_account() {
    let payout = r#"{"id": "po_1", "object": "payout", "amount": 900, "currency": "eur", "status": "paid",
        "created": 1795968000}"#;
    let (stripe, seen) = server(&[(200, payout)]).await;
    let payout = stripe.payout("acct_1", "po_1").await.unwrap();
    assert_eq!(payout.account, "acct_1");
    assert_eq!(seen.lines(), ["GET /v1/payouts/po_1 stripe-account=acct_1"]);
}

#[tokio::test]
async fn silence_is_later_and_shows_no_key() {
    let nobody = "http://127.0.0.1:9/".parse().unwrap();
    let page: url::Url = "https://portal.example/".parse().unwrap();
    let stripe = Stripe::new(Config {
        base: nobody,
        mode: Mode::Development,
        timeout: Duration::from_millis(500),
        secret_key: Secret::new(KEY),
        onboarding_return: page.clone(),
        onboarding_refresh: page,
    })
    .unwrap();
    assert!(!format!("{stripe:?}").contains("sk_test"), "{stripe:?}");
    let error = stripe.intent("pi_1").await.unwrap_err();
    assert_eq!(error.to_string(), "not now: cannot connect");
}

#[test]
fn a_key_says_whether_money_is_real() {
    for (key, expected) in [
        ("sk_live_abc", Some(Livemode::Live)),
        ("rk_live_abc", Some(Livemode::Live)),
        ("sk_test_abc", Some(Livemode::Test)),
        ("rk_test_abc", Some(Livemode::Test)),
        ("pk_live_abc", None),
        ("whsec_abc", None),
    ] {
        assert_eq!(Livemode::of_key(&Secret::new(key)), expected, "{key}");
    }
}
