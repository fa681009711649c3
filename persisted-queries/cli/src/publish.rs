//! `pq publish`: sends a manifest to the origin.

use std::time::Duration;

use anyhow::{Context as _, bail};
use pq_core::Manifest;
use reqwest::StatusCode;
use reqwest::blocking::{Client, Response};
use reqwest::redirect;
use serde::Deserialize;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(30);
/// How much of a refusal is printed, in characters.
const SHOWN_CHARS: usize = 500;

/// The origin's answer.
#[derive(Debug, Deserialize)]
struct Published {
    added: u64,
    unchanged: u64,
}

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

/// Sends the manifest to the origin's admin endpoint; returns the report to print.
pub(crate) fn run(manifest: &Manifest, url: &str, token: &str) -> anyhow::Result<String> {
    let endpoint = format!("{}/admin/documents", url.trim_end_matches('/'));
    let client = Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TIMEOUT)
        // Following a redirect would turn the POST into a GET, which publishes nothing.
        .redirect(redirect::Policy::none())
        .build()?;
    let response = client
        .post(&endpoint)
        .bearer_auth(token)
        .json(manifest)
        .send()
        .with_context(|| format!("cannot reach {endpoint}"))?;
    let status = response.status();
    if !status.is_success() {
        bail!("{endpoint} refused the manifest: {status}{}", why(response));
    }
    let published: Published = response
        .json()
        .with_context(|| format!("{endpoint} answered {status}, but not with the counts"))?;
    Ok(format!(
        "{} added, {} unchanged\n",
        published.added, published.unchanged
    ))
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
