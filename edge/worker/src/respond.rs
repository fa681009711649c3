//! Builds responses from the statuses and headers that `edge-core` decides.

use std::cell::OnceCell;

use cache_core::entry::ContentHash;
use cache_core::{CacheControl, EntryHead, json};
use edge_core::answer::{EntryHeaders, Served, constant_headers, refusal_headers, shared_status};
use edge_core::cors::{self, AllowedHeaders, AllowedSites};
use edge_core::header;
use js_sys::{JsString, Uint8Array};
use pq_core::error::Refusal;
use pq_core::{MediaType, security};
use serde::Deserialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::{Headers, Response, ResponseInit};

use crate::error::EdgeError;
use crate::origin::fetched::Answer;

#[wasm_bindgen]
extern "C" {
    /// `Headers`, written by names that are JavaScript strings already: converting a string from
    /// wasm costs more than everything else about a header.
    #[wasm_bindgen(extends = Headers, js_name = Headers)]
    type Fields;

    #[wasm_bindgen(constructor, js_class = "Headers", catch)]
    fn copy_of(template: &Headers) -> Result<Fields, JsValue>;

    #[wasm_bindgen(method, js_class = "Headers", catch, js_name = set)]
    fn put(this: &Fields, name: &JsString, value: &str) -> Result<(), JsValue>;

    #[wasm_bindgen(method, js_class = "Headers", catch, js_name = set)]
    fn put_number(this: &Fields, name: &JsString, value: u32) -> Result<(), JsValue>;
}

thread_local! {
    static ETAG: JsString = JsString::from("etag");
    static AGE: JsString = JsString::from("age");
    static CACHE_STATUS: JsString = JsString::from("cache-status");
    static JSON: OnceCell<Headers> = const { OnceCell::new() };
    static GRAPHQL_RESPONSE: OnceCell<Headers> = const { OnceCell::new() };
}

/// A copy of the headers that are the same in every answer to a shared read.
fn shared_headers(media: MediaType) -> Result<Fields, EdgeError> {
    let template = match media {
        MediaType::Json => &JSON,
        MediaType::GraphqlResponse => &GRAPHQL_RESPONSE,
    };
    template.with(|cell| {
        if let Some(template) = cell.get() {
            return Ok(Fields::copy_of(template)?);
        }
        let headers = Headers::new()?;
        for (name, value) in constant_headers(media) {
            headers.set(name, value)?;
        }
        Ok(Fields::copy_of(cell.get_or_init(|| headers))?)
    })
}

fn init(status: u16, headers: &Headers) -> Result<ResponseInit, EdgeError> {
    for (name, value) in [cors::ANY_SITE, cors::EXPOSE] {
        headers.set(name, value)?;
    }
    let init = ResponseInit::new();
    init.set_status(status);
    init.set_headers(headers);
    Ok(init)
}

/// An answer that comes from an entry.
pub(crate) struct Shared<'a> {
    pub(crate) head: &'a EntryHead,
    pub(crate) content: ContentHash,
    pub(crate) body: &'a Uint8Array,
}

/// The answer to a shared read; status 304 without a body when `If-None-Match` names it. `now_ms` is in
/// milliseconds since the Unix epoch.
pub(crate) fn read(
    answer: &Shared<'_>,
    served: Served,
    now_ms: u64,
    media: MediaType,
    if_none_match: Option<&str>,
) -> Result<Response, EdgeError> {
    let headers = shared_headers(media)?;
    let EntryHeaders {
        age_s,
        cache_status,
    } = EntryHeaders::of(answer.head, served, now_ms);
    ETAG.with(|name| headers.put(name, &answer.content.etag()))?;
    AGE.with(|name| headers.put_number(name, age_s))?;
    CACHE_STATUS.with(|name| headers.put(name, &cache_status))?;
    let init = ResponseInit::new();
    init.set_headers(&headers);
    if if_none_match.is_some_and(|tags| answer.content.matches(tags)) {
        headers.delete("content-type")?;
        init.set_status(304);
        return Ok(Response::new_with_opt_str_and_init(None, &init)?);
    }
    Ok(Response::new_with_opt_js_u8_array_and_init(
        Some(answer.body),
        &init,
    )?)
}

#[derive(Deserialize)]
struct Errors {
    errors: Vec<Error>,
}

#[derive(Deserialize)]
struct Error {
    extensions: Option<Extensions>,
}

#[derive(Deserialize)]
struct Extensions {
    code: Option<String>,
}

/// The origin's answer to a shared read that may not be stored. The edge asked for
/// `application/graphql-response+json`; if the client wants `application/json`, the status is
/// changed to the one that this media type has for the same error code.
pub(crate) fn unshared(
    answer: &Answer,
    cache_status: &str,
    media: MediaType,
) -> Result<Response, EdgeError> {
    let Answer { status, body, .. } = answer;
    let headers = unshared_headers(media, "no-store", cache_status)?;
    let status = if *status == 200 || media == MediaType::GraphqlResponse {
        *status
    } else {
        let code = json::parse::<Errors>(&body.to_vec())
            .ok()
            .and_then(|answer| answer.errors.into_iter().next()?.extensions?.code);
        shared_status(*status, code.as_deref(), media)
    };
    Ok(Response::new_with_opt_js_u8_array_and_init(
        Some(body),
        &init(status, &headers)?,
    )?)
}

