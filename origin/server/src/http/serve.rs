//! A GraphQL request over HTTP, step by step.

use std::sync::Arc;

use access::{
    caller::{Asker, Caller},
    rate,
};
use api::{
    documents::{Document, DocumentMode, sent},
    execution::{cached::Asked, execute},
    request::authorise,
};
use axum::{
    extract::{Path, Request, State, rejection::PathRejection},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use cache_core::{Revision, variables::CanonicalVariables};
use domain::StoreError;
use edge_core::header::MIN_REVISION;
use http::{HeaderMap, HeaderName, header};
use pq_core::{
    DocumentRef, ErrorCode, GraphqlRequest, MediaType, Refusal, limits,
    manifest::OperationKind,
    request::{HttpParts, Method},
};

use super::{
    answer,
    body::{self, BodyError},
    cached::{self, Wanted},
};
use crate::{admission, cors, live, state::AppState};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("the store failed")]
    Store(#[from] StoreError),
}

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
        Some(_) | None => match Wish::of(&request) {
            Wish::Answer => answer(state, path_id, request, asker).await,
            Wish::WebSocket => live::websocket::answer(state, request, peer).await,
            Wish::EventStream => live::sse::answer(state, path_id, request, asker).await,
        },
    };
    if let Some(decision) = &counted {
        rate::headers::write(decision, response.headers_mut());
    }
    cors::allow(response.headers_mut(), &state.config.cors, origin.as_ref());
    response
}

/// What the client wants to have.
enum Wish {
    Answer,
    WebSocket,
    /// Nothing but `text/event-stream`.
    EventStream,
}

