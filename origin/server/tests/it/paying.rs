//! Payments over real HTTP: what Stripe reports, what it does not, and what becomes of the money.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use domain::{
    BookingId, Offer, OfferSchedule, PartnerId, PaymentId, UserId,
    payments::{
        money::Currency,
        payment::{Payment, PaymentState},
        price::OfferPrice,
        provider::{Intent, IntentStatus, ProviderAccount},
        reconciling::DifferenceKind,
        refund::RefundState,
        refusals::PaymentRefusal,
        store::{Applied, LedgerQuery},
    },
    queue::{Lane, store::TaskFilter},
    secret::Secret,
};
use fake_providers::{Fake, Secrets};
use payments::{NotStarted, Payments, ToPay};
use provider_http::Mode;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stripe::Livemode;
use yousoon::{
    bookings::ending::Ending,
    config::{PaymentsConfig, ProvidersConfig},
};

use crate::{
    accounts::person::{Person, register},
    app::TestApp,
    booking::{booked, create, places},
    fixtures::{self, store},
};

const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;
const AMOUNT: i64 = 2_500;
const FEE: i64 = 250;

struct World {
    app: TestApp,
    fake: Fake,
    offer: Offer,
}

fn providers(fake: &Fake, secrets: &Secrets) -> ProvidersConfig {
    ProvidersConfig {
        payments: Some(config(fake, secrets)),
        ..ProvidersConfig::default()
    }
}

/// Payments by this fake.
pub(crate) fn config(fake: &Fake, secrets: &Secrets) -> PaymentsConfig {
    let page: reqwest::Url = "https://portal.example/".parse().unwrap();
    let secret = |name, text: &String| (name, Secret::new(text.clone()));
    PaymentsConfig {
        stripe: stripe::Config {
            base: fake.url("stripe").parse().unwrap(),
            mode: Mode::Development,
            timeout: Duration::from_millis(500),
            secret_key: Secret::new(secrets.stripe_key.clone()),
            onboarding_return: page.clone(),
            onboarding_refresh: page,
        },
        publishable_key: secrets.stripe_publishable_key.clone(),
        livemode: Livemode::Test,
        webhook_secrets: vec![
            secret("a", &secrets.stripe_webhook_secret),
            secret("b", &secrets.stripe_webhook_secret_previous),
            secret("c", &secrets.stripe_connect_secret),
        ],
        fee_bp: 1_000,
    }
}

/// An offer with a price, which guests who cancel get back.
pub(crate) fn priced(offer: Offer) -> Offer {
    Offer {
        price: Some(OfferPrice {
            amount: AMOUNT,
            currency: Currency::Eur,
            original: None,
            is_deposit: false,
            refundable_until_min: Some(0),
            vat_rate_bp: 1_000,
        }),
        ..offer
    }
}

/// Makes a partner's account, which takes payments.
pub(crate) async fn onboarded(app: &TestApp, fake: &Fake, partner: &PartnerId) {
    let payments = app.state.services.payments.as_ref().unwrap();
    // The fake may answer late on a busy machine, and a second try finds the account of the first.
    if payments.onboarding(partner).await.is_err() {
        payments.onboarding(partner).await.unwrap();
    }
    let account = payments.account(partner).await.unwrap().unwrap();
    let able = json!({"charges_enabled": true, "payouts_enabled": true, "details_submitted": true});
    let url = fake.url(&format!("control/stripe/accounts/{}", account.account));
    let made = app.client.post(url).json(&able).send().await.unwrap();
    assert!(made.status().is_success());
    let store = &app.state.services.payment_store;
    let seen = ProviderAccount {
        id: account.account,
        partner: Some(partner.clone()),
        takes_payments: true,
        is_paid_out: true,
        has_given_details: true,
    };
    store.apply_account(&seen, 1).await.unwrap();
}

