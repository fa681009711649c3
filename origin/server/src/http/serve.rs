//! A GraphQL request over HTTP, step by step.

use std::sync::Arc;

use access::{
    caller::{Asker, Caller},
    rate,
};
use api::{
    execution::{cached::PublicQuery, execute},
    request::authorise,
};
use axum::{
    extract::{Path, Request, State, rejection::PathRejection},
    response::{IntoResponse as _, Response},
};
use cache_core::Revision;
use domain::StoreError;
use edge_core::header::MIN_REVISION;
use http::{HeaderMap, HeaderName, header};
use pq_core::{
    DocumentRef, ErrorCode, MediaType, Refusal, limits, manifest::OperationKind, request::Method,
};

use super::{
    answer,
    cached::{self, AnswerOptions},
    document::{self, Failure},
    reading::{self, text},
};
use crate::{admission, cors, live, state::AppState};

/// `/graphql`, every method.
pub async fn graphql(State(state): State<AppState>, request: Request) -> Response {
    serve(&state, None, request).await
}

/// `/graphql/{id}`, every method.
pub async fn graphql_by_id(
    State(state): State<AppState>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    match id {
        Ok(Path(id)) => serve(&state, Some(id), request).await,
        Err(rejection) => {
            let mut response = rejection.into_response();
            let origin = request.headers().get(header::ORIGIN);
            cors::allow(response.headers_mut(), &state.config.cors, origin);
            response
        }
    }
}

async fn serve(state: &AppState, path_id: Option<String>, request: Request) -> Response {
    let peer = admission::peer_of(&request, state);
    let asker = admission::asker_of(request.headers(), peer, state).await;
    let origin = request.headers().get(header::ORIGIN).cloned();
    let caller = asker.as_ref().ok().map(|asker| &asker.caller);
    let counted = admission::count(state, caller, peer).await;
    let mut response = match &counted {
        Some(decision) if !decision.is_admitted() => admission::too_many(decision, &request),
        Some(_) | None => match Transport::of(&request) {
            Transport::Response => answer(state, path_id, request, asker).await,
            Transport::WebSocket => live::websocket::answer(state, request, peer).await,
            Transport::EventStream => live::sse::answer(state, path_id, request, asker).await,
        },
    };
    if let Some(decision) = &counted {
        rate::headers::write(decision, response.headers_mut());
    }
    cors::allow(response.headers_mut(), &state.config.cors, origin.as_ref());
    response
}

/// How the client wants to be answered.
enum Transport {
    /// One response.
    Response,
    WebSocket,
    /// `text/event-stream`, and nothing else that this server has.
    EventStream,
}

impl Transport {
    fn of(request: &Request) -> Self {
        let headers = request.headers();
        let is_websocket = headers
            .get(header::UPGRADE)
            .is_some_and(|protocol| protocol.as_bytes().eq_ignore_ascii_case(b"websocket"));
        if is_websocket && request.method() == http::Method::GET {
            return Self::WebSocket;
        }
        let accept = text(headers, &header::ACCEPT);
        if accepts_events(headers) && MediaType::negotiate(accept.as_deref()).is_none() {
            Self::EventStream
        } else {
            Self::Response
        }
    }
}

/// Whether an event stream is among what the client takes: some clients list it with every request.
fn accepts_events(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .filter_map(|media| media.split(';').next())
        .any(|media| media.trim().eq_ignore_ascii_case("text/event-stream"))
}

async fn answer(
    state: &AppState,
    path_id: Option<String>,
    request: Request,
    asker: Result<Asker, StoreError>,
) -> Response {
    let accept = text(request.headers(), &header::ACCEPT);
    let Some(media) = MediaType::negotiate(accept.as_deref()) else {
        let message =
            "the answer can only be application/json or application/graphql-response+json";
        return answer::refusal(
            &Refusal::new(ErrorCode::NOT_ACCEPTABLE, message),
            MediaType::Json,
        );
    };
    match tokio::time::timeout(
        limits::EXECUTION,
        steps(state, path_id, request, asker, media),
    )
    .await
    {
        Ok(Ok(response)) => response,
        Ok(Err(Failure::Refused(refusal))) => answer::refusal(&refusal, media),
        Ok(Err(Failure::Store(error))) => answer::internal(&error, media),
        Err(_elapsed) => {
            tracing::error!(
                timeout_s = limits::EXECUTION.as_secs(),
                "a request took too long"
            );
            answer::timed_out(media)
        }
    }
}

