//! Status, headers and body of an answer. An answer that is not explicitly cacheable gets
//! `no-store`.

use api::{execution::executed::Executed, request::errors};
use axum::{body::Body, response::Response};
use cache_core::CacheControl;
use domain::sentence::Language;
use edge_core::header::REVISION;
use http::{HeaderName, HeaderValue, StatusCode, header};
use pq_core::{ErrorCode, MediaType, Refusal};

/// The answer to an executed request. Fields that failed are part of the result: its status is 200,
/// as GraphQL over HTTP has it. Other statuses are for requests that were not executed.
pub fn executed(executed: &Executed, media: MediaType, language: Language) -> Response {
    if let Some(why) = executed.refusal() {
        return refusal(&why, media);
    }
    let body = match executed.body(language) {
        Ok(body) => body,
        Err(error) => return internal(&error, media),
    };
    let cache = if executed.response.errors.is_empty() {
        CacheControl::Private
    } else {
        CacheControl::NoStore
    };
    let mut response = respond(StatusCode::OK, media, cache, body.into());
    // A mutation may have been committed although a field of its result failed.
    set_revision(&mut response, executed);
    set_retry_after(&mut response, executed);
    response
}

/// The answer to a request that took too long.
pub fn timed_out(media: MediaType) -> Response {
    refusal(
        &Refusal::new(ErrorCode::TIMEOUT, "the request took too long to answer"),
        media,
    )
}

/// The answer to a refused request.
pub(crate) fn refusal(refusal: &Refusal, media: MediaType) -> Response {
    refused(refusal.code, refusal.body(), media)
}

/// The answer to a request that is refused with this code.
pub(crate) fn refused(code: ErrorCode, body: String, media: MediaType) -> Response {
    let status = Refusal::new(code, "").status(media);
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = respond(status, media, CacheControl::NoStore, body.into());
    if let Some((name, value)) = code.header() {
        set(&mut response, HeaderName::from_static(name), value);
    }
    response
}

/// The answer to an internal failure: the client gets a reference, the log the error chain.
pub(crate) fn internal(error: &(dyn std::error::Error + 'static), media: MediaType) -> Response {
    refusal(&errors::masked(error, Language::English), media)
}

pub(super) fn respond(
    status: StatusCode,
    media: MediaType,
    cache: CacheControl,
    body: Body,
) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    set(&mut response, header::CONTENT_TYPE, media.content_type());
    set(&mut response, header::CACHE_CONTROL, &cache.to_string());
    set(&mut response, header::VARY, "accept");
    response
}

/// Adds the revision that a mutation's client must see in later answers.
fn set_revision(response: &mut Response, executed: &Executed) {
    if let Some(revision) = executed.facts.revision {
        set(
            response,
            HeaderName::from_static(REVISION),
            &revision.to_string(),
        );
    }
}

fn set_retry_after(response: &mut Response, executed: &Executed) {
    if let Some(seconds) = executed.facts.retry_after_s {
        set(response, header::RETRY_AFTER, &seconds.to_string());
    }
}

pub fn set(response: &mut Response, name: HeaderName, value: &str) {
    // Values are tags, numbers and our own words, all visible ASCII, so this does not fail.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
