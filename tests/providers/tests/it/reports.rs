use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use domain::{
    messages::provider::{Outcome, Provider, Report, ReportError},
    secret::Secret,
};
use serde_json::{Value, json};
use ses::{Source, WebhookConfig};
use url::Url;

use crate::world::{World, email, sms};

type Read = Result<Option<Report>, ReportError>;

/// Our webhooks, which keep what they read.
struct Webhooks {
    url: Url,
    read: Arc<Mutex<Vec<Read>>>,
}

impl Webhooks {
    async fn start(world: &World, topic: &str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url: Url = format!("http://{}", listener.local_addr().unwrap())
            .parse()
            .unwrap();
        let read = Arc::<Mutex<Vec<Read>>>::default();
        let ses = Arc::new(
            ses::Webhook::new(&WebhookConfig {
                source: Source::Development {
                    base: world.fake.url("sns/").parse().unwrap(),
                },
                topics: vec![topic.to_owned()],
            })
            .unwrap(),
        );
        let token = Secret::new(world.secrets.twilio_token.clone());
        let twilio = twilio::Webhook::new(world.secrets.twilio_account.clone(), vec![token]);
        let told = url.join("/twilio?from=twilio").unwrap();
        let (kept, kept_too) = (Arc::clone(&read), Arc::clone(&read));
        let router = Router::new()
            .route(
                "/ses",
                post(async move |body: Bytes| keep(&kept, ses.read(&body, now_ms()).await)),
            )
            .route(
                "/twilio",
                post(async move |headers: HeaderMap, body: Bytes| {
                    let header =
                        |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
                    let (signature, kind) = (header("x-twilio-signature"), header("content-type"));
                    keep(
                        &kept_too,
                        twilio.read(&told, signature, kind, &body, now_ms()),
                    )
                }),
            );
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, read }
    }

    fn take(&self) -> Vec<Read> {
        std::mem::take(&mut *self.read.lock().unwrap())
    }
}

fn keep(kept: &Mutex<Vec<Read>>, read: Read) -> StatusCode {
    let status = match &read {
        Ok(_) => StatusCode::OK,
        Err(ReportError::Later) => StatusCode::SERVICE_UNAVAILABLE,
        Err(_) => StatusCode::FORBIDDEN,
    };
    kept.lock().unwrap().push(read);
    status
}

fn now_ms() -> i64 {
    chrono::Utc::now().timestamp_millis()
}

fn outcomes(read: &[Read]) -> Vec<Outcome> {
    let reports = read.iter().map(|read| read.clone().unwrap().unwrap());
    reports.map(|report| report.outcome).collect()
}

async fn report(world: &World, webhooks: &Webhooks, path: &str, order: Value) -> String {
    let mut order = order;
    order["url"] = webhooks.url.join(path).unwrap().as_str().into();
    let (status, statuses) = world.control("reports", order).await;
    assert_eq!(status, 200, "{statuses}");
    statuses
}

fn about_email(event: &str) -> Value {
    json!({ "report": "email", "number": 1, "event": event })
}

#[tokio::test]
async fn what_becomes_of_an_email_is_reported() {
    let world = World::start().await;
    let webhooks = Webhooks::start(&world, &world.secrets.sns_topic).await;
    let sent = world.ses().send("k", &email()).await.unwrap();
    let events = ["delivery", "bounce", "transient_bounce", "complaint"].map(about_email);
    let order = json!({ "reports": events, "times": 2 });
    let statuses = report(&world, &webhooks, "/ses", order).await;
    assert_eq!(statuses, "[200,200,200,200,200,200,200,200]");
    let read = webhooks.take();
    let to = || vec!["ada@example.com".to_owned()];
    let expected = [
        Outcome::Delivered,
        Outcome::Bounced(to()),
        Outcome::NotDelivered(to()),
        Outcome::Complained(to()),
    ];
    assert_eq!(outcomes(&read[..4]), expected);
    // The second time they are the same reports.
    assert_eq!(read[..4], read[4..]);
    let first = read[0].clone().unwrap().unwrap();
    assert_eq!(first.provider_id.as_ref(), Some(&sent.provider_id));
    assert_ne!(first.id, read[1].clone().unwrap().unwrap().id);
}

