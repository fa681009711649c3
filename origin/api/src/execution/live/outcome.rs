//! What is sent to a subscriber.

use domain::{StoreError, sentence::Language};
use pq_core::{ErrorCode, Refusal};
use serde_json::{Value, json};

use crate::request::errors::masked;

/// What came of an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Result(Payload),
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
