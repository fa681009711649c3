//! A GraphQL request over HTTP, step by step.

use std::{borrow::Cow, ops::Deref, sync::Arc, thread, time::Duration};

use access::{
    caller::{Asker, Caller},
    peer::{Peer, is_edge},
    rate,
};
use api::{
    execution::{
        cached::{PublicQuery, Purpose},
        execute::{self, Demand},
    },
    request::{authorise, errors::masked_code, reader::Reader},
};
use axum::{
    extract::{Path, Request, State, rejection::PathRejection},
    response::{IntoResponse as _, Response},
};
use cache_core::Revision;
use domain::{StoreError, sentence::Language};
use edge_core::header::{CANDIDATES, MIN_REVISION, WARMS};
use http::{HeaderName, header};
use pq_core::{
    Accepted, DocumentRef, ErrorCode, Form, MediaType, Refusal, limits, manifest::OperationKind,
    request::Method,
};
use tracing::Instrument as _;

use super::{
    answer,
    cached::{self, AnswerOptions},
    document::{self, Failure},
    reading::{self, text},
};
use crate::{
    admission,
    config::Role,
    cors, live,
    metrics::InFlight,
    state::AppState,
    telemetry::request::{Outcome, Tracked},
    usage::counts::Asking,
};

/// `/graphql`, every method.
pub async fn graphql(State(state): State<AppState>, request: Request) -> Response {
    serve(&state, None, request).await
}

/// `GET /graphql/<hash>`, without the router: most requests are these.
pub async fn graphql_by_hash(state: &AppState, hash: String, request: Request) -> Response {
    serve(state, Some(hash), request).await
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
    let is_from_edge = || {
        let secret = state.config.edge.secret.as_ref();
        is_edge(request.headers(), secret, state.services.clock.now_ms())
    };
    let tracked = Counted {
        state,
        tracked: Tracked::begin(&state.tracing, request.headers(), is_from_edge),
        asking: Asking::of(request.headers()),
        _in_flight: state.requests.begin(),
        is_answered: false,
    };
    let root = tracked.root().clone();
    let response = admitted(state, path_id, request, &tracked)
        .instrument(root)
        .await;
    tracked.answered(&response);
    response
}

/// A request that is counted however it ends.
struct Counted<'a> {
    state: &'a AppState,
    tracked: Tracked,
    asking: Asking,
    _in_flight: InFlight<'a>,
    is_answered: bool,
}

impl Counted<'_> {
    fn answered(mut self, response: &Response) {
        self.is_answered = true;
        let became = self.tracked.end(Some(response));
        self.note(Some(response), became);
    }

    fn note(&self, response: Option<&Response>, became: (Outcome, Duration)) {
        let documents = &self.state.services.documents;
        let is_published = |hash| documents.is_ready(hash);
        let requests = &self.state.requests;
        requests.answered(&self.tracked, response, became, is_published);
        if let Some(document) = self.tracked.document()
            && documents.is_ready(document.operation.id)
            && !self.only_looked()
        {
            self.state.usage.count_request(document, &self.asking);
        }
    }

    /// Whether the request only found out that the document is known, as `pq publish --await` does.
    fn only_looked(&self) -> bool {
        let unknown = ErrorCode::OPERATION_UNKNOWN.as_str();
        self.tracked.codes().contains(&unknown)
    }
}

impl Deref for Counted<'_> {
    type Target = Tracked;

    fn deref(&self) -> &Tracked {
        &self.tracked
    }
}

impl Drop for Counted<'_> {
    /// Without an answer: it panicked, or its client has gone.
    fn drop(&mut self) {
        if self.is_answered {
            return;
        }
        if thread::panicking() {
            self.tracked.erred(ErrorCode::INTERNAL);
        } else {
            self.tracked.became(Outcome::Abandoned);
        }
        let became = self.tracked.end(None);
        self.note(None, became);
    }
}