impl Wish {
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
            Self::Answer
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
        let message = "application/graphql-response+json and application/json can be had";
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

/// The way of every request.
async fn steps(
    state: &AppState,
    path_id: Option<String>,
    request: Request,
    asker: Result<Asker, StoreError>,
    media: MediaType,
) -> Result<Response, Failure> {
    let method = method(&request)?;
    let if_none_match = text(request.headers(), &header::IF_NONE_MATCH);
    let minimum = text(request.headers(), &HeaderName::from_static(MIN_REVISION))
        .and_then(|number| number.trim().parse().ok())
        .map(Revision);
    let wanted = Wanted {
        media,
        minimum,
        if_none_match: if_none_match.as_deref(),
    };
    let spelling = (method == Method::Get)
        .then(|| request.uri().path_and_query().cloned())
        .flatten();
    if let Some(spelling) = &spelling
        && let Some(asked) = asked_before(state, spelling.as_str()).await?
    {
        return Ok(cached::answer(state, &asked, wanted).await);
    }
    let accepts_events = accepts_events(request.headers());
    let headers = request.headers().clone();
    let request = parse(method, path_id, request).await?;
    let document = document(state, &request).await?;
    name_matches(&document, request.operation_name.as_deref())?;
    if document.operation.kind == OperationKind::Subscription {
        if accepts_events {
            return Ok(live::sse::stream(state, asker?, headers, &request).await);
        }
        let message = "a subscription is answered as text/event-stream, or over WebSocket";
        return Err(Refusal::new(ErrorCode::NOT_ACCEPTABLE, message).into());
    }
    allowed_over(method, document.operation.kind)?;
    let variables = coerce(&document, &request)?;
    if document.operation.policy.is_shared() {
        // Whoever asks: what is shared is everybody's, or nobody's.
        authorise::document(&Caller::Anonymous, &document.parsed)?;
        let question = Arc::new(Asked::new(document, variables));
        if let (Some(spelling), DocumentRef::Hash(_)) = (&spelling, &request.document) {
            state.spellings.remember(spelling.as_str(), &question);
        }
        return Ok(cached::answer(state, &question, wanted).await);
    }
    // Only now: that nobody can say who asks does not keep anybody from what is shared.
    let asker = asker?;
    authorise::document(&asker.caller, &document.parsed)?;
    // Its entities may be kept ones: those of a copy of the log that has seen what the client has.
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

/// What a request by GET that was spelt like this asked for, if its document is still the same.
async fn asked_before(state: &AppState, spelling: &str) -> Result<Option<Arc<Asked>>, StoreError> {
    let Some(asked) = state.spellings.get(spelling) else {
        return Ok(None);
    };
    let document = state
        .services
        .documents
        .get(asked.document.operation.id)
        .await?;
    let same = document.is_some_and(|document| Arc::ptr_eq(&document, &asked.document));
    Ok(same.then_some(asked))
}

pub(crate) fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let mut lines = headers.get_all(name).iter();
    let first = String::from_utf8_lossy(lines.next()?.as_bytes()).into_owned();
    // A list may come in several lines (RFC 9110 §5.3). Bytes that are no text match nothing.
    Some(lines.fold(first, |text, line| {
        text + "," + &String::from_utf8_lossy(line.as_bytes())
    }))
}

pub(crate) fn method(request: &Request) -> Result<Method, Refusal> {
    if request.method() == http::Method::GET {
        Ok(Method::Get)
    } else if request.method() == http::Method::POST {
        Ok(Method::Post)
    } else {
        Err(Refusal::new(
            ErrorCode::METHOD_NOT_ALLOWED,
            "GET and POST are answered here",
        ))
    }
}

pub(crate) async fn parse(
    method: Method,
    path_id: Option<String>,
    request: Request,
) -> Result<GraphqlRequest, Refusal> {
    let (parts, body) = request.into_parts();
    let body = match method {
        Method::Get => Bytes::new(),
        Method::Post => match body::read(body).await {
            Ok(body) => body,
            // The client that went away while it sent reads nothing of this.
            Err(BodyError::TooLong | BodyError::Cut) => return GraphqlRequest::too_large(),
        },
    };
    GraphqlRequest::parse(HttpParts {
        method,
        path_id: path_id.as_deref(),
        query: parts.uri.query(),
        content_type: text(&parts.headers, &header::CONTENT_TYPE).as_deref(),
        body: &body,
    })
}

/// The published document; or, where that is allowed, the one that was sent.
pub(crate) async fn document(
    state: &AppState,
    request: &GraphqlRequest,
) -> Result<Arc<Document>, Failure> {
    let hash = request.document.hash();
    if let Some(document) = state.services.documents.get(hash).await? {
        return Ok(document);
    }
    let body = match &request.document {
        // Apollo's clients know this sentence.
        DocumentRef::Hash(_) => {
            return Err(
                Refusal::new(ErrorCode::DOCUMENT_NOT_FOUND, "PersistedQueryNotFound").into(),
            );
        }
        DocumentRef::Body { body, .. } => body,
    };
    match state.services.document_mode {
        DocumentMode::Enforce => {
            let message = "only published documents are executed here";
            return Err(Refusal::new(ErrorCode::DOCUMENT_NOT_PUBLISHED, message).into());
        }
        DocumentMode::Audit => tracing::warn!(document = %hash, "a document that is not published"),
        DocumentMode::Off => {}
    }
    let environment = state.services.environment;
    let document = sent::compile(
        &state.services.compiler,
        body,
        &request.variables,
        environment,
    )?;
    Ok(Arc::new(document))
}

pub(crate) fn name_matches(document: &Document, name: Option<&str>) -> Result<(), Refusal> {
    match name {
        Some(name) if name != document.operation.name => Err(Refusal::new(
            ErrorCode::OPERATION_UNKNOWN,
            "the document has no operation of this name",
        )),
        Some(_) | None => Ok(()),
    }
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

pub(crate) fn coerce(
    document: &Document,
    request: &GraphqlRequest,
) -> Result<CanonicalVariables, Refusal> {
    let Document { operation, .. } = document;
    let variables = CanonicalVariables::coerce(
        &operation.variables,
        &operation.input_types,
        &request.variables,
    )?;
    Ok(variables)
}
