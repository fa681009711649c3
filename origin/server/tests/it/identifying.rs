//! Identity checks with a fake of Veriff: from the request to the booking that needs it.

mod admitting;
mod erasing;
mod operating;

use std::sync::{Arc, atomic::Ordering::Relaxed};

use domain::{
    identity::rules::FIRST_POLL_MS,
    secret::Secret,
    users::{account::Role, change::AccountChange},
};
use fake_providers::{Fake, Secrets};
use identity::Terms;
use provider_http::Mode;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use yousoon::config::{IdentityConfig, ProvidersConfig};

use crate::{
    accounts::person::{PASSWORD, Person, login, register, sign_up},
    app::{Answer, TestApp},
};

const SUBMIT: &str =
    "mutation S($v: String!) { submitIdentityVerification(input: {consentVersion: $v}) {
    id status reason sessionUrl createdAt decidedAt expiresAt attemptsLeft birthYear } }";
const MINE: &str = "query M { me { identityStatus } myIdentityVerification {
    id status reason sessionUrl decidedAt expiresAt attemptsLeft birthYear } }";
const PREVIOUS: &str = "the-secret-of-before";
const YEAR_MS: i64 = 365 * 86_400_000;

struct World {
    app: TestApp,
    fake: Fake,
}

impl World {
    async fn start() -> Self {
        let fake = Fake::start(Secrets::default()).await.unwrap();
        let providers = ProvidersConfig {
            identity: Some(config(&fake)),
            ..ProvidersConfig::default()
        };
        let app = TestApp::builder().providers(providers).start().await;
        Self { app, fake }
    }

