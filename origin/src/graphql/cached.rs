//! Public documents: answered out of the caches, or made once for all who ask the same.

use std::sync::Arc;

use axum::{body::Body, response::Response};
use bytes::Bytes;
use cache_core::{
    CacheControl, CacheStatus, EntryHead, ForwardReason, Revision, cache_status::Outcome,
    entry::ContentHash, variables::CanonicalVariables,
};
use cache_tiered::{Answer, Cached, Fill, Question};
use edge_core::{header as edge_header, plan};
use http::{HeaderName, HeaderValue, StatusCode, header};
use pq_core::{CachePolicy, MediaType};

use super::{
    answer::{self, cacheable, set},
    caller::Caller,
    execute::{self, Executed},
    serve::TIMEOUT,
};
use crate::{documents::Document, embedded::StoreError, state::AppState};

/// This cache's name in `Cache-Status`.
pub const CACHE_NAME: &str = "yousoon-origin";
const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// An answer that is not stored.
#[derive(Debug)]
pub enum Unstored {
    /// With errors, or about something that nobody may keep.
    Executed(Box<Executed>),
    /// The store failed.
    Store(StoreError),
    /// It took too long.
    TimedOut,
}

/// How the answer is to be written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    pub(super) media: MediaType,
    pub(super) if_none_match: Option<&'a str>,
}

/// Answers a public document. Who asks does not matter, and is not told to the fields.
pub(super) async fn answer(
    state: &AppState,
    document: &Arc<Document>,
    variables: CanonicalVariables,
    minimum: Option<Revision>,
    wanted: Wanted<'_>,
) -> Response {
    let hash = document.operation.id;
    let question = Question {
        key: plan::key(hash, &variables.to_json()),
        label: *hash.as_bytes(),
        required: state.caches.feed.require(minimum).await,
    };
    let (fill_state, fill_document) = (state.clone(), Arc::clone(document));
    let variables = Arc::new(variables);
    let make = move || {
        let (state, document) = (fill_state.clone(), Arc::clone(&fill_document));
        let variables = Arc::clone(&variables);
        async move { fill(&state, &document, &variables, question.required).await }
    };
    let given = state.caches.responses.answer(&question, make).await;
    respond(state, given, wanted)
}

async fn fill(
    state: &AppState,
    document: &Document,
    variables: &CanonicalVariables,
    required: Option<Revision>,
) -> Fill<Arc<Unstored>> {
    let work = execute::execute(state, document, variables, Caller::Anonymous, required);
    let executed = match tokio::time::timeout(TIMEOUT, work).await {
        Ok(Ok(executed)) => executed,
        Ok(Err(error)) => return Fill::Failed(Arc::new(Unstored::Store(error))),
        Err(_elapsed) => return Fill::Failed(Arc::new(Unstored::TimedOut)),
    };
    if answer::failed(&executed) {
        return Fill::Failed(Arc::new(Unstored::Executed(Box::new(executed))));
    }
    match shared(&executed, &document.operation.policy) {
        Some((head, body)) => Fill::Shared {
            head,
            body,
            seen_at_ms: executed.facts.seen_at_ms,
        },
        None => Fill::Unshared(Arc::new(Unstored::Executed(Box::new(executed)))),
    }
}

/// The entry that an answer makes, if it may be kept.
fn shared(executed: &Executed, policy: &CachePolicy) -> Option<(EntryHead, Bytes)> {
    if !executed.response.errors.is_empty() {
        return None;
    }
    let (lifetime, as_of) = cacheable(executed, policy).zip(executed.as_of)?;
    let body: Bytes = answer::data(executed).ok()?.into();
    let head = EntryHead {
        as_of,
        born_ms: executed.now_ms.unsigned_abs(),
        lifetime,
        content: ContentHash::of(&body),
        tags: executed.facts.tags.iter().cloned().collect(),
    };
    Some((head, body))
}

