//! Somebody with an account.

use std::sync::atomic::Ordering::Relaxed;

use domain::{UserId, users::change::AccountChange};
use e2e::{Durability, Redis};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::app::{Answer, TestApp};

pub(crate) const PASSWORD: &str = "correct horse";

pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

const TOKENS: &str = "accessToken refreshToken expiresIn user { id }";

/// An origin with sessions in its store, and one with sessions in Redis.
pub(crate) async fn both() -> Vec<(TestApp, Option<Redis>)> {
    let redis = Redis::start(Durability::Memory).await.unwrap();
    let with_redis = TestApp::builder().redis(&redis.url()).start().await;
    vec![(TestApp::start().await, None), (with_redis, Some(redis))]
}

pub(crate) fn registering(app: &TestApp, input: &Value) -> RequestBuilder {
    let query = format!("mutation R($i: RegisterInput!) {{ register(input: $i) {{ {TOKENS} }} }}");
    app.post(&query, &json!({"i": input}))
}

pub(crate) fn input(name: &str) -> Value {
    json!({"email": format!("{name}@example.fr"), "password": PASSWORD,
        "firstName": "Zoé", "lastName": "d'Été"})
}

/// With an address that is verified, so its link is needless and not sent.
pub(crate) async fn register(app: &TestApp, name: &str) -> Person {
    let person = sign_up(app, name).await;
    verify(app, &person).await;
    person
}

/// The address was proved to be this person's.
pub(crate) async fn verify(app: &TestApp, who: &Person) {
    let (id, users) = (who.user_id(), &app.state.services.users);
    let email = users.by_id(&id).await.unwrap().unwrap().email;
    let change = AccountChange::EmailVerified(email);
    let now_ms = app.clock.load(Relaxed);
    users.change(&id, change, now_ms).await.unwrap();
}

/// With an address that is not verified.
pub(crate) async fn sign_up(app: &TestApp, name: &str) -> Person {
    let answer = Answer::of(registering(app, &input(name))).await;
    Person::of(&answer.data()["register"])
}

pub(crate) async fn login(app: &TestApp, email: &str, password: &str) -> Answer {
    let query = format!("mutation L($i: LoginInput!) {{ login(input: $i) {{ {TOKENS} }} }}");
    app.ask(&query, json!({"i": {"email": email, "password": password}}))
        .await
}

pub(crate) async fn refresh(app: &TestApp, token: &str) -> Answer {
    let query = format!("mutation F($t: String!) {{ refreshToken(token: $t) {{ {TOKENS} }} }}");
    app.ask(&query, json!({"t": token})).await
}

impl Person {
    pub(crate) fn of(payload: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        assert_eq!(payload["expiresIn"], 900);
        Self {
            id: text(&payload["user"]["id"]),
            access: text(&payload["accessToken"]),
            refresh: text(&payload["refreshToken"]),
        }
    }

    pub(crate) fn user_id(&self) -> UserId {
        UserId::parse(&self.id).unwrap()
    }

    pub(crate) async fn ask(&self, app: &TestApp, query: &str, variables: Value) -> Answer {
        Answer::of(app.post(query, &variables).bearer_auth(&self.access)).await
    }

    /// Whether the access token is taken.
    pub(crate) async fn is_in(&self, app: &TestApp) -> bool {
        let answer = self.ask(app, "query Q { me { id } }", json!({})).await;
        if answer.code() == "TOKEN_INVALID" {
            return false;
        }
        assert_eq!(answer.data()["me"]["id"], self.id.as_str());
        true
    }
}
