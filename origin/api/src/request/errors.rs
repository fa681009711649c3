//! Errors of fields: refusals that anybody may see, and failures that nobody does.

use std::sync::Arc;

use async_graphql::{Error, ErrorExtensions, ServerError, Value};
use domain::{StoreError, codes, error_chain::chain, texts::BrokenRule};
use pq_core::{ErrorCode, Refusal};
use serde_json::{Value as Json, json};

/// A store's failure, shared by the fields that wanted the same batch.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct StoreFailure(Arc<StoreError>);

impl From<StoreError> for StoreFailure {
    fn from(error: StoreError) -> Self {
        Self(Arc::new(error))
    }
}

/// A field's refusal.
pub fn refused(code: ErrorCode, message: impl Into<String>) -> Error {
    Error::new(message).extend_with(|_, extensions| extensions.set("code", code.as_str()))
}

/// A field's refusal of a value that breaks a rule.
pub fn broken(rule: BrokenRule) -> Error {
    refused(ErrorCode::BAD_USER_INPUT, rule.to_string())
        .extend_with(|_, extensions| extensions.set("field", rule.field))
}

/// A field's failure: masked where it is answered.
pub fn failed(error: impl Into<StoreFailure>) -> Error {
    Error::new_with_source(error.into())
}

/// As [`failed`], for a failure that is no store's.
pub fn failed_with(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new_with_source(Failure(Arc::new(error)))
}

/// Any failure, kept for the log.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct Failure(Arc<dyn std::error::Error + Send + Sync>);

/// What a refusal says beside its code: which field of an input, and which rule.
pub fn details(error: &ServerError) -> Vec<(&'static str, String)> {
    let Some(extensions) = &error.extensions else {
        return Vec::new();
    };
    let said = ["field", "rule"]
        .into_iter()
        .filter_map(|name| match extensions.get(name) {
            Some(Value::String(text)) => Some((name, text.clone())),
            _other => None,
        });
    said.collect()
}

/// The code of a refusal; none for a failure.
pub fn code_of(error: &ServerError) -> Option<ErrorCode> {
    let extensions = error.extensions.as_ref()?;
    match extensions.get("code")? {
        Value::String(word) => codes::parse(word),
        _other => None,
    }
}

/// Logs a failure and gives the reference that its answer shows.
pub fn log_failure(error: &(dyn std::error::Error + 'static)) -> String {
    let reference = reference();
    tracing::error!(reference, error = chain(error), "request failed");
    reference
}

/// What a client is told of a failure.
pub fn internal(reference: &str) -> Refusal {
    Refusal::new(
        ErrorCode::INTERNAL,
        format!("something went wrong on our side (reference {reference})"),
    )
}

/// A field's error as the client sees it.
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

/// Logs a field's failure with its chain.
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