/// The payment of a booking, whose money has come.
pub(crate) async fn paid(app: &TestApp, who: &Person, booking: &BookingId) -> PaymentId {
    let services = &app.state.services;
    let (payments, user) = (services.payments.as_ref().unwrap(), who.user_id());
    let to_pay = payments.start(booking, &user).await.unwrap();
    let payment = to_pay.payment;
    let came = Intent {
        id: payment.intent.clone().unwrap(),
        payment: Some(payment.id.clone()),
        status: IntentStatus::Succeeded,
        amount: payment.amount,
        received: payment.amount,
        currency: Some(payment.currency),
        client_secret: String::new(),
    };
    let applied = services
        .payment_store
        .apply_intent(&came, services.clock.now_ms());
    assert_eq!(applied.await.unwrap(), Applied::Done);
    payment.id
}

impl World {
    /// A partner whose account takes payments, and an offer with a price. Reports wait for an order.
    async fn start() -> Self {
        let secrets = Secrets::default();
        let fake = Fake::start(secrets.clone()).await.unwrap();
        let providers = providers(&fake, &secrets);
        let app = TestApp::builder().providers(providers).start().await;
        // Signatures have the true time.
        let now_ms = chrono::Utc::now().timestamp_millis();
        app.clock.store(now_ms, Relaxed);
        // A guest who cancels before it opens is refunded.
        let day = chrono::Utc::now() + chrono::Duration::days(2);
        let weekday = chrono::Datelike::weekday(&day).number_from_monday();
        let offer = Offer {
            schedule: Some(OfferSchedule {
                weekdays: vec![i32::try_from(weekday).unwrap()],
                from: "18:00".into(),
                to: "23:00".into(),
            }),
            valid_from_ms: now_ms - DAY_MS,
            valid_until_ms: now_ms + 30 * DAY_MS,
            ..priced(places("a", 0, 2))
        };
        store(&app, "a", vec![offer.clone()]).await;
        let world = Self { app, fake, offer };
        let hook = format!("{}/webhooks/stripe", world.app.url);
        world
            .order("webhook", json!({"url": hook, "held": true}))
            .await;
        world.onboard().await;
        world
    }

    fn payments(&self) -> &Payments {
        self.app.state.services.payments.as_ref().unwrap()
    }