    async fn control(&self, path: &str, order: Value) -> Value {
        let url = self.fake.url(&format!("control/{path}"));
        let answer = self.app.client.post(url).json(&order).send().await.unwrap();
        assert!(
            answer.status().is_success(),
            "{}",
            answer.text().await.unwrap()
        );
        let text = answer.text().await.unwrap();
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    async fn sessions(&self) -> Vec<Value> {
        let url = self.fake.url("control/sessions");
        let answer = self.app.client.get(url).send().await.unwrap();
        answer.json().await.unwrap()
    }

    /// The name of the newest session.
    async fn session(&self) -> String {
        let sessions = self.sessions().await;
        sessions.last().unwrap()["id"].as_str().unwrap().to_owned()
    }

    fn webhook(&self) -> String {
        format!("{}/webhooks/veriff", self.app.url)
    }

    /// So many milliseconds before now, as Veriff writes it.
    fn ago(&self, ms: i64) -> String {
        let moment = chrono::DateTime::from_timestamp_millis(self.app.clock.load(Relaxed) - ms);
        moment.unwrap().to_rfc3339()
    }

    /// Veriff decides on the newest session, and reports it so often; gives what the webhook answered.
    async fn decide(&self, status: &str, more: Value, times: usize) -> Value {
        let mut order = json!({"session": self.session().await, "status": status,
            "at": self.ago(1_000), "report": {"url": self.webhook(), "times": times}});
        for (name, value) in more.as_object().unwrap() {
            order[name] = value.clone();
        }
        self.control("decide", order).await
    }

    async fn submit(&self, who: &Person) -> Answer {
        who.ask(&self.app, SUBMIT, json!({"v": "1"})).await
    }

    async fn submitted(&self, who: &Person) -> Value {
        self.submit(who).await.data()["submitIdentityVerification"].clone()
    }

    async fn mine(&self, who: &Person) -> (String, Value) {
        let data = who.ask(&self.app, MINE, json!({})).await.data();
        let status = data["me"]["identityStatus"].as_str().unwrap().to_owned();
        (status, data["myIdentityVerification"].clone())
    }

    /// Does what the job does now and then.
    async fn turn(&self) -> usize {
        let identity = self.app.state.services.identity.as_ref().unwrap();
        identity.turn().await.unwrap()
    }

    async fn trouble(&self, trouble: Value) {
        let order = json!({"provider": "veriff", "trouble": trouble});
        self.control("trouble", order).await;
    }
}

/// An administrator, who has just signed in.
pub(crate) async fn administrator(app: &TestApp) -> Person {
    administrator_named(app, "admin").await
}

pub(crate) async fn administrator_named(app: &TestApp, name: &str) -> Person {
    let admin = register(app, name).await;
    let role = AccountChange::Role(Role::Admin, None);
    let users = &app.state.services.users;
    users.change(&admin.user_id(), role, 0).await.unwrap();
    app.state.services.auth.standings.forget(&admin.user_id());
    let again = login(app, &format!("{name}@example.fr"), PASSWORD).await;
    let again = again.data();
    Person::of(&again["login"])
}

pub(crate) fn config(fake: &Fake) -> IdentityConfig {
    let secrets = Secrets::default();
    let secret = Secret::new(secrets.veriff_secret);
    IdentityConfig {
        veriff: veriff::Config {
            base: fake.url("veriff").parse().unwrap(),
            portal: fake.url("veriff/v").parse().unwrap(),
            mode: Mode::Development,
            timeout: std::time::Duration::from_millis(500),
            key: Secret::new(secrets.veriff_key),
            secret: secret.clone(),
        },
        report_secrets: vec![secret, Secret::new(PREVIOUS)],
        pseudonym_key: Secret::new("a key of pseudonyms"),
        terms: Terms {
            consent_version: "1".to_owned(),
            valid_ms: 2 * YEAR_MS,
        },
    }
}

#[tokio::test]
async fn an_identity_is_verified_told_and_kept_as_a_year_of_birth() {
    let world = World::start().await;
    let ana = register(&world.app, "ana").await;
    world.app.sent().await;
    assert_eq!(
        world.mine(&ana).await,
        ("NOT_SUBMITTED".to_owned(), Value::Null)
    );
    let first = world.submitted(&ana).await;
    assert_eq!(first["status"], "PENDING");
    assert_eq!(first["attemptsLeft"], 4);
    let session = world.session().await;
    let url = first["sessionUrl"].as_str().unwrap();
    assert!(url.ends_with(&session), "{url}");
    // Again it is the same one.
    assert_eq!(world.submitted(&ana).await, first);
    assert_eq!(world.mine(&ana).await.0, "PENDING");
    // Veriff hears a pseudonym.
    let sessions = world.sessions().await;
    assert_eq!(sessions.len(), 1);
    let named = sessions[0]["vendorData"].as_str().unwrap();
    assert_eq!(named.len(), 32);
    assert!(!named.contains(&ana.id) && !sessions[0].to_string().contains("example.fr"));

    // Reported twice, it is done and told once.
    let more = json!({"date_of_birth": "1990-02-03"});
    assert_eq!(world.decide("approved", more, 2).await, json!([200, 200]));
    assert_eq!(world.mine(&ana).await.0, "PENDING", "a report is a hint");
    let sent = world.app.sent().await;
    let subjects: Vec<&str> = sent.iter().map(|mail| mail.subject.as_str()).collect();
    assert_eq!(subjects, ["Votre identité est vérifiée"]);
    let (status, check) = world.mine(&ana).await;
    assert_eq!(status, "VERIFIED");
    assert_eq!(
        (&check["status"], &check["birthYear"]),
        (&json!("VERIFIED"), &json!(1990))
    );
    assert_eq!(check["sessionUrl"], Value::Null);
    assert_ne!(check["decidedAt"], Value::Null);
    assert!(world.app.sent().await.is_empty());
    assert_eq!(world.submit(&ana).await.code(), "IDENTITY_VERIFIED_ALREADY");

    // Of the document nothing is kept, and of the person the year.
    let export = "query E { exportMyData { data } }";
    let export = ana.ask(&world.app, export, json!({})).await.data();
    let export = export["exportMyData"]["data"].as_str().unwrap();
    assert!(export.contains(r#""birthYear":1990"#), "{export}");
    assert!(
        export.contains(r#""sessionId""#) && !export.contains("/veriff/v/"),
        "{export}"
    );
    for secret in ["CAMILLE", "X4RTBPFW4", "1990-02-03", "990102012345"] {
        assert!(!export.contains(secret), "{secret}");
    }
    let inbox = "query N { notifications { edges { node { kind title } } } }";
    let inbox = ana.ask(&world.app, inbox, json!({})).await.data();
    assert_eq!(
        inbox["notifications"]["edges"][0]["node"]["kind"],
        "IDENTITY_RESULT"
    );

    // After two years it counts no more.
    world.app.pass_ms(2 * YEAR_MS);
    let again = login(&world.app, "ana@example.fr", PASSWORD).await.data();
    let ana = Person::of(&again["login"]);
    assert_eq!(world.mine(&ana).await.0, "NOT_SUBMITTED");
    world.turn().await;
    let (status, check) = world.mine(&ana).await;
    assert_eq!(status, "NOT_SUBMITTED");
    assert_eq!(check["birthYear"], Value::Null);
    assert_eq!(world.submitted(&ana).await["status"], "PENDING");
}

#[tokio::test]
async fn a_document_that_is_not_accepted_has_a_reason_and_is_shown_again() {
    let world = World::start().await;
    let ana = register(&world.app, "ana").await;
    let first = world.submitted(&ana).await;
    let blurred = json!({"reason_code": 204});
    world.decide("resubmission_requested", blurred, 1).await;
    let sent = world.app.sent().await;
    assert_eq!(
        sent.last().unwrap().subject,
        "Votre identité n’a pas pu être vérifiée"
    );
    let (status, check) = world.mine(&ana).await;
    assert_eq!(status, "REJECTED");
    assert_eq!(check["reason"], "UNREADABLE");
    // The same session goes on, and costs no attempt.
    let again = world.submitted(&ana).await;
    assert_eq!(again["id"], first["id"]);
    assert_eq!(again["sessionUrl"], first["sessionUrl"]);
    assert_eq!(
        (&again["status"], &again["reason"]),
        (&json!("PENDING"), &Value::Null)
    );
    world.app.pass_ms(2_000);
    world
        .decide("declined", json!({"reason_code": 106}), 1)
        .await;
    world.app.sent().await;
    let (status, check) = world.mine(&ana).await;
    assert_eq!(
        (status.as_str(), &check["reason"]),
        ("REJECTED", &json!("NOT_TRUSTED"))
    );
    // Another one is another session, five in all.
    for left in [3, 2, 1, 0] {
        assert_eq!(world.submitted(&ana).await["attemptsLeft"], left);
        world.decide("declined", json!({}), 1).await;
        world.app.sent().await;
        world.app.pass_ms(2_000);
    }
    assert_eq!(world.submit(&ana).await.code(), "IDENTITY_ATTEMPTS_REACHED");
    assert_eq!(world.sessions().await.len(), 5);
}

#[tokio::test]
async fn a_check_needs_consent_and_a_verified_address() {
    let world = World::start().await;
    let ana = sign_up(&world.app, "ana").await;
    assert_eq!(world.submit(&ana).await.code(), "EMAIL_NOT_VERIFIED");
    let bob = register(&world.app, "bob").await;
    let outdated = bob.ask(&world.app, SUBMIT, json!({"v": "0"})).await;
    assert_eq!(outdated.code(), "IDENTITY_CONSENT_OUTDATED");
    assert_eq!(world.sessions().await.len(), 0);
    let anonymous = world.app.ask(SUBMIT, json!({"v": "1"})).await;
    assert_eq!(anonymous.code(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_report_that_is_not_veriffs_is_refused() {
    let world = World::start().await;
    let ana = register(&world.app, "ana").await;
    world.submitted(&ana).await;
    world.app.sent().await;
    let report = |more: Value| {
        let mut to = json!({"url": world.webhook()});
        for (name, value) in more.as_object().unwrap() {
            to[name] = value.clone();
        }
        json!({ "report": to })
    };
    world
        .decide("declined", report(json!({"times": 0})), 0)
        .await;
    let again = |more: Value| {
        let world = &world;
        let mut order = report(more);
        async move {
            order["session"] = world.session().await.into();
            world.control("report-again", order).await
        }
    };
    assert_eq!(
        again(json!({"secret": "another secret"})).await,
        json!([403])
    );
    assert_eq!(again(json!({"tampered": true})).await, json!([403]));
    assert_eq!(
        again(json!({"client": "of-the-test-environment"})).await,
        json!([403])
    );
    let post = |body: Vec<u8>| {
        world
            .app
            .request(Method::POST, "/webhooks/veriff")
            .body(body)
    };
    let status = async |request: reqwest::RequestBuilder| request.send().await.unwrap().status();
    assert_eq!(status(post(b"{}".to_vec())).await, StatusCode::UNAUTHORIZED);
    let secrets = Secrets::default();
    let signed = |body: &str| {
        let signature = veriff::signature(secrets.veriff_secret.as_bytes(), body.as_bytes());
        post(body.as_bytes().to_vec())
            .header("x-auth-client", &secrets.veriff_key)
            .header("x-hmac-signature", signature)
    };
    assert_eq!(status(signed("{}")).await, StatusCode::BAD_REQUEST);
    let old = json!({"verification": {"id": "s", "code": 9001,
        "decisionTime": world.ago(9 * 86_400_000)}});
    assert_eq!(
        status(signed(&old.to_string())).await,
        StatusCode::BAD_REQUEST
    );
    let long = " ".repeat(300 * 1024);
    assert_eq!(status(signed(&long)).await, StatusCode::PAYLOAD_TOO_LARGE);
    let get = world.app.request(Method::GET, "/webhooks/veriff");
    assert_eq!(status(get).await, StatusCode::METHOD_NOT_ALLOWED);
    // Of a session that nobody has, and that somebody began.
    let unknown = json!({"verification": {"id": "nobodys", "code": 9001}});
    assert_eq!(status(signed(&unknown.to_string())).await, StatusCode::OK);
    let event = json!({"id": world.session().await, "action": "started", "code": 7001});
    assert_eq!(status(signed(&event.to_string())).await, StatusCode::OK);
    assert!(world.app.sent().await.is_empty());
    assert_eq!(
        world.mine(&ana).await.0,
        "PENDING",
        "nothing of it was believed"
    );
    // While the secret changes both are good.
    assert_eq!(again(json!({"secret": PREVIOUS})).await, json!([200]));
    world.app.sent().await;
    assert_eq!(world.mine(&ana).await.0, "REJECTED");

    let without = TestApp::start().await;
    let none = without
        .request(Method::POST, "/webhooks/veriff")
        .send()
        .await;
    assert_eq!(none.unwrap().status(), StatusCode::NOT_FOUND);
    assert_eq!(ana_of(&without).await.code(), "IDENTITY_UNAVAILABLE");
}

async fn ana_of(app: &TestApp) -> Answer {
    let ana = register(app, "ana").await;
    ana.ask(app, SUBMIT, json!({"v": "1"})).await
}

#[tokio::test]
async fn a_report_that_is_lost_is_healed_by_a_poll() {
    let world = World::start().await;
    let ana = register(&world.app, "ana").await;
    world.submitted(&ana).await;
    world.app.sent().await;
    let more = json!({"date_of_birth": "1990-02-03"});
    world.decide("approved", more, 0).await;
    world.turn().await;
    world.app.sent().await;
    assert_eq!(world.mine(&ana).await.0, "PENDING");
    world.app.pass_ms(FIRST_POLL_MS);
    assert_eq!(world.turn().await, 1);
    // Veriff does not answer at first.
    world.trouble(json!({"kind": "fail", "status": 503})).await;
    world.app.sent().await;
    assert_eq!(world.mine(&ana).await.0, "PENDING");
    world.app.pass_ms(2_000);
    let sent = world.app.sent().await;
    assert_eq!(sent.len(), 1);
    assert_eq!(world.mine(&ana).await.0, "VERIFIED");
    assert_eq!(world.turn().await, 0);
}

#[tokio::test]
async fn reports_in_any_order_leave_the_newest_decision() {
    let world = World::start().await;
    let ana = register(&world.app, "ana").await;
    world.submitted(&ana).await;
    world
        .decide("declined", json!({"at": world.ago(9_000)}), 0)
        .await;
    let born = json!({"at": world.ago(5_000), "date_of_birth": "1990-02-03"});
    world.decide("approved", born, 1).await;
    world.app.sent().await;
    assert_eq!(world.mine(&ana).await.0, "VERIFIED");
    // The report of the first decision comes last.
    let late = json!({"session": world.session().await,
        "report": {"url": world.webhook(), "nth": 0}});
    assert_eq!(world.control("report-again", late).await, json!([200]));
    assert!(world.app.sent().await.is_empty());
    assert_eq!(world.mine(&ana).await.0, "VERIFIED");
    // What Veriff changes later counts.
    world
        .decide(
            "declined",
            json!({"reason_code": 102, "at": world.ago(1_000)}),
            1,
        )
        .await;
    assert_eq!(world.app.sent().await.len(), 1);
    let (status, check) = world.mine(&ana).await;
    assert_eq!(
        (status.as_str(), &check["birthYear"]),
        ("REJECTED", &Value::Null)
    );
}

#[tokio::test]
async fn a_provider_that_fails_or_hangs_at_the_start_costs_no_attempt() {
    let world = World::start().await;
    let ana = register(&world.app, "ana").await;
    for trouble in [
        json!({"kind": "fail", "status": 500}),
        json!({"kind": "hang"}),
        // The session is begun, and nobody hears of it.
        json!({"kind": "swallow"}),
    ] {
        world.trouble(trouble).await;
        assert_eq!(world.submit(&ana).await.code(), "IDENTITY_UNAVAILABLE");
    }
    assert_eq!(world.mine(&ana).await.0, "PENDING");
    let submitted = world.submitted(&ana).await;
    assert_eq!(submitted["attemptsLeft"], 4);
    assert_eq!(world.sessions().await.len(), 2);
    assert!(
        submitted["sessionUrl"]
            .as_str()
            .unwrap()
            .ends_with(&world.session().await)
    );
}

#[tokio::test]
async fn requests_for_checks_are_limited() {
    let fake = Fake::start(Secrets::default()).await.unwrap();
    let providers = ProvidersConfig {
        identity: Some(config(&fake)),
        ..ProvidersConfig::default()
    };
    let app = TestApp::builder()
        .rate_limits(1_000, 1_000)
        .budgets(|budgets| budgets.identity.most = 2.try_into().unwrap())
        .providers(providers)
        .start()
        .await;
    let ana = register(&app, "ana").await;
    for expected in ["", "", "RATE_LIMITED"] {
        let answer = ana.ask(&app, SUBMIT, json!({"v": "1"})).await;
        assert_eq!(answer.code(), expected);
    }
}

#[tokio::test]
async fn two_requests_at_once_get_one_check() {
    let world = Arc::new(World::start().await);
    let ana = Arc::new(register(&world.app, "ana").await);
    let asked = (0..6).map(|_| {
        let (world, ana) = (Arc::clone(&world), Arc::clone(&ana));
        async move { world.submitted(&ana).await }
    });
    let all = futures_util::future::join_all(asked).await;
    assert!(all.iter().all(|one| *one == all[0]), "{all:?}");
    // Sessions of those that lost are deleted.
    world.app.sent().await;
    let sessions = world.sessions().await;
    let kept = sessions.iter().filter(|one| one["deleted"] == false);
    assert_eq!(kept.count(), 1, "{sessions:?}");
}
