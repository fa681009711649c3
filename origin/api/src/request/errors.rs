//! Errors of fields: refusals, which clients see, and failures, which are masked.

use std::{fmt, iter, sync::Arc};

use async_graphql::{Error, ErrorExtensions, ServerError, Value};
use domain::{
    StoreError,
    broken::{self, BrokenField, LOCATION},
    codes,
    error_chain::chain,
    maps::{Candidate, codes::ADDRESS_AMBIGUOUS},
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
    error(code, Said::new(sentence))
}

/// Builds the error for an address that may mean several places; the user chooses.
pub fn ambiguous(candidates: Vec<Candidate>) -> Error {
    let sentence = Sentence::new(
        "cette adresse peut désigner plusieurs lieux : choisissez le bon",
        "this address may mean several places: choose one",
    );
    let said = Said {
        candidates,
        ..Said::new(sentence)
    };
    error(ADDRESS_AMBIGUOUS, said)
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
    let sentence = broken::sentence(&fields);
    let said = Said {
        fields,
        ..Said::new(sentence)
    };
    error(code, said)
}

/// What a refusal says. It becomes text when the answer is written, in the reader's language.
#[derive(Clone, Debug)]
struct Said {
    sentence: Sentence,
    /// The fields of the input that break rules.
    fields: Vec<BrokenField>,
    /// The places that an address may mean.
    candidates: Vec<Candidate>,
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence.text(Language::English))
    }
}

impl Said {
    const fn new(sentence: Sentence) -> Self {
        Self {
            sentence,
            fields: Vec::new(),
            candidates: Vec::new(),
        }
    }