/// The headers of an answer that no cache shares.
fn unshared_headers(
    media: MediaType,
    policy: &str,
    cache_status: &str,
) -> Result<Headers, EdgeError> {
    let headers = Headers::new()?;
    headers.set("content-type", media.content_type())?;
    headers.set("cache-control", policy)?;
    headers.set("cache-status", cache_status)?;
    for (name, value) in security::HEADERS {
        headers.set(name, value)?;
    }
    Ok(headers)
}

/// An answer that is made of a shared part and of what only this client may read. `cache_status` is that of
/// the shared part, `remainder` says what became of the rest.
pub(crate) fn partly(
    body: &str,
    (cache_status, remainder): (&str, &str),
    media: MediaType,
) -> Result<Response, EdgeError> {
    let policy = CacheControl::Private.to_string();
    let cache_status = format!("{cache_status}; remainder={remainder}");
    let headers = unshared_headers(media, &policy, &cache_status)?;
    headers.set("vary", "accept")?;
    let init = init(200, &headers)?;
    Ok(Response::new_with_opt_str_and_init(Some(body), &init)?)
}

/// A forwarded answer, without the headers that are meant for the edge only.
pub(crate) fn forwarded(response: Response) -> Result<Response, EdgeError> {
    // The answer to a WebSocket upgrade must be returned unchanged.
    if response.status() == 101 {
        return Ok(response);
    }
    let headers = Headers::new_with_headers(&response.headers())?;
    headers.delete(header::CACHE_TAG)?;
    headers.delete(header::AS_OF)?;
    headers.delete(header::SEEN_AGO)?;
    headers.delete(header::FAILED)?;
    // The runtime has decompressed the body; Cloudflare compresses it again for the client.
    headers.delete("content-encoding")?;
    headers.delete("content-length")?;
    headers.set(
        "cache-status",
        &format!("{}; fwd=bypass", edge_core::CACHE_NAME),
    )?;
    let init = init(response.status(), &headers)?;
    Ok(Response::new_with_opt_readable_stream_and_init(
        response.body().as_ref(),
        &init,
    )?)
}

/// Clients do not hear of purges, so they must revalidate a forwarded answer of GraphQL before every
/// use.
pub(crate) fn revalidate(forwarded: &Response) -> Result<(), EdgeError> {
    let headers = forwarded.headers();
    let policy = headers.get("cache-control")?.unwrap_or_default();
    if matches!(CacheControl::parse(&policy), CacheControl::Public(_)) {
        headers.set("cache-control", CacheControl::REVALIDATE)?;
    }
    Ok(())
}

/// The answer that refuses a request.
pub(crate) fn refuse(refusal: &Refusal, media: MediaType) -> Result<Response, worker::Error> {
    let (status, fields) = refusal_headers(refusal, media);
    let headers = Headers::new()?;
    for (name, value) in fields {
        headers.set(name, value)?;
    }
    let init =
        init(status, &headers).map_err(|error| worker::Error::RustError(error.to_string()))?;
    Ok(Response::new_with_opt_str_and_init(
        Some(&refusal.body()),
        &init,
    )?)
}

/// The answer to a CORS preflight.
pub(crate) fn preflight(allowed: &AllowedHeaders) -> Result<Response, EdgeError> {
    let headers = Headers::new()?;
    for (name, value) in allowed.preflight() {
        headers.set(name, value)?;
    }
    Ok(Response::new_with_opt_str_and_init(
        None,
        &init(204, &headers)?,
    )?)
}

/// Restricts an answer to the allowed sites (CORS). The other functions here allow every site,
/// because headers that are the same in all answers are cheaper.
pub(crate) fn restrict_sites(
    response: Response,
    allowed_sites: &AllowedSites,
    origin: Option<&str>,
) -> Result<Response, EdgeError> {
    // The answer to a WebSocket upgrade cannot be changed, and scripts of other sites do not have
    // the user's token.
    if response.status() == 101 {
        return Ok(response);
    }
    let headers = response.headers();
    headers.append("vary", "origin")?;
    match allowed_sites.allow(origin) {
        Some(allowed) => headers.set(cors::ALLOW_ORIGIN, allowed)?,
        None => headers.delete(cors::ALLOW_ORIGIN)?,
    }
    Ok(response)
}

/// The answer to a health check.
pub(crate) fn health() -> Result<Response, EdgeError> {
    json(200, r#"{"status":"ok"}"#)
}

/// An answer with JSON that is not GraphQL.
pub(crate) fn json(status: u16, body: &str) -> Result<Response, EdgeError> {
    let headers = Headers::new()?;
    headers.set("content-type", "application/json")?;
    headers.set("cache-control", "no-store")?;
    let init = ResponseInit::new();
    init.set_status(status);
    init.set_headers(&headers);
    Ok(Response::new_with_opt_str_and_init(Some(body), &init)?)
}
