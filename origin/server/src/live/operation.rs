//! A subscription's document: what it waits for when it begins, and its result for an event.

use std::sync::Arc;

use access::caller::Asker;
use api::{
    documents::Document,
    execution::{complete::complete, execute},
    live::{
        event::Event,
        subscriptions::{Memory, SubscriptionRun, Trigger},
        topic::Topic,
    },
    request::{
        authorise,
        errors::{code_of, masked, shown},
        loaders::Entities,
        reader::Reader,
    },
};
use async_graphql::{Response, ServerError};
use cache_core::{Revision, variables::CanonicalVariables};
use domain::{StoreError, bookings::codes::BOOKING_NOT_FOUND, sentence::Language};
use futures_util::StreamExt as _;
use pq_core::{ErrorCode, GraphqlRequest, Refusal, limits, manifest::OperationKind};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    http::document::{self, Failure},
    state::AppState,
};

/// What is executed for each event.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    document: Arc<Document>,
    variables: CanonicalVariables,
    memory: Arc<Memory>,
}

/// The JSON of a result: `data`, and `errors` if there are any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Payload(String);

/// Errors instead of a result.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Errors {
    /// Of the first one: it decides the status over HTTP.
    pub(super) code: ErrorCode,
    /// As clients see them.
    pub(super) shown: Vec<Value>,
}

/// What came of an event.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    Result(Payload),
    /// It does not concern the subscription after all.
    Nothing,
    /// The subscription may not go on.
    Over(Errors),
}

impl Payload {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Errors alone.
    pub(super) fn of_errors(errors: &Errors) -> Self {
        Self(json!({"errors": errors.shown}).to_string())
    }

    pub(super) fn into_body(self) -> String {
        self.0
    }

    #[cfg(test)]
    pub(super) fn for_tests(json: &str) -> Self {
        Self(json.to_owned())
    }
}

/// A refusal as an error in a list.
pub(super) fn errors_of(refusal: &Refusal) -> Errors {
    let error = json!({"message": refusal.message, "extensions": {"code": refusal.code.as_str()}});
    Errors {
        code: refusal.code,
        shown: vec![error],
    }
}

/// Finds and checks the document of a subscription, and what it waits for.
pub(super) async fn begin(
    state: &AppState,
    asker: &Asker,
    request: &GraphqlRequest,
) -> Result<(Operation, Topic), Errors> {
    match timeout(limits::EXECUTION, steps(state, asker, request)).await {
        Ok(Ok(begun)) => begun,
        Ok(Err(Failure::Refused(refusal))) => Err(errors_of(&refusal)),
        Ok(Err(Failure::Store(error))) => Err(failed(&error)),
        Err(_elapsed) => Err(late()),
    }
}

async fn steps(
    state: &AppState,
    asker: &Asker,
    request: &GraphqlRequest,
) -> Result<Result<(Operation, Topic), Errors>, Failure> {
    let document = document::document(state, request).await?;
    document::name_matches(&document, request.operation_name.as_deref())?;
    if document.operation.kind != OperationKind::Subscription {
        let kind = document.operation.kind.as_str();
        let message = format!(
            "only subscriptions are answered here: send the {kind} as an ordinary HTTP request"
        );
        return Err(Refusal::new(ErrorCode::SUBSCRIPTION_EXPECTED, message).into());
    }
    let variables = document::coerce(&document, request)?;
    if let Err(why) = authorise::document(&asker.caller, &document.parsed) {
        let language = Reader::of(asker).language(&state.services).await;
        return Err(why.refusal(language).into());
    }
    let operation = Operation {
        document,
        variables,
        memory: Arc::default(),
    };
    let response = run(state, &operation, asker, Trigger::Begins, None).await?;
    let topic = operation.memory.take_topic();
    Ok(match (response, topic) {
        (Some(response), _) if !response.errors.is_empty() => {
            let language = Reader::of(asker).language(&state.services).await;
            Err(not_begun(&response.errors, language))
        }
        (_, Some(topic)) => Ok((operation, topic)),
        (_, None) => Err(errors_of(&Refusal::new(
            ErrorCode::BAD_USER_INPUT,
            "the subscription's field is left out by @skip or @include, so no event can come",
        ))),
    })
}

