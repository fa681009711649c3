//! Users that sign up and sign in.

use e2e::{Answer, Ask};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

pub(crate) const PASSWORD: &str = "correct horse battery";
/// The domain of all users' e-mail addresses. It occurs nowhere else, so an answer to another user
/// that contains it is a leak.
pub(crate) const DOMAIN: &str = "only-the-owner.example";
pub(crate) const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";

/// A user with an account, and the tokens of a session.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Person {
    /// From the payload of `register`, `login` or `refreshToken`.
    pub(crate) fn of(payload: &Value) -> Self {
        let text = |value: &Value| value.as_str().expect("a payload of auth").to_owned();
        Self {
            id: text(&payload["user"]["id"]),
            email: text(&payload["user"]["email"]),
            access: text(&payload["accessToken"]),
            refresh: text(&payload["refreshToken"]),
        }
    }
}

pub(crate) fn email(name: &str) -> String {
    format!("{name}@{DOMAIN}")
}

/// The variables of `Register`.
pub(crate) fn registration(name: &str) -> Value {
    json!({"input": {"email": email(name), "password": PASSWORD, "firstName": "Zoé",
        "lastName": "d'Été"}})
}

pub(crate) fn credentials(name: &str, password: &str) -> Value {
    json!({"input": {"email": email(name), "password": password}})
}

/// A POST without a token that asks for `application/graphql-response+json`.
pub(crate) fn anonymous(client: &Client, base: &str, ask: &Ask) -> RequestBuilder {
    let body = json!({"documentId": ask.id, "variables": ask.variables});
    client
        .post(format!("{base}/graphql"))
        .header("accept", GRAPHQL_RESPONSE)
        .json(&body)
}

/// Sends a request; returns its answer.
pub(crate) async fn answer(request: RequestBuilder) -> Answer {
    Answer::read(request.send().await.unwrap()).await.unwrap()
}

/// The data of an answer without errors.
pub(crate) fn data(answer: &Answer) -> Value {
    let json = answer.json();
    assert!(
        answer.status == 200 && json["errors"].is_null(),
        "{} {}",
        answer.status,
        answer.text
    );
    json["data"].clone()
}

/// Registers a new account.
pub(crate) async fn register(client: &Client, base: &str, ask: &Ask) -> Person {
    let answer = answer(anonymous(client, base, ask)).await;
    Person::of(&data(&answer)["register"])
}

/// The token of the link that was sent last to an address, as the log of an origin without a provider
/// of e-mails shows it.
pub(crate) fn token_sent_to(log: &str, email: &str) -> Option<String> {
    let sent = log.lines().rfind(|line| line.contains(email))?;
    // The line has the text, with its breaks escaped.
    let (_, rest) = sent.split_once("token=")?;
    rest.split(['\\', '"', ' ']).next().map(str::to_owned)
}