    fn candidates(&self) -> Vec<Json> {
        let shown = |candidate: &Candidate| {
            let at = candidate.location;
            json!({"address": candidate.address, "location": {"lat": at.lat, "lng": at.lng}})
        };
        self.candidates.iter().map(shown).collect()
    }

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
fn log_failure(error: &(dyn std::error::Error + 'static)) -> String {
    let reference = reference();
    tracing::error!(reference, error = chain(error), "request failed");
    reference
}

/// What a client sees of a failure.
#[derive(Debug)]
struct Mask {
    /// Says whether to try again, and whether something may have been changed.
    code: ErrorCode,
    french: &'static str,
    english: &'static str,
}

const OVERLOADED: Mask = Mask {
    code: ErrorCode::OVERLOADED,
    french: "trop de demandes arrivent en même temps : rien n’a été changé, réessayez dans quelques \
             secondes",
    english: "too much is going on at once: nothing was changed, try again in a few seconds",
};

const TIMEOUT: Mask = Mask {
    code: ErrorCode::TIMEOUT,
    french: "la réponse a pris trop de temps : réessayez",
    english: "the answer took too long: try again",
};

const OUTCOME_UNKNOWN: Mask = Mask {
    code: ErrorCode::OUTCOME_UNKNOWN,
    french: "nous ne savons pas encore si c’est fait : envoyez la même demande une nouvelle fois",
    english: "we do not know yet whether this was done: send the same request once more",
};

const INTERNAL: Mask = Mask {
    code: ErrorCode::INTERNAL,
    french: "un problème est survenu de notre côté",
    english: "something went wrong on our side",
};

impl Mask {
    const fn of(error: Option<&StoreError>) -> &'static Self {
        match error {
            Some(StoreError::Overloaded(_) | StoreError::Busy(_) | StoreError::Conflict(_)) => {
                &OVERLOADED
            }
            Some(StoreError::TimedOut(_)) => &TIMEOUT,
            Some(StoreError::OutcomeUnknown(_)) => &OUTCOME_UNKNOWN,
            Some(
                StoreError::Backend(_)
                | StoreError::Duplicate(_)
                | StoreError::Interrupted
                | StoreError::Corrupt { .. }
                | StoreError::ForeignCursor,
            )
            | None => &INTERNAL,
        }
    }

    fn refusal(&self, reference: &str, language: Language) -> Refusal {
        let sentence = Sentence::with(
            format!("{} (référence {reference})", self.french),
            format!("{} (reference {reference})", self.english),
        );
        Refused::new(self.code, sentence).refusal(language)
    }
}

/// Logs a failure; gives the refusal that a client sees instead.
pub fn masked(error: &(dyn std::error::Error + 'static), language: Language) -> Refusal {
    Mask::of(store_error(error)).refusal(&log_failure(error), language)
}

/// The code that a client sees for a failure.
pub fn masked_code(error: &(dyn std::error::Error + 'static)) -> ErrorCode {
    Mask::of(store_error(error)).code
}

/// The code that a client sees for a field's error.
pub fn shown_code(error: &ServerError) -> ErrorCode {
    if let Some(code) = code_of(error) {
        return code;
    }
    let store = error
        .source::<StoreFailure>()
        .map(|StoreFailure(error)| &**error);
    let other = || {
        error
            .source::<Failure>()
            .and_then(|Failure(error)| store_error(&**error))
    };
    Mask::of(store.or_else(other)).code
}

/// The store's error that caused a failure.
fn store_error<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e StoreError> {
    if let Some(StoreFailure(error)) = error.downcast_ref() {
        return Some(error);
    }
    if let Some(Failure(error)) = error.downcast_ref() {
        return store_error(&**error);
    }
    iter::successors(Some(error), |error| error.source()).find_map(|error| error.downcast_ref())
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
        if let Some(said) = said
            && !said.candidates.is_empty()
        {
            extensions["candidates"] = said.candidates().into();
        }
        let message = said.map_or(&*error.message, |said| said.sentence.text(language));
        (message.to_owned(), extensions)
    } else {
        let (mask, reference) = log_field_failure(error);
        let Refusal { code, message } = mask.refusal(&reference, language);
        (
            message,
            json!({"code": code.as_str(), "reference": reference}),
        )
    };
    json!({"message": message, "locations": error.locations, "path": error.path, "extensions": extensions})
}

/// Logs a field's failure with its chain of causes; gives what a client sees, and its reference.
fn log_field_failure(error: &ServerError) -> (&'static Mask, String) {
    if let Some(failure) = error.source::<StoreFailure>() {
        return (Mask::of(store_error(failure)), log_failure(failure));
    }
    if let Some(failure) = error.source::<Failure>() {
        return (Mask::of(store_error(failure)), log_failure(failure));
    }
    let reference = reference();
    // Not the message: async-graphql quotes the client's values in it.
    tracing::error!(reference, path = ?error.path, "a field failed without a cause");
    (&INTERNAL, reference)
}

fn reference() -> String {
    let mut bytes = [0; 6];
    match getrandom::fill(&mut bytes) {
        Ok(()) => hex::encode(bytes),
        Err(_) => "none".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Outer {
        #[error("the store failed")]
        Store(#[from] StoreError),
    }

    type Fails = fn(Box<io::Error>) -> StoreError;

    #[test]
    fn a_failure_says_whether_to_try_again_and_whether_it_may_be_done() {
        let cause = || Box::new(io::Error::other("cause"));
        let failures: [(Fails, ErrorCode); 6] = [
            (|cause| StoreError::Overloaded(cause), ErrorCode::OVERLOADED),
            (|_| StoreError::Busy("busy".into()), ErrorCode::OVERLOADED),
            (|_| StoreError::Conflict("it"), ErrorCode::OVERLOADED),
            (|cause| StoreError::TimedOut(cause), ErrorCode::TIMEOUT),
            (
                |cause| StoreError::OutcomeUnknown(cause),
                ErrorCode::OUTCOME_UNKNOWN,
            ),
            (|cause| StoreError::Backend(cause), ErrorCode::INTERNAL),
        ];
        for (failure, code) in failures {
            let alone = masked(&failure(cause()), Language::English);
            assert_eq!(alone.code, code);
            let wrapped = Failure(Arc::new(Outer::from(failure(cause()))));
            assert_eq!(masked(&wrapped, Language::English).code, code);
            let of_field =
                failed(failure(cause())).into_server_error(async_graphql::Pos::default());
            let shown = shown(&of_field, Language::French);
            assert_eq!(shown["extensions"]["code"], code.as_str());
            assert!(shown["extensions"]["reference"].is_string(), "{shown}");
            // A failure is no refusal: what was kept may be answered instead.
            assert_eq!(code_of(&of_field), None);
        }
    }
}