    async fn order(&self, path: &str, order: Value) -> Value {
        let url = self.fake.url(&format!("control/stripe/{path}"));
        let answer = self.app.client.post(url).json(&order).send().await.unwrap();
        let text = answer.text().await.unwrap();
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// What goes wrong with the next request to Stripe.
    async fn trouble(&self, trouble: Value) {
        let order = json!({"provider": "stripe", "trouble": trouble});
        let url = self.fake.url("control/trouble");
        self.app.client.post(url).json(&order).send().await.unwrap();
    }

    async fn onboard(&self) {
        let partner = fixtures::partner("a").id;
        self.payments().onboarding(&partner).await.unwrap();
        let account = self.payments().account(&partner).await.unwrap().unwrap();
        assert!(!account.takes_payments);
        let able =
            json!({"charges_enabled": true, "payouts_enabled": true, "details_submitted": true});
        self.order(&format!("accounts/{}", account.account), able)
            .await;
        let event = self.event("account.updated").await;
        assert_eq!(self.send(&event, json!({"signed": "connect"})).await, [200]);
        self.work().await;
        let account = self.payments().account(&partner).await.unwrap().unwrap();
        assert!(account.takes_payments);
    }

    /// The newest event of a kind.
    async fn event(&self, kind: &str) -> String {
        let url = self.fake.url("control/stripe/events");
        let events = self.app.client.get(url).send().await.unwrap();
        let events: Vec<Value> = events.json().await.unwrap();
        let event = events.iter().rev().find(|event| event["type"] == kind);
        let event = event.unwrap_or_else(|| panic!("no {kind}"));
        event["id"].as_str().unwrap().to_owned()
    }

    /// Has a report sent; the webhook's statuses.
    async fn send(&self, event: &str, manner: Value) -> Vec<u16> {
        let mut order = manner;
        order["event"] = json!(event);
        serde_json::from_value(self.order("send", order).await).unwrap()
    }

    /// Does what is due in the queue.
    async fn work(&self) {
        self.app.state.delivery.do_due().await.unwrap();
    }

    /// The names of all that was reported.
    async fn reported(&self) -> Vec<String> {
        let filter = TaskFilter {
            lane: Some(Lane::Payments),
            ..TaskFilter::default()
        };
        let tasks = self.app.state.queue.list(filter, 100).await.unwrap();
        let keys = tasks.into_iter().map(|task| task.key);
        keys.filter(|key| key.starts_with("stripe:")).collect()
    }

    /// A booking, and what its guest's app needs to pay for it.
    async fn to_pay(&self, who: &Person) -> (BookingId, ToPay) {
        let booking = booked(&self.app, who, &self.offer).await;
        assert_eq!(booking["status"], "PENDING");
        let booking = BookingId::parse(booking["id"].as_str().unwrap()).unwrap();
        let to_pay = self.start_payment(who, &booking).await.unwrap();
        (booking, to_pay)
    }

    async fn start_payment(&self, who: &Person, booking: &BookingId) -> Result<ToPay, NotStarted> {
        let user = UserId::parse(&who.id).unwrap();
        self.payments().start(booking, &user).await
    }

    /// As the app does, with the means that it was given.
    async fn pay(&self, to_pay: &ToPay) {
        let intent = to_pay.payment.intent.as_ref().unwrap();
        let url = format!("stripe/v1/payment_intents/{intent}/confirm");
        let request = self.app.client.post(self.fake.url(&url)).form(&[
            ("key", "pk_test_development"),
            ("client_secret", &to_pay.client_secret),
            ("payment_method", "pm_card_visa"),
        ]);
        assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    }

    async fn status(&self, booking: &BookingId) -> &'static str {
        let found = self
            .app
            .state
            .services
            .bookings
            .by_ids(std::slice::from_ref(booking));
        found.await.unwrap()[booking].status.as_str()
    }

    async fn payment(&self, to_pay: &ToPay) -> Payment {
        let id = &to_pay.payment.id;
        let store = &self.app.state.services.payment_store;
        store.by_ids(std::slice::from_ref(id)).await.unwrap()[id].clone()
    }

    /// What the partner is owed, and the number of transactions.
    async fn ledger(&self) -> (i64, usize) {
        let (store, partner) = (
            &self.app.state.services.payment_store,
            fixtures::partner("a").id,
        );
        let owed = store.balance(&partner).await.unwrap();
        let query = LedgerQuery {
            partner,
            from_ms: 0,
            until_ms: i64::MAX,
            first: 100,
            after: None,
        };
        let page = store.ledger(&query).await.unwrap();
        (owed.iter().map(|money| money.minor).sum(), page.items.len())
    }
}