async fn admitted(
    state: &AppState,
    path_id: Option<String>,
    request: Request,
    tracked: &Tracked,
) -> Response {
    let peer = admission::peer_of(&request, state);
    let asker = admission::asker_of(request.headers(), peer, state).await;
    let origin = request.headers().get(header::ORIGIN).cloned();
    let caller = asker.as_ref().ok().map(|asker| &asker.caller);
    let counted = admission::count(state, caller, peer).await;
    let mut response = match &counted {
        Some(decision) if !decision.is_admitted() => {
            tracked.erred(ErrorCode::RATE_LIMITED);
            admission::too_many(decision, &request)
        }
        Some(_) | None => {
            if let Some(response) = hit(state, &request, tracked) {
                response
            } else {
                let logged = tracked.logged(request.headers());
                let work = anything_else(state, path_id, request, (asker, peer), tracked);
                // Boxed: hits, which are most requests, do not carry it.
                Box::pin(work.instrument(logged)).await
            }
        }
    };
    if let Some(decision) = &counted {
        rate::headers::write(decision, response.headers_mut());
    }
    cors::allow(response.headers_mut(), &state.config.cors, origin.as_ref());
    response
}

/// The answer to a GET request that was made before in the same spelling, if memory has it.
fn hit(state: &AppState, request: &Request, tracked: &Tracked) -> Option<Response> {
    let headers = request.headers();
    if request.method() != http::Method::GET
        || headers.contains_key(MIN_REVISION)
        || headers.contains_key(WARMS)
        || headers.contains_key(header::UPGRADE)
    {
        return None;
    }
    let query = state
        .spellings
        .get(request.uri().path_and_query()?.as_str())?;
    let accepted = Accepted::parse(text(headers, &header::ACCEPT).as_deref()).ok()?;
    let Ok(Form::Response(media)) = accepted.form(OperationKind::Query, Method::Get) else {
        return None;
    };
    if !state.services.documents.is_held(&query.document) {
        return None;
    }
    let if_none_match = text(headers, &header::IF_NONE_MATCH);
    let options = AnswerOptions {
        asker: None,
        media,
        minimum: None,
        if_none_match: if_none_match.as_deref(),
        purpose: Purpose::Reading,
    };
    let response = cached::hit(state, &query, options)?;
    tracked.asks(&query.document);
    Some(response)
}

async fn anything_else(
    state: &AppState,
    path_id: Option<String>,
    request: Request,
    (asker, peer): (Result<Asker, StoreError>, Peer),
    tracked: &Tracked,
) -> Response {
    if !is_websocket(&request) {
        return answer(state, path_id, request, asker, tracked).await;
    }
    match has_role(state, Role::Live) {
        Ok(()) => live::websocket::answer(state, request, peer).await,
        Err(refusal) => {
            tracked.erred(refusal.code);
            answer::refusal(&refusal, MediaType::Json)
        }
    }
}

/// Refuses what another process has to answer.
fn has_role(state: &AppState, role: Role) -> Result<(), Refusal> {
    if state.config.roles.has(role) {
        return Ok(());
    }
    let message = format!(
        "this server does not have the role {}: send the request to one that has it",
        role.as_str()
    );
    Err(Refusal::new(ErrorCode::NOT_FOUND, message))
}

