//! Veriff against its fake: sessions, decisions, the page, deletion, and reports.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use domain::{
    identity::{
        provider::{Hint, HintError, IdentityProvider as _, Sight, Trouble, Verdict},
        verification::{Reason, SessionId},
    },
    secret::Secret,
};
use serde_json::{Value, json};
use veriff::Veriff;

use crate::world::World;

type Read = Result<Option<Hint>, HintError>;

async fn started(world: &World) -> (Veriff, SessionId) {
    let veriff = Veriff::new(world.veriff_config()).unwrap();
    let started = veriff.start("k", "a-pseudonym").await.unwrap();
    (veriff, started.session)
}

async fn decided(world: &World, session: &SessionId, status: &str, more: Value) -> String {
    let mut order = more;
    order["session"] = session.as_str().into();
    order["status"] = status.into();
    let (answered, body) = world.control("decide", order).await;
    assert_eq!(answered, 200, "{body}");
    body
}

fn verdict(sight: Sight) -> Verdict {
    match sight {
        Sight::Decided { verdict, .. } => verdict,
        Sight::Unknown | Sight::Undecided => panic!("{sight:?}"),
    }
}

#[tokio::test]
async fn a_session_is_undecided_until_it_is_decided_and_the_last_decision_counts() {
    let world = World::start().await;
    let (veriff, session) = started(&world).await;
    assert_eq!(veriff.look(&session).await, Ok(Sight::Undecided));
    decided(&world, &session, "review", json!({})).await;
    assert_eq!(veriff.look(&session).await, Ok(Sight::Undecided));
    let blurred = json!({"reason_code": 204});
    decided(&world, &session, "resubmission_requested", blurred).await;
    let sight = veriff.look(&session).await.unwrap();
    assert_eq!(verdict(sight), Verdict::Resubmission(Reason::Unreadable));
    let born = json!({"date_of_birth": "1990-02-03"});
    decided(&world, &session, "approved", born).await;
    let sight = veriff.look(&session).await.unwrap();
    let approved = Verdict::Approved {
        birth_year: Some(1990),
    };
    assert_eq!(verdict(sight), approved);
    let other = SessionId::parse("00000000-0000-4000-8000-00000000dead").unwrap();
    assert_eq!(veriff.look(&other).await, Ok(Sight::Unknown));
}

#[tokio::test]
async fn nobody_with_another_secret_is_answered() {
    let world = World::start().await;
    let (_, session) = started(&world).await;
    let mut config = world.veriff_config();
    config.secret = Secret::new("another secret".to_owned());
    let stranger = Veriff::new(config).unwrap();
    let refused = |trouble: Trouble| assert!(matches!(trouble, Trouble::Refused { .. }));
    refused(stranger.start("k", "a-pseudonym").await.unwrap_err());
    refused(stranger.look(&session).await.unwrap_err());
    // A deletion is asked for again, whatever the answer is.
    let later = stranger.forget(&session).await.unwrap_err();
    assert!(matches!(later, Trouble::Later { .. }), "{later:?}");
}

#[tokio::test]
async fn a_session_is_deleted_and_a_deleted_one_is_no_error() {
    let world = World::start().await;
    let (veriff, session) = started(&world).await;
    decided(&world, &session, "approved", json!({})).await;
    assert_eq!(veriff.forget(&session).await, Ok(()));
    assert_eq!(veriff.forget(&session).await, Ok(()));
    assert_eq!(veriff.look(&session).await, Ok(Sight::Unknown));
    let sessions: Vec<Value> = world.get("control/sessions").await.json().await.unwrap();
    let left =
        json!([{"id": session.as_str(), "vendorData": null, "decisions": [], "deleted": true}]);
    assert_eq!(json!(sessions), left);
}

#[tokio::test]
async fn a_failure_is_one_for_later() {
    let world = World::start().await;
    let (veriff, session) = started(&world).await;
    for status in [429, 503] {
        let trouble = json!({"kind": "fail", "status": status});
        world.trouble("veriff", trouble).await;
        let failed = veriff.look(&session).await.unwrap_err();
        assert!(matches!(failed, Trouble::Later { .. }), "{failed:?}");
    }
}

