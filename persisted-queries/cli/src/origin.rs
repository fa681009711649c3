//! The origin's routes for documents, as an operator calls them.

use std::time::Duration;

use anyhow::{Context as _, bail};
use reqwest::StatusCode;
use reqwest::blocking::{Client, RequestBuilder, Response};
use reqwest::redirect;
use serde::Deserialize;
use serde::de::DeserializeOwned;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(30);
/// How much of a refusal is printed, in characters.
const SHOWN_CHARS: usize = 500;

/// A refusal by the origin, in any of its formats.
#[derive(Debug, Default, Deserialize)]
struct Refusal {
    message: Option<String>,
    error: Option<serde_json::Value>,
    #[serde(default)]
    errors: Vec<GraphqlError>,
}

#[derive(Debug, Deserialize)]
struct GraphqlError {
    message: String,
}

/// An origin, and the token for it.
pub(crate) struct Origin<'a> {
    client: Client,
    base: &'a str,
    token: &'a str,
}

impl<'a> Origin<'a> {
    pub(crate) fn new(url: &'a str, token: &'a str) -> anyhow::Result<Self> {
        let client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            // Following a redirect would turn a POST into a GET, which publishes nothing.
            .redirect(redirect::Policy::none())
            .build()?;
        let base = url.trim_end_matches('/');
        Ok(Self {
            client,
            base,
            token,
        })
    }

    /// POSTs JSON. `refused` says what a refusal refuses, and `expected` what the answer is.
    pub(crate) fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl serde::Serialize,
        (refused, expected): (&str, &str),
    ) -> anyhow::Result<T> {
        let endpoint = format!("{}{path}", self.base);
        let request = self.client.post(&endpoint).json(body);
        self.answer(&endpoint, request, (refused, expected))
    }

    /// GETs JSON, likewise.
    pub(crate) fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        (refused, expected): (&str, &str),
    ) -> anyhow::Result<T> {
        let endpoint = format!("{}{path}", self.base);
        let request = self.client.get(&endpoint);
        self.answer(&endpoint, request, (refused, expected))
    }

    fn answer<T: DeserializeOwned>(
        &self,
        endpoint: &str,
        request: RequestBuilder,
        (refused, expected): (&str, &str),
    ) -> anyhow::Result<T> {
        let response = request
            .bearer_auth(self.token)
            .send()
            .with_context(|| format!("cannot reach {endpoint}"))?;
        let status = response.status();
        if !status.is_success() {
            bail!("{endpoint} refused {refused}: {status}{}", why(response));
        }
        response
            .json()
            .with_context(|| format!("{endpoint} answered {status}, but not with {expected}"))
    }
}

/// The message of a refusal on one line; a body in an unknown format is shown as it is.
fn why(response: Response) -> String {
    let hint = match response.status() {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => " (is the token an admin's?)",
        _ => "",
    };
    let text = response.text().unwrap_or_default();
    let refusal: Refusal = serde_json::from_str(&text).unwrap_or_default();
    let message = refusal
        .message
        .or_else(|| refusal.error.as_ref().map(message_of))
        .or_else(|| refusal.errors.into_iter().next().map(|error| error.message))
        .unwrap_or(text);
    let line: String = message
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(SHOWN_CHARS)
        .collect();
    if line.is_empty() {
        hint.to_owned()
    } else {
        format!(": {line}{hint}")
    }
}

/// The message in `{"error": "…"}` or `{"error": {"message": "…"}}`.
fn message_of(error: &serde_json::Value) -> String {
    let message = match error {
        serde_json::Value::String(text) => Some(text.as_str()),
        other => other.get("message").and_then(serde_json::Value::as_str),
    };
    message.map_or_else(|| error.to_string(), str::to_owned)
}
