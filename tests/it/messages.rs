//! What is sent to people, through the edge, with providers that speak the real formats.

use std::time::Duration;

use e2e::{Options, Stack};
use fake_providers::{Fake, Secrets};
use serde_json::{Value, json};

use crate::{
    people::{anonymous, answer},
    story::{Person, sign_up},
};

/// The system, and whom it sends by.
pub(crate) struct World {
    pub(crate) stack: Stack,
    fake: Fake,
}

/// For as long as the tests run.
pub(crate) fn kept(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

async fn started() -> World {
    World::started(Vec::new()).await
}

/// Whether a mail tells an owner that the partner is approved.
fn tells_of_approval(mail: &Value) -> bool {
    let title = mail["title"].as_str().unwrap_or_default();
    title.ends_with(" est en ligne")
}

impl World {
    /// With further variables of the origin.
    pub(crate) async fn started(variables: Vec<(&'static str, &'static str)>) -> Self {
        let options = Options {
            origin: variables,
            ..Options::default()
        };
        Self::with(options).await
    }

    /// With these options; those of the providers are added.
    pub(crate) async fn with(options: Options) -> Self {
        let fake = Fake::start(Secrets::default()).await.unwrap();
        let theirs = fake.of_messages().into_iter().chain(fake.of_identity());
        let theirs = theirs.map(|(name, value)| (name, kept(value)));
        let options = Options {
            origin: theirs.chain(options.origin).collect(),
            ..options
        };
        let stack = Stack::start(options).await.unwrap();
        Self { stack, fake }
    }

    /// How many pushes came to a device whose title begins like this.
    pub(crate) async fn pushed(&self, device: &str, title: &str) -> usize {
        let all = self.mailbox().await;
        let is_one = |message: &&Value| {
            let text = message["title"].as_str().unwrap_or_default();
            message["to"] == json!([device]) && text.starts_with(title)
        };
        all.iter().filter(is_one).count()
    }

    pub(crate) async fn until_pushed(&self, device: &str, title: &str) {
        for _ in 0..400 {
            if self.pushed(device, title).await > 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("no push to {device}: {:#?}", self.mailbox().await);
    }

    async fn mailbox(&self) -> Vec<Value> {
        let request = self.stack.client.get(self.fake.url("mailbox.json"));
        request.send().await.unwrap().json().await.unwrap()
    }

    /// The checks of identities that were begun, as the provider knows them.
    pub(crate) async fn sessions(&self) -> Vec<Value> {
        let request = self.stack.client.get(self.fake.url("control/sessions"));
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Waits until so many mails have come to an address, and gives the last one. Those that tell of an
    /// approval do not count: at night they wait for the morning.
    pub(crate) async fn mail(&self, to: &str, count: usize) -> Value {
        for _ in 0..400 {
            let all = self.mailbox().await;
            let mine: Vec<_> = all
                .iter()
                .filter(|mail| mail["to"] == json!([to]) && !tells_of_approval(mail))
                .collect();
            if mine.len() >= count {
                return (*mine.last().unwrap()).clone();
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("no mail to {to}: {:#?}", self.mailbox().await);
    }

    /// Tells the fake of the providers to do something.
    pub(crate) async fn order(&self, path: &str, order: Value) -> Value {
        let request = self.stack.client.post(self.fake.url(path)).json(&order);
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{answer:?}");
        answer.json().await.unwrap_or_default()
    }

    /// A request of somebody who is not signed in.
    pub(crate) async fn ask(&self, document: &str, variables: Value) -> Value {
        let ask = self.stack.ask(document, variables);
        let edge = &self.stack.edge_url;
        answer(anonymous(&self.stack.client, edge, &ask))
            .await
            .json()
    }

    async fn reset(&self, email: &str) {
        let asked = self
            .ask("RequestPasswordReset", json!({"email": email}))
            .await;
        assert_eq!(asked["data"]["requestPasswordReset"], true, "{asked}");
    }
}

/// The token of the link in a mail.
pub(crate) fn token(mail: &Value) -> String {
    let text = mail["text"].as_str().unwrap();
    let (_, rest) = text
        .split_once("token=")
        .unwrap_or_else(|| panic!("{mail:#}"));
    rest.split_whitespace().next().unwrap().to_owned()
}

#[tokio::test]
async fn a_link_verifies_an_address_and_another_one_resets_the_password() {
    let world = started().await;
    let stack = &world.stack;
    let ana: Person = sign_up(stack, "ana").await;
    let mail = world.mail(&ana.email, 1).await;
    assert_eq!(mail["provider"], "ses");
    assert_eq!(mail["title"], "Confirmez votre adresse e-mail");
    assert!(
        mail["html"].as_str().unwrap().contains("Bonjour"),
        "{mail:#}"
    );
    let verified = ana
        .ask(stack, "VerifyEmail", json!({"token": token(&mail)}))
        .await;
    assert_eq!(verified["verifyEmail"], true);

    world.reset(&ana.email).await;
    let mail = world.mail(&ana.email, 2).await;
    let input = json!({"token": token(&mail), "newPassword": "another horse battery"});
    let done = world.ask("ResetPassword", json!({"input": input})).await;
    assert_eq!(done["data"]["resetPassword"], true, "{done}");
    let login = |password: &str| json!({"input": {"email": ana.email, "password": password}});
    let before = world.ask("Login", login("correct horse")).await;
    assert_eq!(
        before["errors"][0]["extensions"]["code"],
        "CREDENTIALS_INVALID"
    );
    let after = world.ask("Login", login("another horse battery")).await;
    assert!(after["data"]["login"]["accessToken"].is_string(), "{after}");
}

#[tokio::test]
async fn a_provider_that_fails_or_hangs_delays_a_mail_and_it_arrives_once() {
    let world = started().await;
    for (times, trouble) in [
        (2, json!({"kind": "fail", "status": 503})),
        (
            1,
            json!({"kind": "fail", "status": 429, "retry_after": "1"}),
        ),
    ] {
        let order = json!({"provider": "ses", "times": times, "trouble": trouble});
        world.order("control/trouble", order).await;
    }
    let ana = sign_up(&world.stack, "ana").await;
    let mail = world.mail(&ana.email, 1).await;
    assert!(
        mail["key"].as_str().unwrap().contains("verify_email"),
        "{mail:#}"
    );
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(world.mailbox().await.len(), 1);
    let waiting = world
        .stack
        .run(&["queue", "list", "--state", "waiting"])
        .await
        .unwrap();
    assert!(!waiting.contains("verify_email"), "{waiting}");
    let done = world
        .stack
        .run(&["queue", "list", "--state", "done"])
        .await
        .unwrap();
    assert!(done.contains("verify_email"), "{done}");
}

#[tokio::test]
async fn what_is_refused_waits_for_an_operator_and_a_bounce_ends_what_is_sent() {
    let world = started().await;
    let stack = &world.stack;
    let refusal = json!({"kind": "fail", "status": 400,
        "error_type": "MailFromDomainNotVerifiedException", "body": "{\"message\":\"no\"}"});
    let order = json!({"provider": "ses", "trouble": refusal});
    world.order("control/trouble", order).await;
    let ana = sign_up(stack, "ana").await;
    let mut dead = String::new();
    for _ in 0..200 {
        dead = stack.run(&["queue", "list"]).await.unwrap();
        if dead.contains("verify_email") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let line = dead.lines().find(|line| line.contains("verify_email"));
    let key = line
        .and_then(|line| line.split_whitespace().next())
        .unwrap();
    let shown = stack.run(&["queue", "show", key]).await.unwrap();
    assert!(
        shown.contains("state: dead") && !shown.contains(&ana.email),
        "{shown}"
    );
    stack.run(&["queue", "retry", key]).await.unwrap();
    let mail = world.mail(&ana.email, 1).await;

    // The provider reports, twice, that the mailbox is none; somebody else cannot.
    let webhook = format!("{}/webhooks/ses", stack.origin_url);
    let report = |tampered: bool| {
        json!({"url": webhook, "times": 2, "tampered": tampered,
            "reports": [{"report": "email", "number": mail["number"], "event": "bounce"}]})
    };
    let forged = world.order("control/reports", report(true)).await;
    assert_eq!(forged, json!([403, 403]));
    let noted = world.order("control/reports", report(false)).await;
    assert_eq!(noted, json!([204, 204]));
    world.reset(&ana.email).await;
    for _ in 0..200 {
        let done = stack
            .run(&["queue", "list", "--state", "done"])
            .await
            .unwrap();
        if done.contains("the address bounced") {
            assert_eq!(world.mailbox().await.len(), 1);
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the reset was not looked at");
}