fn respond(state: &AppState, given: Answer<Arc<Unstored>>, wanted: Wanted<'_>) -> Response {
    let now_ms = state.caches.feed.clock().now().wall_ms;
    let forwarded =
        |reason: Option<&cache_core::FetchReason>, stored, collapsed| Outcome::Forward {
            reason: reason.map_or(
                ForwardReason::UriMiss,
                cache_core::FetchReason::forward_reason,
            ),
            stored,
            collapsed,
        };
    match given {
        Answer::Hit { entry, tier, .. } => {
            let outcome = Outcome::Hit {
                ttl_s: ttl_s(&entry, now_ms),
            };
            kept(state, &entry, status(outcome, Some(tier.as_str())), wanted)
        }
        Answer::Filled {
            entry,
            instead_of,
            collapsed,
        } => {
            let outcome = forwarded(instead_of.as_ref(), true, collapsed);
            let detail = instead_of.as_ref().map(cache_core::FetchReason::as_str);
            kept(state, &entry, status(outcome, detail), wanted)
        }
        Answer::Covered { entry } => {
            let outcome = Outcome::Hit {
                ttl_s: ttl_s(&entry, now_ms),
            };
            let mut response = kept(
                state,
                &entry,
                status(outcome, Some("stale-if-error")),
                wanted,
            );
            // For whoever asks now; the edge has its own to fall back on.
            set(
                &mut response,
                header::CACHE_CONTROL,
                &CacheControl::NoStore.to_string(),
            );
            response
        }
        Answer::Unshared {
            answer,
            instead_of,
            collapsed,
        } => {
            let outcome = forwarded(instead_of.as_ref(), false, collapsed);
            let detail = instead_of.as_ref().map(cache_core::FetchReason::as_str);
            let mut response = unstored(&answer, wanted);
            set(&mut response, CACHE_STATUS, &status(outcome, detail));
            response
        }
        Answer::Failed(answer) => unstored(&answer, wanted),
    }
}

fn status(outcome: Outcome, detail: Option<&str>) -> String {
    CacheStatus {
        cache: CACHE_NAME,
        outcome,
        detail,
    }
    .to_string()
}

/// Seconds of freshness left; negative when it is stale.
fn ttl_s(entry: &Cached, now_ms: u64) -> i64 {
    let age_s = entry.head.age_ms(now_ms) / 1_000;
    i64::from(entry.head.lifetime.max_age_s) - i64::try_from(age_s).unwrap_or(i64::MAX)
}

fn unstored(answer: &Unstored, wanted: Wanted<'_>) -> Response {
    match answer {
        Unstored::Executed(executed) => answer::executed(executed, wanted.media),
        Unstored::Store(error) => answer::internal(error, wanted.media),
        Unstored::TimedOut => answer::timed_out(wanted.media),
    }
}

/// An entry as an answer; 304 without a body when the client has it already.
fn kept(state: &AppState, entry: &Cached, cache_status: String, wanted: Wanted<'_>) -> Response {
    let feed = &state.caches.feed;
    let content = entry.head.content;
    let unchanged = wanted
        .if_none_match
        .is_some_and(|known| content.matches(known));
    let (status, body) = if unchanged {
        (StatusCode::NOT_MODIFIED, Body::empty())
    } else {
        (StatusCode::OK, Body::from(entry.body.clone()))
    };
    let policy = CacheControl::Public(entry.head.lifetime);
    let mut response = answer::respond(status, wanted.media, policy, body);
    set(&mut response, header::ETAG, &content.etag());
    // Rounded up: whoever adds its own bound to this age must not exceed it.
    let age_s = entry
        .head
        .age_ms(feed.clock().now().wall_ms)
        .div_ceil(1_000);
    let headers = response.headers_mut();
    headers.insert(header::AGE, age_s.into());
    let seen_ago_ms = feed.seen_ago_ms(entry);
    if seen_ago_ms != u64::MAX {
        let name = HeaderName::from_static(edge_header::SEEN_AGO);
        headers.insert(name, seen_ago_ms.into());
    }
    if let Ok(value) = HeaderValue::from_maybe_shared(entry.tag_list().clone()) {
        headers.insert(HeaderName::from_static(edge_header::CACHE_TAG), value);
    }
    // What it was last found valid at, not only what it was read at: the edge then keeps it longer.
    set(
        &mut response,
        HeaderName::from_static(edge_header::AS_OF),
        &entry.as_of().to_string(),
    );
    if let Ok(value) = HeaderValue::try_from(cache_status) {
        response.headers_mut().insert(CACHE_STATUS, value);
    }
    response
}