#[tokio::test]
async fn a_developer_decides_on_the_page_and_it_is_reported() {
    let world = World::start().await;
    let webhook = Webhook::start(&world).await;
    world
        .fake
        .report_identities_to(webhook.url.parse().unwrap());
    let (veriff, session) = started(&world).await;
    let page = format!("veriff/v/{}", session.as_str());
    let shown = world.get(&page).await;
    let policy = shown.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'"), "{policy}");
    let text = shown.text().await.unwrap();
    assert!(
        text.contains("Approve") && text.contains("Decline"),
        "{text}"
    );
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let form = [("status", "approved"), ("born", "2001-12-31")];
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let pressed = client
        .post(world.fake.url(&page))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(pressed.status(), 200);
    let sight = veriff.look(&session).await.unwrap();
    let approved = Verdict::Approved {
        birth_year: Some(2001),
    };
    assert_eq!(verdict(sight), approved);
    let read = webhook.take();
    assert_eq!(read.len(), 1, "{read:?}");
    assert_eq!(read[0].as_ref().unwrap().as_ref().unwrap().session, session);
}

#[tokio::test]
async fn reports_come_once_twice_late_and_forged() {
    let world = World::start().await;
    let webhook = Webhook::start(&world).await;
    let (_, session) = started(&world).await;
    let report = |more: Value| {
        let mut to = more;
        to["url"] = webhook.url.as_str().into();
        json!({"session": session.as_str(), "report": to})
    };
    let first = report(json!({"times": 2}));
    assert_eq!(
        decided(&world, &session, "declined", first).await,
        "[200,200]"
    );
    let read = webhook.take();
    assert_eq!(read[0], read[1], "the same report");
    let second = report(json!({}));
    decided(&world, &session, "approved", second).await;
    let later = webhook.take();
    assert_ne!(read[0], later[0]);
    // The first one comes once more, after the second.
    let order = report(json!({"nth": 0}));
    assert_eq!(world.control("report-again", order).await.1, "[200]");
    assert_eq!(webhook.take(), [read[0].clone()]);
    for (more, error) in [
        (json!({"nth": 0, "tampered": true}), HintError::Signature),
        (json!({"secret": "another secret"}), HintError::Signature),
        (json!({"client": "of-another"}), HintError::Client),
    ] {
        let (_, statuses) = world.control("report-again", report(more)).await;
        assert_eq!(statuses, "[403]");
        assert_eq!(webhook.take(), [Err(error)]);
    }
    let ancient = json!({"at": "2020-01-01T00:00:00Z", "report": report(json!({}))["report"]});
    assert_eq!(
        decided(&world, &session, "approved", ancient).await,
        "[403]"
    );
    assert_eq!(webhook.take(), [Err(HintError::Old)]);
}

#[tokio::test]
async fn reports_go_nowhere_but_to_this_machine() {
    let world = World::start().await;
    let (_, session) = started(&world).await;
    let order = json!({"session": session.as_str(), "status": "approved",
        "report": {"url": "http://192.0.2.1/"}});
    let (status, why) = world.control("decide", order).await;
    assert_eq!(status, 400);
    assert!(why.contains("not on this machine"), "{why}");
}

/// Our webhook, which keeps what it reads.
struct Webhook {
    url: String,
    read: Arc<Mutex<Vec<Read>>>,
}

impl Webhook {
    async fn start(world: &World) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/veriff", listener.local_addr().unwrap());
        let read = Arc::<Mutex<Vec<Read>>>::default();
        let client = Secret::new(world.secrets.veriff_key.clone());
        let secret = Secret::new(world.secrets.veriff_secret.clone());
        let webhook = Arc::new(veriff::Webhook::new(client, vec![secret]));
        let kept = Arc::clone(&read);
        let hear = async move |headers: HeaderMap, body: Bytes| {
            let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
            let (client, signature) = (header("x-auth-client"), header("x-hmac-signature"));
            let now_ms = chrono::Utc::now().timestamp_millis();
            let read = webhook.read(client, signature, &body, now_ms);
            let status = match &read {
                Ok(_) => StatusCode::OK,
                Err(_) => StatusCode::FORBIDDEN,
            };
            kept.lock().unwrap().push(read);
            status
        };
        let router = Router::new().route("/veriff", post(hear));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, read }
    }

    fn take(&self) -> Vec<Read> {
        std::mem::take(&mut *self.read.lock().unwrap())
    }
}
