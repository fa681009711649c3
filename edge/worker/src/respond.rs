//! Responses, out of what `edge-core` says of them.

use std::cell::OnceCell;

use cache_core::CacheControl;
use edge_core::answer::{EntryHeaders, Served, constant_headers, refusal_headers};
use edge_core::cors::{self, Readers};
use edge_core::header;
use js_sys::{JsString, Uint8Array};
use pq_core::error::{ErrorCode, Refusal};
use pq_core::{MediaType, security};
use serde::Deserialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::{Headers, Response, ResponseInit};

use crate::error::EdgeError;
use crate::isolate::now_ms;
use crate::memory::Ready;

#[wasm_bindgen]
extern "C" {
    /// `Headers`, written under names that are JavaScript's already: decoding a string out of
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

/// A copy of the headers that are the same in every shared read's answer.
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

/// A shared read's answer; 304 without a body when the client has it already.
pub(crate) fn read(
    ready: &Ready,
    served: Served,
    media: MediaType,
    if_none_match: Option<&str>,
) -> Result<Response, EdgeError> {
    let headers = shared_headers(media)?;
    let EntryHeaders {
        etag,
        age_s,
        cache_status,
    } = EntryHeaders::of(&ready.head, served, now_ms());
    ETAG.with(|name| headers.put(name, &etag))?;
    AGE.with(|name| headers.put_number(name, age_s))?;
    CACHE_STATUS.with(|name| headers.put(name, &cache_status))?;
    let init = ResponseInit::new();
    init.set_headers(&headers);
    if if_none_match.is_some_and(|tags| ready.head.content.matches(tags)) {
        headers.delete("content-type")?;
        init.set_status(304);
        return Ok(Response::new_with_opt_str_and_init(None, &init)?);
    }
    Ok(Response::new_with_opt_js_u8_array_and_init(
        Some(&ready.body),
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

/// An origin's answer to a shared read that may not be stored. The edge asked for meaningful
/// statuses; a client of `application/json` gets what that media type has for the same refusal.
pub(crate) fn unshared(
    status: u16,
    body: &Uint8Array,
    cache_status: &str,
    media: MediaType,
) -> Result<Response, EdgeError> {
    let headers = Headers::new()?;
    headers.set("content-type", media.content_type())?;
    headers.set("cache-control", "no-store")?;
    headers.set("cache-status", cache_status)?;
    for (name, value) in security::HEADERS {
        headers.set(name, value)?;
    }
    let status = if status == 200 || media == MediaType::GraphqlResponse {
        status
    } else {
        let code = serde_json::from_slice::<Errors>(&body.to_vec())
            .ok()
            .and_then(|answer| answer.errors.into_iter().next()?.extensions?.code)
            .and_then(|code| ErrorCode::parse(&code));
        code.map_or(status, |code| Refusal::new(code, "").status(media))
    };
    Ok(Response::new_with_opt_js_u8_array_and_init(
        Some(body),
        &init(status, &headers)?,
    )?)
}

/// A forwarded answer, without what only the edge is told.
pub(crate) fn forwarded(response: Response) -> Result<Response, EdgeError> {
    // A WebSocket's answer cannot be taken apart.
    if response.status() == 101 {
        return Ok(response);
    }
    let headers = Headers::new_with_headers(&response.headers())?;
    headers.delete(header::CACHE_TAG)?;
    headers.delete(header::AS_OF)?;
    headers.delete(header::SEEN_AGO)?;
    // The runtime decodes what the origin compressed for it, and Cloudflare encodes for the client.
    headers.delete("content-encoding")?;
    headers.delete("content-length")?;
    // Nothing that may be purged is kept by clients without asking.
    let policy = headers.get("cache-control")?.unwrap_or_default();
    if matches!(CacheControl::parse(&policy), CacheControl::Public(_)) {
        headers.set("cache-control", CacheControl::REVALIDATE)?;
    }
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

/// A refusal.
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
pub(crate) fn preflight() -> Result<Response, EdgeError> {
    let headers = Headers::new()?;
    for (name, value) in cors::PREFLIGHT {
        headers.set(name, value)?;
    }
    Ok(Response::new_with_opt_str_and_init(
        None,
        &init(204, &headers)?,
    )?)
}

/// Says whose page may read the answer, where not everybody's may. What is said above is for every
/// site: it is the same in all answers, and costs them nothing.
pub(crate) fn for_readers(
    response: Response,
    readers: &Readers,
    origin: Option<&str>,
) -> Result<Response, EdgeError> {
    // A WebSocket's answer cannot be changed, and no page of another site has its token.
    if response.status() == 101 {
        return Ok(response);
    }
    let headers = response.headers();
    headers.append("vary", "origin")?;
    match readers.allow(origin) {
        Some(allowed) => headers.set(cors::ALLOW_ORIGIN, allowed)?,
        None => headers.delete(cors::ALLOW_ORIGIN)?,
    }
    Ok(response)
}

/// The edge is there.
pub(crate) fn health() -> Result<Response, EdgeError> {
    json(200, r#"{"status":"ok"}"#)
}

/// JSON that is not GraphQL.
pub(crate) fn json(status: u16, body: &str) -> Result<Response, EdgeError> {
    let headers = Headers::new()?;
    headers.set("content-type", "application/json")?;
    headers.set("cache-control", "no-store")?;
    let init = ResponseInit::new();
    init.set_status(status);
    init.set_headers(&headers);
    Ok(Response::new_with_opt_str_and_init(Some(body), &init)?)
}