fn is_websocket(request: &Request) -> bool {
    let upgrade = request.headers().get(header::UPGRADE);
    request.method() == http::Method::GET
        && upgrade.is_some_and(|to| to.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

async fn answer(
    state: &AppState,
    path_id: Option<String>,
    request: Request,
    asker: Result<Asker, StoreError>,
    tracked: &Tracked,
) -> Response {
    let accepted = match Accepted::parse(text(request.headers(), &header::ACCEPT).as_deref()) {
        Ok(accepted) => accepted,
        Err(refusal) => {
            tracked.erred(refusal.code);
            return answer::refusal(&refusal, MediaType::Json);
        }
    };
    let mut media = accepted.refusals();
    let request = (path_id, request);
    let steps = steps(state, request, asker, accepted, tracked, &mut media);
    match tokio::time::timeout(limits::EXECUTION, steps).await {
        Ok(Ok(response)) => response,
        Ok(Err(Failure::Refused(refusal))) => {
            tracked.erred(refusal.code);
            answer::refusal(&refusal, media)
        }
        Ok(Err(Failure::Store(error))) => {
            tracked.erred(masked_code(&error));
            answer::internal(&error, media)
        }
        Err(_elapsed) => {
            if tracked.was_read() {
                tracked.erred(ErrorCode::TIMEOUT);
            } else {
                // Its client was too slow.
                tracked.became(Outcome::Abandoned);
            }
            tracing::error!(
                timeout_s = limits::EXECUTION.as_secs(),
                "a request took too long"
            );
            answer::timed_out(media)
        }
    }
}

/// The steps of every request. `refusals` is the media type of a refusal: it may change once the
/// operation is known.
async fn steps(
    state: &AppState,
    (path_id, request): (Option<String>, Request),
    asker: Result<Asker, StoreError>,
    accepted: Accepted,
    tracked: &Tracked,
    refusals: &mut MediaType,
) -> Result<Response, Failure> {
    let method = reading::method(&request)?;
    let if_none_match = text(request.headers(), &header::IF_NONE_MATCH).map(Cow::into_owned);
    let minimum = text(request.headers(), &HeaderName::from_static(MIN_REVISION))
        .and_then(|number| number.trim().parse().ok())
        .map(Revision);
    let purpose = if request.headers().contains_key(WARMS) {
        Purpose::Warming
    } else {
        Purpose::Reading
    };
    let options = |media, asker| AnswerOptions {
        asker,
        media,
        minimum,
        if_none_match: if_none_match.as_deref(),
        purpose,
    };
    let resolution = candidates_asked(state, &request);
    let spelling = (method == Method::Get)
        .then(|| request.uri().path_and_query().cloned())
        .flatten();
    if let Some(spelling) = &spelling
        && let Ok(Form::Response(media)) = accepted.form(OperationKind::Query, method)
        && let Some(query) = remembered(state, spelling.as_str()).await?
    {
        tracked.asks(&query.document);
        return Ok(
            cached::answer(state, &query, options(media, asker.as_ref().ok()), tracked).await,
        );
    }
    let headers = request.headers().clone();
    let request = reading::parse(method, path_id, request).await?;
    tracked.is_read();
    let document = document::document(state, &request).await?;
    tracked.asks(&document);
    let form = accepted.form(document.operation.kind, method)?;
    *refusals = form.refusals();
    document::name_matches(&document, request.operation_name.as_deref())?;
    let media = match form {
        Form::Response(media) => {
            has_role(state, Role::Api)?;
            media
        }
        Form::EventStream => {
            has_role(state, Role::Live)?;
            return Ok(live::sse::answer(state, asker?, headers, &request).await);
        }
    };
    let variables = document::coerce(&document, &request)?;
    if document.operation.policy.is_shared() {
        // Shared answers are the same for all callers, so anonymous callers must be allowed them.
        let allowed = authorise::document(&Caller::Anonymous, &document.parsed);
        allowed.map_err(|why| why.refusal(Language::French))?;
        let mut query = PublicQuery::new(document, variables);
        if let Some(resolution) = resolution {
            query = query.for_candidates(resolution);
        }
        let query = Arc::new(query);
        if let (Some(spelling), DocumentRef::Hash(_)) = (&spelling, &request.document) {
            state.spellings.remember(spelling.as_str(), &query);
        }
        return Ok(
            cached::answer(state, &query, options(media, asker.as_ref().ok()), tracked).await,
        );
    }
    // Only now: shared answers do not need the caller, even if the caller could not be determined.
    let asker = asker?;
    let reader = Reader::of(&asker);
    if let Err(why) = authorise::document(&asker.caller, &document.parsed) {
        let language = reader.language(&state.services).await;
        return Err(why.refusal(language).into());
    }
    // Entities may come from the cache if the copy of the log has reached the client's revision.
    let required = state.services.caches.feed.require(minimum).await;
    let run = execute::execute(
        (&state.services, &state.schema),
        &document,
        &variables,
        asker,
        Demand {
            required,
            candidates_of: None,
        },
    );
    let executed = Box::pin(run).await?;
    for code in executed.codes() {
        tracked.erred(code);
    }
    let language = if executed.response.errors.is_empty() {
        Language::French
    } else {
        reader.language(&state.services).await
    };
    Ok(answer::executed(&executed, media, language))
}

/// The H3 resolution of the cell for whose candidates the edge asks. From anybody else the header does
/// not count.
fn candidates_asked(state: &AppState, request: &Request) -> Option<u8> {
    let resolution = text(request.headers(), &HeaderName::from_static(CANDIDATES))?;
    (admission::peer_of(request, state) == Peer::Edge)
        .then(|| resolution.parse().ok())
        .flatten()
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
