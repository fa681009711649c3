//! The beginning of a subscription: its document, and what it waits for.

use access::caller::Asker;
use api::{
    execution::live::{operation::Operation, outcome::Errors},
    live::topic::Topic,
    request::{
        authorise,
        errors::{code_of, shown},
        reader::Reader,
    },
};
use async_graphql::ServerError;
use domain::sentence::Language;
use pq_core::{ErrorCode, GraphqlRequest, Refusal, limits, manifest::OperationKind};
use tokio::time::timeout;

use crate::{
    http::document::{self, Failure},
    state::AppState,
    usage::counts::Asking,
};

/// Finds and checks the document of a subscription, and what it waits for.
pub(super) async fn begin(
    state: &AppState,
    asker: &Asker,
    request: &GraphqlRequest,
) -> Result<(Operation, Topic), Errors> {
    match timeout(limits::EXECUTION, steps(state, asker, request)).await {
        Ok(Ok(begun)) => begun,
        Ok(Err(Failure::Refused(refusal))) => Err(Errors::of_refusal(&refusal)),
        Ok(Err(Failure::Store(error))) => Err(Errors::of_failure(&error)),
        Err(_elapsed) => Err(Errors::late()),
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
    let operation = Operation::new(document, &variables);
    let by = (&state.services, &state.schema);
    let (response, topic) = operation.begin(by, asker).await?;
    Ok(match (response, topic) {
        (Some(response), _) if !response.errors.is_empty() => {
            let language = Reader::of(asker).language(&state.services).await;
            Err(not_begun(&response.errors, language))
        }
        (_, Some(topic)) => {
            state.usage.count(operation.document(), &Asking::default());
            Ok((operation, topic))
        }
        (_, None) => Err(Errors::of_refusal(&Refusal::new(
            ErrorCode::BAD_USER_INPUT,
            "the subscription's field is left out by @skip or @include, so no event can come",
        ))),
    })
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
            return Errors::of_refusal(&refusal).shown.swap_remove(0);
        }
        shown(error, language)
    });
    Errors {
        code,
        shown: shown.collect(),
    }
}
