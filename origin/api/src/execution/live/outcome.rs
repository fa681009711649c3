//! What is sent to a subscriber.

use domain::{StoreError, sentence::Language};
use pq_core::{ErrorCode, Refusal};
use serde_json::{Value, json};

use crate::{live::position::EventId, request::errors::masked};

/// The extension of a result that a client sends back to go on after it.
const RESUME_FROM: &str = "resumeFrom";

/// What came of an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Result(Payload),
    /// Nothing was executed; the subscription goes on.
    Failed(Errors),
    /// It does not concern the subscription after all.
    Nothing,
    /// The subscription may not go on.
    Over(Errors),
}

/// The JSON of a result: `data`, and `errors` if there are any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload(String);

/// Errors instead of a result.
#[derive(Clone, Debug, PartialEq)]
pub struct Errors {
    /// Of the first one: it decides the status over HTTP.
    pub code: ErrorCode,
    /// As clients see them.
    pub shown: Vec<Value>,
}

impl Payload {
    pub const fn new(json: String) -> Self {
        Self(json)
    }

    /// Errors alone.
    pub fn of_errors(errors: &Errors) -> Self {
        Self(json!({"errors": errors.shown}).to_string())
    }

    /// With the event's id in the extensions.
    #[must_use]
    pub fn with_id(mut self, id: &EventId) -> Self {
        // A result is an object with `data` or `errors`, and ends with its brace.
        self.0.truncate(self.0.len().saturating_sub(1));
        let id = id.to_string();
        let with_id = [",\"extensions\":{\"", RESUME_FROM, "\":\"", &id, "\"}}"];
        self.0.extend(with_id);
        self
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_body(self) -> String {
        self.0
    }
}

impl Errors {
    /// A refusal as an error in a list.
    pub fn of_refusal(refusal: &Refusal) -> Self {
        let error =
            json!({"message": refusal.message, "extensions": {"code": refusal.code.as_str()}});
        Self {
            code: refusal.code,
            shown: vec![error],
        }
    }

    /// The errors that clients get when the store failed.
    pub fn of_failure(error: &StoreError) -> Self {
        Self::of_refusal(&masked(error, Language::English))
    }

    pub fn late() -> Self {
        Self::of_refusal(&Refusal::new(
            ErrorCode::TIMEOUT,
            "the request took too long to answer",
        ))
    }
}