/// The steps of every request that is answered once.
async fn steps(
    state: &AppState,
    path_id: Option<String>,
    request: Request,
    asker: Result<Asker, StoreError>,
    media: MediaType,
) -> Result<Response, Failure> {
    let method = reading::method(&request)?;
    let if_none_match = text(request.headers(), &header::IF_NONE_MATCH);
    let minimum = text(request.headers(), &HeaderName::from_static(MIN_REVISION))
        .and_then(|number| number.trim().parse().ok())
        .map(Revision);
    let options = AnswerOptions {
        media,
        minimum,
        if_none_match: if_none_match.as_deref(),
    };
    let spelling = (method == Method::Get)
        .then(|| request.uri().path_and_query().cloned())
        .flatten();
    if let Some(spelling) = &spelling
        && let Some(query) = remembered(state, spelling.as_str()).await?
    {
        return Ok(cached::answer(state, &query, options).await);
    }
    let accepts_events = accepts_events(request.headers());
    let headers = request.headers().clone();
    let request = reading::parse(method, path_id, request).await?;
    let document = document::document(state, &request).await?;
    document::name_matches(&document, request.operation_name.as_deref())?;
    if document.operation.kind == OperationKind::Subscription {
        if accepts_events {
            return Ok(live::sse::stream(state, asker?, headers, &request).await);
        }
        let message = "a subscription is answered as text/event-stream, or over WebSocket";
        return Err(Refusal::new(ErrorCode::NOT_ACCEPTABLE, message).into());
    }
    allowed_over(method, document.operation.kind)?;
    let variables = document::coerce(&document, &request)?;
    if document.operation.policy.is_shared() {
        // Shared answers are the same for all callers, so anonymous callers must be allowed them.
        authorise::document(&Caller::Anonymous, &document.parsed)?;
        let query = Arc::new(PublicQuery::new(document, variables));
        if let (Some(spelling), DocumentRef::Hash(_)) = (&spelling, &request.document) {
            state.spellings.remember(spelling.as_str(), &query);
        }
        return Ok(cached::answer(state, &query, options).await);
    }
    // Only now: shared answers do not need the caller, even if the caller could not be determined.
    let asker = asker?;
    authorise::document(&asker.caller, &document.parsed)?;
    // Entities may come from the cache if the copy of the log has reached the client's revision.
    let required = state.services.caches.feed.require(minimum).await;
    let run = execute::execute(
        (&state.services, &state.schema),
        &document,
        &variables,
        asker,
        required,
    );
    let executed = Box::pin(run).await?;
    Ok(answer::executed(&executed, media))
}

/// The query of an earlier GET request with the same spelling, if its document is still the same.
async fn remembered(
    state: &AppState,
    spelling: &str,
) -> Result<Option<Arc<PublicQuery>>, StoreError> {
    let Some(query) = state.spellings.get(spelling) else {
        return Ok(None);
    };
    let document = state
        .services
        .documents
        .get(query.document.operation.id)
        .await?;
    let same = document.is_some_and(|document| Arc::ptr_eq(&document, &query.document));
    Ok(same.then_some(query))
}

fn allowed_over(method: Method, kind: OperationKind) -> Result<(), Refusal> {
    match (method, kind) {
        (Method::Get, OperationKind::Mutation | OperationKind::Subscription) => Err(Refusal::new(
            ErrorCode::MUTATION_OVER_GET,
            format!("a {} has to be sent by POST", kind.as_str()),
        )),
        (Method::Get, OperationKind::Query) | (Method::Post, _) => Ok(()),
    }
}