#[tokio::test]
async fn a_subscription_is_confirmed() {
    let world = World::start().await;
    let webhooks = Webhooks::start(&world, &world.secrets.sns_topic).await;
    let order = json!({ "reports": [{ "report": "subscription" }] });
    assert_eq!(
        report(&world, &webhooks, "/ses", order.clone()).await,
        "[200]"
    );
    assert_eq!(webhooks.take(), [Ok(None)]);
    let confirmed: Vec<String> = world.get("control/confirmed").await.json().await.unwrap();
    assert_eq!(confirmed.len(), 1);

    // Not of a topic of somebody else.
    let strangers = Webhooks::start(&world, "arn:aws:sns:eu-west-1:1:other").await;
    assert_eq!(report(&world, &strangers, "/ses", order).await, "[403]");
    assert_eq!(strangers.take(), [Err(ReportError::Topic)]);
    let confirmed: Vec<String> = world.get("control/confirmed").await.json().await.unwrap();
    assert_eq!(confirmed.len(), 1);
}

#[tokio::test]
async fn reports_that_were_changed_are_not_believed() {
    let world = World::start().await;
    let webhooks = Webhooks::start(&world, &world.secrets.sns_topic).await;
    world.ses().send("k", &email()).await.unwrap();
    world.twilio().send("k", &sms()).await.unwrap();
    let order = json!({ "reports": [about_email("bounce")], "tampered": true });
    assert_eq!(report(&world, &webhooks, "/ses", order).await, "[403]");
    let delivered = json!({ "report": "sms", "number": 2, "status": "delivered" });
    let order = json!({ "reports": [delivered], "tampered": true });
    assert_eq!(
        report(&world, &webhooks, "/twilio?from=twilio", order).await,
        "[403]"
    );
    // What is signed for another address of ours.
    let order = json!({ "reports": [delivered] });
    assert_eq!(
        report(&world, &webhooks, "/twilio?from=other", order).await,
        "[403]"
    );
    let refused = Err(ReportError::Signature);
    assert_eq!(webhooks.take(), [refused.clone(), refused.clone(), refused]);
}

#[tokio::test]
async fn a_report_without_a_certificate_comes_later() {
    let world = World::start().await;
    let webhooks = Webhooks::start(&world, &world.secrets.sns_topic).await;
    world.ses().send("k", &email()).await.unwrap();
    world
        .trouble("sns", json!({ "kind": "fail", "status": 503 }))
        .await;
    let order = json!({ "reports": [about_email("bounce")], "times": 2 });
    assert_eq!(report(&world, &webhooks, "/ses", order).await, "[503,200]");
}

#[tokio::test]
async fn what_becomes_of_an_sms_is_reported_in_any_order() {
    let world = World::start().await;
    let webhooks = Webhooks::start(&world, &world.secrets.sns_topic).await;
    let sent = world.twilio().send("k", &sms()).await.unwrap();
    let state = |status: &str, code: Value| json!({ "report": "sms", "number": 1, "status": status, "error_code": code });
    let order = json!({ "reports": [
        state("delivered", Value::Null),
        state("sent", Value::Null),
        state("undelivered", 30005.into()),
        state("undelivered", 30008.into()),
        state("failed", 21610.into()),
        { "report": "reply", "from": "+33612345678", "opt_out": "STOP" },
        { "report": "reply", "from": "+33612345678", "opt_out": "START" },
    ] });
    let statuses = report(&world, &webhooks, "/twilio?from=twilio", order).await;
    assert_eq!(statuses, "[200,200,200,200,200,200,200]");
    let mut read = webhooks.take();
    assert_eq!(read.remove(1), Ok(None));
    let to = || "+33612345678".to_owned();
    let expected = [
        Outcome::Delivered,
        Outcome::Bounced(vec![to()]),
        Outcome::NotDelivered(vec![to()]),
        Outcome::Stopped(to()),
        Outcome::Stopped(to()),
        Outcome::Started(to()),
    ];
    assert_eq!(outcomes(&read), expected);
    let first = read[0].clone().unwrap().unwrap();
    assert_eq!(first.provider_id, Some(sent.provider_id));
}
