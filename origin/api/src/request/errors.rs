//! Errors of fields: refusals, which clients see, and failures, which are masked.

use std::{fmt, sync::Arc};

use async_graphql::{Error, ErrorExtensions, ServerError, Value};
use domain::{
    StoreError,
    broken::{self, BrokenField, LOCATION},
    codes,
    error_chain::chain,
    sentence::{Language, Sentence},
    team::codes::LAST_OWNER,
};
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
pub fn refused(code: ErrorCode, sentence: Sentence) -> Error {
    let said = Said {
        sentence,
        fields: Vec::new(),
    };
    error(code, said)
}

fn error(code: ErrorCode, said: Said) -> Error {
    Error::new_with_source(said).extend_with(|_, extensions| extensions.set("code", code.as_str()))
}

/// A refusal whose reader, and so its language, is not known yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub code: ErrorCode,
    pub sentence: Sentence,
}

impl Refused {
    pub const fn new(code: ErrorCode, sentence: Sentence) -> Self {
        Self { code, sentence }
    }

    pub fn refusal(&self, language: Language) -> Refusal {
        Refusal::new(self.code, self.sentence.text(language))
    }
}

impl From<Refused> for Error {
    fn from(Refused { code, sentence }: Refused) -> Self {
        refused(code, sentence)
    }
}

/// The refusal of what would take a partner its only owner.
pub fn last_owner() -> Error {
    refused(
        LAST_OWNER,
        Sentence::new(
            "un partenaire garde au moins un propriétaire : nommez-en d’abord un autre",
            "a partner keeps at least one owner: make another member an owner first",
        ),
    )
}

/// Builds the error for an input with fields that break rules.
pub fn broken(fields: Vec<BrokenField>) -> Error {
    let only_location = fields.iter().all(|field| field.rule == LOCATION);
    let code = if only_location {
        ErrorCode::LOCATION_OUT_OF_RANGE
    } else {
        ErrorCode::BAD_USER_INPUT
    };
    let said = Said {
        sentence: broken::sentence(&fields),
        fields,
    };
    error(code, said)
}

/// What a refusal says. It becomes text when the answer is written, in the reader's language.
#[derive(Clone, Debug)]
struct Said {
    sentence: Sentence,
    /// The fields of the input that break rules.
    fields: Vec<BrokenField>,
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence.text(Language::English))
    }
}

impl Said {
    fn fields(&self, language: Language) -> Vec<Json> {
        let shown = |field: &BrokenField| json!({"field": field.path, "rule": field.rule.word, "message": field.text(language)});
        self.fields.iter().map(shown).collect()
    }
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

/// The details of a refusal besides its code: when and by whom a booking was checked in.
fn details(error: &ServerError) -> Vec<(&'static str, String)> {
    let Some(extensions) = &error.extensions else {
        return Vec::new();
    };
    let said = ["checkedInAt", "checkedInBy"]
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
pub fn internal(reference: &str, language: Language) -> Refusal {
    let sentence = Sentence::with(
        format!("un problème est survenu de notre côté (référence {reference})"),
        format!("something went wrong on our side (reference {reference})"),
    );
    Refused::new(ErrorCode::INTERNAL, sentence).refusal(language)
}

/// A field's error in the form that the client sees.
pub fn shown(error: &ServerError, language: Language) -> Json {
    let (message, extensions) = if let Some(code) = code_of(error) {
        let mut extensions = json!({"code": code.as_str()});
        for (name, text) in details(error) {
            extensions[name] = text.into();
        }
        let said = error.source::<Said>();
        if let Some(said) = said
            && let Some(first) = said.fields.first()
        {
            extensions["field"] = first.path.clone().into();
            extensions["rule"] = first.rule.word.into();
            extensions["fields"] = said.fields(language).into();
        }
        let message = said.map_or(&*error.message, |said| said.sentence.text(language));
        (message.to_owned(), extensions)
    } else {
        let reference = log_field_failure(error);
        let Refusal { code, message } = internal(&reference, language);
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
