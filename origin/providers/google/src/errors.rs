//! Why Google does not answer. Its sentences are not passed on: they can quote what was asked.

use domain::{maps::MapsError, messages::provider::SendError};
use provider_http::Answer;
use serde::Deserialize;

#[derive(Deserialize)]
struct Body {
    error: Status,
}

/// The method for route matrices answers with a list of elements, or of one error.
#[derive(Deserialize)]
#[serde(untagged)]
enum Failure {
    // First: a list with one object would also pass for an object with one field.
    Streamed(Vec<Body>),
    One(Body),
}

/// google.rpc.Status, without its message.
#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    status: String,
    #[serde(default)]
    details: Vec<Detail>,
}

#[derive(Deserialize)]
struct Detail {
    /// Of google.rpc.ErrorInfo.
    reason: Option<String>,
}

/// The error of an answer that is none: its status, Google's name of it, and the reason's.
pub(crate) fn error(answer: &Answer) -> MapsError {
    let why = answer.why(Some(&words(answer)), "");
    if answer.later().is_some() {
        MapsError::Later {
            why,
            after_ms: answer.retry_after_ms,
        }
    } else {
        MapsError::Refused { why }
    }
}

fn words(answer: &Answer) -> String {
    let status = match serde_json::from_slice(&answer.body) {
        Ok(Failure::One(body)) => Some(body.error),
        Ok(Failure::Streamed(bodies)) => bodies.into_iter().next().map(|body| body.error),
        Err(_) => None,
    };
    let Some(status) = status else {
        return String::new();
    };
    let reason = status.details.into_iter().find_map(|detail| detail.reason);
    let words = [status.status, reason.unwrap_or_default()];
    let words = words.iter().filter(|word| is_word(word));
    words.map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// Such as `PERMISSION_DENIED`.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
}

/// The error when no answer came.
pub(crate) fn unanswered(error: SendError) -> MapsError {
    match error {
        SendError::Later { why, after_ms } => MapsError::Later { why, after_ms },
        SendError::Refused { why } | SendError::Recipient { why, .. } => MapsError::Refused { why },
    }
}