/// The result for an event.
pub(super) async fn result(
    state: &AppState,
    operation: &Operation,
    asker: &Asker,
    event: Event,
) -> Outcome {
    let required = event.required();
    let run = run(
        state,
        operation,
        asker,
        Trigger::Happened(event),
        Some(required),
    );
    match timeout(limits::EXECUTION, run).await {
        Ok(Ok(None)) => Outcome::Nothing,
        Ok(Ok(Some(response))) if response.errors.is_empty() => {
            Outcome::Result(Payload(json!({"data": response.data}).to_string()))
        }
        Ok(Ok(Some(response))) => {
            outcome(&response, Reader::of(asker).language(&state.services).await)
        }
        Ok(Err(error)) => Outcome::Result(Payload::of_errors(&failed(&error))),
        Err(_elapsed) => Outcome::Result(Payload::of_errors(&late())),
    }
}

/// The codes that end a subscription: its events will not be for this caller again.
const ENDING: [ErrorCode; 5] = [
    ErrorCode::UNAUTHENTICATED,
    ErrorCode::FORBIDDEN,
    ErrorCode::TOKEN_INVALID,
    ErrorCode::TOKEN_EXPIRED,
    BOOKING_NOT_FOUND,
];

/// What comes of a result with errors.
fn outcome(response: &Response, language: Language) -> Outcome {
    let refused = response
        .errors
        .iter()
        .filter(|error| error.path.len() <= 1)
        .find_map(|error| code_of(error).filter(|code| ENDING.contains(code)));
    let errors = response.errors.iter().map(|error| shown(error, language));
    let errors: Vec<Value> = errors.collect();
    if let Some(code) = refused {
        let shown = errors;
        return Outcome::Over(Errors { code, shown });
    }
    let payload = json!({"data": response.data, "errors": errors});
    Outcome::Result(Payload(payload.to_string()))
}

/// Executes the document once, in a request of its own.
async fn run(
    state: &AppState,
    operation: &Operation,
    asker: &Asker,
    trigger: Trigger,
    required: Option<Revision>,
) -> Result<Option<Response>, StoreError> {
    let Operation {
        document,
        variables,
        memory,
    } = operation;
    let subscription_run = SubscriptionRun {
        trigger,
        memory: Arc::clone(memory),
    };
    let entities = Entities::Cached { required };
    let prepared = execute::prepare(
        &state.services,
        document,
        variables,
        asker.clone(),
        entities,
    )?;
    let mut results = state
        .schema
        .execute_stream(prepared.request.data(subscription_run));
    let mut response = results.next().await;
    if let Some(response) = &mut response {
        complete(response, &prepared.selected);
    }
    Ok(response)
}

/// Why a subscription does not begin. An error without a path and a code never came to a field: the
/// document is not valid here.
fn not_begun(all: &[ServerError], language: Language) -> Errors {
    let is_invalid = |error: &ServerError| code_of(error).is_none() && error.path.is_empty();
    let first = all.first();
    let code = match first.and_then(code_of) {
        Some(code) => code,
        None if first.is_some_and(is_invalid) => ErrorCode::DOCUMENT_INVALID,
        None => ErrorCode::INTERNAL,
    };
    let shown = all.iter().map(|error| {
        if is_invalid(error) {
            let refusal = Refusal::new(ErrorCode::DOCUMENT_INVALID, error.message.clone());
            return errors_of(&refusal).shown.swap_remove(0);
        }
        shown(error, language)
    });
    Errors {
        code,
        shown: shown.collect(),
    }
}

/// The errors that clients get when the store failed.
pub(super) fn failed(error: &StoreError) -> Errors {
    errors_of(&masked(error, Language::English))
}

fn late() -> Errors {
    errors_of(&Refusal::new(
        ErrorCode::TIMEOUT,
        "the request took too long to answer",
    ))
}
