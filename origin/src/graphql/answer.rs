//! An answer's status, headers and body. What is not plainly cacheable says `no-store`.

use async_graphql::ServerError;
use axum::{body::Body, response::Response};
use cache_core::{CacheControl, Lifetime, Tag, entry::ContentHash};
use edge_core::header::{AS_OF, CACHE_TAG, REVISION};
use http::{HeaderName, HeaderValue, StatusCode, header};
use pq_core::{CachePolicy, ErrorCode, MediaType, Refusal};
use serde_json::{Value, json};

use super::{
    errors::{self, code_of, log_failure, log_field_failure, shown},
    execute::Executed,
};

/// The answer to a request that was executed.
pub(super) fn executed(
    executed: &Executed,
    policy: &CachePolicy,
    media: MediaType,
    if_none_match: Option<&str>,
) -> Response {
    if executed.response.errors.is_empty() {
        return succeeded(executed, policy, media, if_none_match);
    }
    if executed.response.data == async_graphql::Value::Null {
        return refusal(&as_request_error(&executed.response.errors), media);
    }
    let errors: Vec<Value> = executed.response.errors.iter().map(shown).collect();
    let body = json!({"data": executed.response.data, "errors": errors}).to_string();
    let mut response = respond(StatusCode::OK, media, CacheControl::NoStore, body.into());
    set_revision(&mut response, executed);
    response
}

/// Errors that left no data are the request's: the first one that says most.
fn as_request_error(all: &[ServerError]) -> Refusal {
    let failure = all
        .iter()
        .find(|error| code_of(error).is_none() && !error.path.is_empty());
    if let Some(failure) = failure {
        return errors::internal(&log_field_failure(failure));
    }
    if let Some((code, error)) = all.iter().find_map(|error| Some((code_of(error)?, error))) {
        return Refusal::new(code, error.message.clone());
    }
    // Without a path and a code it never came to a field: validation.
    let message = all
        .first()
        .map(|error| error.message.clone())
        .unwrap_or_default();
    Refusal::new(ErrorCode::DocumentInvalid, message)
}

fn succeeded(
    executed: &Executed,
    policy: &CachePolicy,
    media: MediaType,
    if_none_match: Option<&str>,
) -> Response {
    let body = match serde_json::to_vec(&json!({"data": executed.response.data})) {
        Ok(body) => body,
        Err(error) => return internal(&error, media),
    };
    let Some((lifetime, as_of)) = cacheable(executed, policy).zip(executed.as_of) else {
        let mut response = respond(StatusCode::OK, media, CacheControl::Private, body.into());
        set_revision(&mut response, executed);
        return response;
    };
    let content = ContentHash::of(&body);
    let unchanged = if_none_match.is_some_and(|known| content.matches(known));
    let mut response = if unchanged {
        respond(
            StatusCode::NOT_MODIFIED,
            media,
            CacheControl::Public(lifetime),
            Body::empty(),
        )
    } else {
        respond(
            StatusCode::OK,
            media,
            CacheControl::Public(lifetime),
            body.into(),
        )
    };
    set(&mut response, header::ETAG, &content.etag());
    set(
        &mut response,
        HeaderName::from_static(CACHE_TAG),
        &Tag::join(&executed.facts.tags),
    );
    set(
        &mut response,
        HeaderName::from_static(AS_OF),
        &as_of.to_string(),
    );
    response
}

fn cacheable(executed: &Executed, policy: &CachePolicy) -> Option<Lifetime> {
    if !policy.is_shared() || executed.facts.uncacheable {
        return None;
    }
    let lifetime = Lifetime {
        max_age_s: policy.max_age_s,
        stale_while_revalidate_s: policy.stale_while_revalidate_s,
        stale_if_error_s: policy.stale_if_error_s,
    };
    executed.facts.shorten(lifetime, executed.now_ms)
}

/// The answer to a request that is refused.
pub(crate) fn refusal(refusal: &Refusal, media: MediaType) -> Response {
    let status =
        StatusCode::from_u16(refusal.status(media)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = respond(status, media, CacheControl::NoStore, refusal.body().into());
    let allow = match refusal.code {
        ErrorCode::MutationOverGet => "POST",
        ErrorCode::MethodNotAllowed => "GET, POST",
        _other_codes => "",
    };
    if !allow.is_empty() {
        set(&mut response, header::ALLOW, allow);
    }
    if refusal.code == ErrorCode::Unauthenticated {
        set(&mut response, header::WWW_AUTHENTICATE, "Bearer");
    }
    response
}

/// The answer to a failure of ours: a reference, and the chain in the log.
pub(crate) fn internal(error: &(dyn std::error::Error + 'static), media: MediaType) -> Response {
    refusal(&errors::internal(&log_failure(error)), media)
}

fn respond(status: StatusCode, media: MediaType, cache: CacheControl, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    set(&mut response, header::CONTENT_TYPE, media.content_type());
    set(&mut response, header::CACHE_CONTROL, &cache.to_string());
    set(&mut response, header::VARY, "accept");
    response
}

/// A mutation's answer tells which revision its client has to see from now on.
fn set_revision(response: &mut Response, executed: &Executed) {
    if let Some(revision) = executed.facts.revision {
        set(
            response,
            HeaderName::from_static(REVISION),
            &revision.to_string(),
        );
    }
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    // Tags, numbers and our own words: all of them are visible ASCII.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