#[tokio::test]
async fn what_stripe_reports_is_checked_before_it_is_stored() {
    let world = World::start().await;
    let ana = register(&world.app, "ana").await;
    let (_, to_pay) = world.to_pay(&ana).await;
    let made = world.event("payment_intent.created").await;
    world.pay(&to_pay).await;
    let event = world.event("payment_intent.succeeded").await;
    let before = world.reported().await;
    for (manner, expected) in [
        (json!({"signed": "not"}), 401),
        (json!({"signed": "forged"}), 403),
        (json!({"is_tampered": true}), 403),
        (json!({"is_live": true}), 200),
        (json!({"age_s": 301}), 400),
        (json!({"age_s": -302}), 400),
    ] {
        assert_eq!(
            world.send(&event, manner.clone()).await,
            [expected],
            "{manner}"
        );
    }
    let path = "/webhooks/stripe";
    let large = vec![b' '; 256 * 1024 + 1];
    let large = world.app.request(Method::POST, path).body(large);
    let status = large.send().await.unwrap().status();
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    // One that changes nothing here is taken, and forgotten.
    assert_eq!(world.send(&made, json!({})).await, [200]);
    assert_eq!(world.reported().await, before);
    // Twice, and by the secret before, is once.
    assert_eq!(world.send(&event, json!({"times": 2})).await, [200, 200]);
    assert_eq!(
        world.send(&event, json!({"signed": "previous"})).await,
        [200]
    );
    assert_eq!(world.send(&event, json!({"signed": "both"})).await, [200]);
    let stored = world.reported().await;
    assert_eq!(stored.len(), before.len() + 1);
    assert!(stored.contains(&format!("stripe:{event}")), "{stored:?}");
    // Without payments there is nothing at this address.
    let other = TestApp::start().await;
    let nobody = other.request(Method::POST, path).send().await.unwrap();
    assert_eq!(nobody.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn money_confirms_a_booking_once_whatever_is_reported_afterwards() {
    let world = World::start().await;
    let ana = register(&world.app, "ana").await;
    let (booking, to_pay) = world.to_pay(&ana).await;
    let intent = to_pay.payment.intent.clone().unwrap();
    let path = format!("intents/{intent}/pay");
    world.order(&path, json!({"attempt": "declined"})).await;
    let declined = world.event("payment_intent.payment_failed").await;
    world.order(&path, json!({"attempt": "processes"})).await;
    let processes = world.event("payment_intent.processing").await;
    world.order(&path, json!({"attempt": "succeeds"})).await;
    let succeeded = world.event("payment_intent.succeeded").await;
    // The newest first, and each twice.
    for event in [&succeeded, &processes, &declined] {
        world.send(event, json!({"times": 2})).await;
        world.work().await;
        assert_eq!(world.status(&booking).await, "CONFIRMED");
    }
    assert_eq!(world.payment(&to_pay).await.state, PaymentState::Captured);
    assert_eq!(world.ledger().await, (AMOUNT - FEE, 1));
    let books = world.fake.books();
    assert_eq!((books.fees, books.refunds.len()), (FEE, 0));
    let refused = world.start_payment(&ana, &booking).await.unwrap_err();
    assert!(
        matches!(refused, NotStarted::Refused(PaymentRefusal::Paid)),
        "{refused}"
    );
}

#[tokio::test]
async fn what_is_never_reported_is_found_by_looking() {
    let world = World::start().await;
    let ana = register(&world.app, "ana").await;
    let (booking, to_pay) = world.to_pay(&ana).await;
    world.pay(&to_pay).await;
    assert_eq!(world.payments().poll_due().await.unwrap(), Some(0));
    world.app.pass_ms(MINUTE_MS);
    assert_eq!(world.payments().poll_due().await.unwrap(), Some(1));
    // Another server has no lease, and the same payment is not due again.
    let other = world.app.another().await;
    let others = other.state.services.payments.as_ref().unwrap();
    assert_eq!(others.poll_due().await.unwrap(), None);
    assert_eq!(world.payments().poll_due().await.unwrap(), Some(0));
    world.work().await;
    assert_eq!(world.status(&booking).await, "CONFIRMED");
}

#[tokio::test]
async fn an_answer_that_is_lost_makes_no_second_intent() {
    let world = World::start().await;
    let ana = register(&world.app, "ana").await;
    let booking = booked(&world.app, &ana, &world.offer).await;
    let booking = BookingId::parse(booking["id"].as_str().unwrap()).unwrap();
    for trouble in [
        json!({"kind": "swallow"}),
        json!({"kind": "fail", "status": 503}),
    ] {
        world.trouble(trouble).await;
        let later = world.start_payment(&ana, &booking).await.unwrap_err();
        assert!(matches!(later, NotStarted::Later { .. }), "{later}");
    }
    let first = world.start_payment(&ana, &booking).await.unwrap();
    let again = world.start_payment(&ana, &booking).await.unwrap();
    assert_eq!(again, first);
    assert_eq!(world.fake.books().intents.len(), 1);
    let ben = register(&world.app, "ben").await;
    let foreign = world.start_payment(&ben, &booking).await.unwrap_err();
    let refusal = PaymentRefusal::BookingNotFound;
    assert!(
        matches!(foreign, NotStarted::Refused(of) if of == refusal),
        "{foreign}"
    );
}

#[tokio::test]
async fn money_that_comes_after_the_booking_has_ended_goes_back_by_itself() {
    let world = World::start().await;
    let (ana, ben) = (
        register(&world.app, "ana").await,
        register(&world.app, "ben").await,
    );
    let (late, late_payment) = world.to_pay(&ana).await;
    let (never, never_payment) = world.to_pay(&ben).await;
    world.app.pass_ms(11 * MINUTE_MS);
    let services = &world.app.state.services;
    let ending = Ending::new(
        Arc::clone(&services.bookings),
        services.purge_log.clone(),
        services.clock.clone(),
    );
    assert_eq!(ending.turn().await.unwrap(), 2);
    // One guest pays at the moment at which the intent is cancelled.
    let intent = late_payment.payment.intent.clone().unwrap();
    let path = format!("intents/{intent}/pay");
    world.order(&path, json!({"attempt": "on_cancel"})).await;
    // And Stripe's answer to the first attempt to give it back is lost.
    world.work().await;
    assert_eq!(world.status(&late).await, "EXPIRED");
    assert_eq!(world.status(&never).await, "EXPIRED");
    assert_eq!(
        world.payment(&never_payment).await.state,
        PaymentState::Cancelled
    );
    let paid = world.payment(&late_payment).await;
    assert_eq!(
        (paid.state, paid.refunded),
        (PaymentState::Captured, AMOUNT)
    );
    world.work().await;
    let books = world.fake.books();
    assert_eq!(books.refunds.len(), 1, "{books:?}");
    assert_eq!((books.refunds[0].amount, books.fees), (AMOUNT, 0));
    let store = &world.app.state.services.payment_store;
    let refunds = store
        .refunds_of(std::slice::from_ref(&paid.id))
        .await
        .unwrap();
    assert_eq!(refunds[&paid.id][0].state, RefundState::Accepted);
    assert_eq!(world.ledger().await, (0, 2));
    let ended = world.start_payment(&ana, &late).await.unwrap_err();
    assert!(matches!(ended, NotStarted::Refused(_)), "{ended}");
}

#[tokio::test]
async fn a_refund_survives_lost_answers_and_outages_and_one_that_fails_is_noticed() {
    let world = World::start().await;
    let ana = register(&world.app, "ana").await;
    let (booking, to_pay) = world.to_pay(&ana).await;
    world.pay(&to_pay).await;
    let event = world.event("payment_intent.succeeded").await;
    world.send(&event, json!({})).await;
    world.work().await;
    let cancel = "mutation X($b: ID!) { cancelBooking(id: $b) { status } }";
    let cancelled = ana
        .ask(&world.app, cancel, json!({"b": booking}))
        .await
        .data();
    assert_eq!(cancelled["cancelBooking"]["status"], "CANCELLED");
    // Looking for an earlier refund fails, then the answer to making one is lost.
    world.trouble(json!({"kind": "fail", "status": 500})).await;
    world.work().await;
    assert_eq!(world.fake.books().refunds.len(), 0);
    world.trouble(json!({"kind": "delay", "ms": 0})).await;
    world.trouble(json!({"kind": "swallow"})).await;
    world.app.pass_ms(MINUTE_MS);
    world.work().await;
    assert_eq!(world.fake.books().refunds.len(), 1);
    assert_eq!(world.ledger().await.1, 1, "nobody has heard of it");
    for _ in 0..3 {
        world.app.pass_ms(MINUTE_MS);
        world.work().await;
    }
    let refunds = world.fake.books().refunds;
    assert_eq!(refunds.len(), 1, "{refunds:?}");
    assert_eq!(refunds[0].amount, AMOUNT);
    assert_eq!(world.ledger().await, (0, 2));
    // The guest's bank does not take it.
    world
        .order(&format!("refunds/{}/fail", refunds[0].id), json!({}))
        .await;
    let event = world.event("refund.failed").await;
    world
        .app
        .clock
        .store(chrono::Utc::now().timestamp_millis(), Relaxed);
    assert_eq!(world.send(&event, json!({"times": 2})).await, [200, 200]);
    world.app.pass_ms(10 * MINUTE_MS);
    world.work().await;
    let paid = world.payment(&to_pay).await;
    let store = &world.app.state.services.payment_store;
    let refunds = store
        .refunds_of(std::slice::from_ref(&paid.id))
        .await
        .unwrap();
    assert_eq!(refunds[&paid.id][0].state, RefundState::Failed);
    assert_eq!(
        (paid.refunded, world.ledger().await),
        (0, (AMOUNT - FEE, 3))
    );
}

#[tokio::test]
async fn a_partner_who_takes_no_payments_gets_no_booking_with_a_price() {
    let world = World::start().await;
    let partner = fixtures::partner("a").id;
    let account = world.payments().account(&partner).await.unwrap().unwrap();
    let closed =
        json!({"charges_enabled": false, "payouts_enabled": false, "details_submitted": true});
    world
        .order(&format!("accounts/{}", account.account), closed)
        .await;
    let event = world.event("account.updated").await;
    world.send(&event, json!({"signed": "connect"})).await;
    // The report lies about nothing: it says only that something changed.
    world.work().await;
    let ana = register(&world.app, "ana").await;
    let refused = create(&world.app, &ana, &world.offer).await;
    assert_eq!(refused.code(), "PARTNER_TAKES_NO_PAYMENTS");
    // A guest who has booked by then pays nothing either.
    let able = json!({"charges_enabled": true, "payouts_enabled": true, "details_submitted": true});
    world
        .order(&format!("accounts/{}", account.account), able)
        .await;
    world.app.pass_ms(11_000);
    let account = world.payments().account(&partner).await.unwrap().unwrap();
    assert!(account.takes_payments, "it is looked at without a report");
    let booking = booked(&world.app, &ana, &world.offer).await;
    let booking = BookingId::parse(booking["id"].as_str().unwrap()).unwrap();
    let order =
        json!({"charges_enabled": false, "payouts_enabled": false, "details_submitted": true});
    world
        .order(&format!("accounts/{}", account.account), order)
        .await;
    let refused = world.start_payment(&ana, &booking).await.unwrap_err();
    let refusal = PaymentRefusal::Unavailable;
    assert!(
        matches!(refused, NotStarted::Refused(of) if of == refusal),
        "{refused}"
    );
}

#[tokio::test]
async fn what_the_books_do_not_agree_on_is_kept_until_they_do() {
    let world = World::start().await;
    let ana = register(&world.app, "ana").await;
    let (_, to_pay) = world.to_pay(&ana).await;
    world.pay(&to_pay).await;
    let now_ms = chrono::Utc::now().timestamp_millis();
    let today = now_ms - DAY_MS..now_ms + DAY_MS;
    // Nobody has told us yet.
    let found = world.payments().reconcile(today.clone()).await.unwrap();
    assert_eq!((found.movements, found.differences), (1, 1));
    let store = &world.app.state.services.payment_store;
    let differences = store.differences(9).await.unwrap();
    assert_eq!(differences[0].kind, DifferenceKind::NotInLedger);
    assert_eq!(differences[0].provider_minor, AMOUNT);
    let event = world.event("payment_intent.succeeded").await;
    world.send(&event, json!({})).await;
    world.work().await;
    let found = world.payments().reconcile(today.clone()).await.unwrap();
    assert_eq!((found.movements, found.differences), (1, 0));
    assert_eq!(store.differences(9).await.unwrap(), []);
    // Stripe has lost it.
    let intent = to_pay.payment.intent.clone().unwrap();
    world.order(&format!("forget/{intent}"), json!({})).await;
    world.payments().reconcile(today).await.unwrap();
    let differences = store.differences(9).await.unwrap();
    assert_eq!(differences[0].kind, DifferenceKind::NotAtProvider);
    assert_eq!(differences[0].provider_id, intent);
}
