//! Status, headers and body of an answer. An answer that is not explicitly cacheable gets
//! `no-store`.

use api::{
    execution::executed::Executed,
    request::errors::{self, code_of, details, log_failure, log_field_failure, shown},
};
use async_graphql::ServerError;
use axum::{body::Body, response::Response};
use cache_core::CacheControl;
use edge_core::header::REVISION;
use http::{HeaderName, HeaderValue, StatusCode, header};
use pq_core::{ErrorCode, MediaType, Refusal};
use serde_json::{Value, json};

/// The answer to an executed request, with or without errors.
pub fn executed(executed: &Executed, media: MediaType) -> Response {
    if executed.response.errors.is_empty() {
        return succeeded(executed, media);
    }
    if executed.response.data == async_graphql::Value::Null {
        let why = as_request_error(&executed.response.errors);
        let details = details_of(&why, &executed.response.errors);
        let mut response = refusal_saying(&why, &details, media);
        // The mutation may have been committed although a field of its result failed.
        set_revision(&mut response, executed);
        set_retry_after(&mut response, executed);
        return response;
    }
    let errors: Vec<Value> = executed.response.errors.iter().map(shown).collect();
    let body = json!({"data": executed.response.data, "errors": errors}).to_string();
    let mut response = respond(StatusCode::OK, media, CacheControl::NoStore, body.into());
    set_revision(&mut response, executed);
    set_retry_after(&mut response, executed);
    response
}

/// The refusal for a request whose errors left no data: an internal failure if there is one, else
/// the first error with a code, else a validation error.
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
    // No path and no code: no field was executed, so validation failed.
    let message = all
        .first()
        .map(|error| error.message.clone())
        .unwrap_or_default();
    Refusal::new(ErrorCode::DOCUMENT_INVALID, message)
}

/// The details beside the code of the error that [`as_request_error`] chose.
fn details_of(why: &Refusal, all: &[ServerError]) -> Vec<(&'static str, String)> {
    let same = all.iter().find(|error| code_of(error) == Some(why.code));
    same.map(details).unwrap_or_default()
}

/// An answer without errors, which shared caches must not store.
fn succeeded(executed: &Executed, media: MediaType) -> Response {
    match executed.data() {
        Ok(body) => {
            let mut response = respond(StatusCode::OK, media, CacheControl::Private, body.into());
            set_revision(&mut response, executed);
            response
        }
        Err(error) => internal(&error, media),
    }
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
    refusal_saying(refusal, &[], media)
}

fn refusal_saying(
    refusal: &Refusal,
    details: &[(&'static str, String)],
    media: MediaType,
) -> Response {
    let body = if details.is_empty() {
        refusal.body()
    } else {
        let mut extensions = json!({"code": refusal.code.as_str()});
        for (name, text) in details {
            extensions[*name] = text.as_str().into();
        }
        json!({"errors": [{"message": refusal.message, "extensions": extensions}]}).to_string()
    };
    let status =
        StatusCode::from_u16(refusal.status(media)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = respond(status, media, CacheControl::NoStore, body.into());
    let by_code = [
        (ErrorCode::MUTATION_OVER_GET, header::ALLOW, "POST"),
        (ErrorCode::METHOD_NOT_ALLOWED, header::ALLOW, "GET, POST"),
        (
            ErrorCode::UNAUTHENTICATED,
            header::WWW_AUTHENTICATE,
            "Bearer",
        ),
        (ErrorCode::TOKEN_EXPIRED, header::WWW_AUTHENTICATE, "Bearer"),
        (ErrorCode::TOKEN_INVALID, header::WWW_AUTHENTICATE, "Bearer"),
    ];
    for (code, name, value) in by_code {
        if refusal.code == code {
            set(&mut response, name, value);
        }
    }
    response
}

/// The answer to an internal failure: the client gets a reference, the log the error chain.
pub(crate) fn internal(error: &(dyn std::error::Error + 'static), media: MediaType) -> Response {
    refusal(&errors::internal(&log_failure(error)), media)
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
