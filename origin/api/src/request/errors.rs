//! Errors of fields: refusals, which clients see, and failures, which are masked.

use std::sync::Arc;

use async_graphql::{Error, ErrorExtensions, ServerError, Value};
use domain::{StoreError, codes, error_chain::chain, team::codes::LAST_OWNER, texts::BrokenRule};
use pq_core::{ErrorCode, Refusal};
use serde_json::{Value as Json, json};

/// A store's failure, shared by all fields that waited for the same batch.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct StoreFailure(Arc<StoreError>);

impl From<StoreError> for StoreFailure {
    fn from(error: StoreError) -> Self {
        Self(Arc::new(error))
    }
}

/// Builds the error for a refusal.
pub fn refused(code: ErrorCode, message: impl Into<String>) -> Error {
    Error::new(message).extend_with(|_, extensions| extensions.set("code", code.as_str()))
}

/// The refusal of what would take a partner its only owner.
pub fn last_owner() -> Error {
    refused(
        LAST_OWNER,
        "a partner keeps at least one owner: make another member an owner first",
    )
}

/// Builds the error for a value that breaks a validation rule.
pub fn broken(rule: BrokenRule) -> Error {
    refused(ErrorCode::BAD_USER_INPUT, rule.to_string())
        .extend_with(|_, extensions| extensions.set("field", rule.field))
}

/// Builds the error for a store failure; the answer masks it.
pub fn failed(error: impl Into<StoreFailure>) -> Error {
    Error::new_with_source(error.into())
}

/// Like [`failed`], for failures that do not come from a store.
pub fn failed_with(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new_with_source(Failure(Arc::new(error)))
}

/// Any other failure, kept for the log.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct Failure(Arc<dyn std::error::Error + Send + Sync>);

/// The details of a refusal besides its code: the input field and the rule, or when and by whom a
/// booking was checked in.
pub fn details(error: &ServerError) -> Vec<(&'static str, String)> {
    let Some(extensions) = &error.extensions else {
        return Vec::new();
    };
    let said = ["field", "rule", "checkedInAt", "checkedInBy"]
        .into_iter()
        .filter_map(|name| match extensions.get(name) {
            Some(Value::String(text)) => Some((name, text.clone())),
            _other => None,
        });
    said.collect()
}

/// The code of a refusal; `None` for a failure.
pub fn code_of(error: &ServerError) -> Option<ErrorCode> {
    let extensions = error.extensions.as_ref()?;
    match extensions.get("code")? {
        Value::String(word) => codes::parse(word),
        _other => None,
    }
}

/// Logs a failure and returns the reference that the answer shows.
pub fn log_failure(error: &(dyn std::error::Error + 'static)) -> String {
    let reference = reference();
    tracing::error!(reference, error = chain(error), "request failed");
    reference
}

/// The error that a client sees for a failure.
pub fn internal(reference: &str) -> Refusal {
    Refusal::new(
        ErrorCode::INTERNAL,
        format!("something went wrong on our side (reference {reference})"),
    )
}

/// A field's error in the form that the client sees.
pub fn shown(error: &ServerError) -> Json {
    let (message, extensions) = if let Some(code) = code_of(error) {
        let mut extensions = json!({"code": code.as_str()});
        for (name, text) in details(error) {
            extensions[name] = text.into();
        }
        (error.message.clone(), extensions)
    } else {
        let reference = log_field_failure(error);
        let Refusal { code, message } = internal(&reference);
        (
            message,
            json!({"code": code.as_str(), "reference": reference}),
        )
    };
    json!({"message": message, "locations": error.locations, "path": error.path, "extensions": extensions})
}

/// Logs a field's failure with its chain of causes.
pub fn log_field_failure(error: &ServerError) -> String {
    if let Some(failure) = error.source::<StoreFailure>() {
        return log_failure(failure);
    }
    if let Some(failure) = error.source::<Failure>() {
        return log_failure(failure);
    }
    let reference = reference();
    // Not the message: async-graphql quotes the client's values in it.
    tracing::error!(reference, path = ?error.path, "a field failed without a cause");
    reference
}

fn reference() -> String {
    let mut bytes = [0; 6];
    match getrandom::fill(&mut bytes) {
        Ok(()) => hex::encode(bytes),
        Err(_) => "none".to_owned(),
    }
}
