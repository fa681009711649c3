//! Requests to the origin: shared reads that the edge builds itself, look-ups of documents, and
//! clients' requests, or what is private of them, that are forwarded.

use std::rc::Rc;
use std::time::Duration;

use cache_core::{AsOf, Revision};
use edge_core::admit::{OriginAnswer, admit};
use edge_core::nearest::list::NearestList;
use edge_core::plan::SharedRead;
use edge_core::proof::{self, OnBehalfOf};
use edge_core::trace::Sent;
use edge_core::{header, signature};
use js_sys::Uint8Array;
use pq_core::limits::UPLOAD_BYTES;
use pq_core::{DocumentHash, MediaType};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, RequestInit, RequestRedirect};
use worker::{Delay, js_sys};

use crate::clock::now_ms;
use crate::error::EdgeError;
use crate::isolate::Isolate;
use crate::memory::{Body, Ready};
use crate::request::Incoming;
use crate::{respond, trace};

pub(crate) mod fetched;

use fetched::{Answer, Fetched};

/// The timeout of a request; longer than the origin's own limit on an execution (10 s).
const TIMEOUT_MS: u32 = 11_000;

async fn send(url: &str, init: &RequestInit) -> Result<web_sys::Response, EdgeError> {
    init.set_redirect(RequestRedirect::Manual);
    let request = web_sys::Request::new_with_str_and_init(url, init)?;
    let global: worker::worker_sys::web_sys::WorkerGlobalScope = js_sys::global().unchecked_into();
    let response = JsFuture::from(global.fetch_with_request(&request))
        .await
        .map_err(|error| EdgeError::Origin(format!("{error:?}")))?;
    Ok(response.unchecked_into())
}

async fn bytes(response: &web_sys::Response) -> Result<Uint8Array, EdgeError> {
    let buffer = JsFuture::from(response.array_buffer()?)
        .await
        .map_err(|error| EdgeError::Origin(format!("{error:?}")))?;
    Ok(Uint8Array::new(&buffer))
}

fn header_of(response: &web_sys::Response, name: &str) -> Option<String> {
    response.headers().get(name).ok().flatten()
}

/// The pauses before the retries of a failed read, in milliseconds. Reads may be retried because
/// they change nothing, and several origins share the address. When one of them dies, several pooled
/// connections to it fail one after the other.
const RETRIES_AFTER_MS: [u64; 3] = [0, 50, 200];
/// A read is not retried when it has already taken longer than this, in milliseconds.
const RETRY_WITHIN_MS: u64 = 2_000;

/// Why a shared read is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A client asks for the answer.
    Read,
    /// Nobody does: the isolate makes it anew in advance.
    Warm,
}

/// Sends a shared read. Its answer must contain revision `minimum`; that is the only part of the
/// client's request that is passed on.
pub(crate) async fn read(
    isolate: &Isolate,
    read: &SharedRead,
    minimum: Option<Revision>,
    trace: Option<&Sent>,
    purpose: Purpose,
) -> Fetched {
    let attempt = async || try_read(isolate, read, minimum, trace, purpose).await;
    let outcome = retried(attempt, |fetched| fetched.failure().is_none()).await;
    outcome.unwrap_or_else(|error| Fetched::Failed(error.into_reason().into()))
}

/// Repeats a read that fails, or whose result is not good.
async fn retried<T>(
    attempt: impl AsyncFn() -> Result<T, EdgeError>,
    is_good: impl Fn(&T) -> bool,
) -> Result<T, EdgeError> {
    let began_ms = now_ms();
    let mut outcome = attempt().await;
    for after_ms in RETRIES_AFTER_MS {
        if outcome.as_ref().is_ok_and(&is_good) || now_ms() >= began_ms + RETRY_WITHIN_MS {
            break;
        }
        if after_ms > 0 {
            Delay::from(Duration::from_millis(after_ms)).await;
        }
        outcome = attempt().await;
    }
    outcome
}

async fn try_read(
    isolate: &Isolate,
    read: &SharedRead,
    minimum: Option<Revision>,
    trace: Option<&Sent>,
    purpose: Purpose,
) -> Result<Fetched, EdgeError> {
    let headers = Headers::new()?;
    if purpose == Purpose::Warm {
        headers.set(header::WARMS, "1")?;
    }
    if let Some(trace) = trace {
        trace::set(&headers, trace)?;
    }
    if let Some(minimum) = minimum {
        headers.set(header::MIN_REVISION, &minimum.to_string())?;
    }
    if let Some(cell) = &read.candidates_of {
        headers.set(header::CANDIDATES, &cell.resolution.to_string())?;
    }
    headers.set("content-type", "application/json")?;
    headers.set("accept", MediaType::GraphqlResponse.content_type())?;
    let proof = proof::sign(&isolate.config.secret, OnBehalfOf::Everybody, now_ms());
    headers.set(header::SIGNATURE, &proof)?;
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_body(&JsValue::from_str(&read.origin_body));
    init.set_signal(Some(&AbortSignal::timeout_with_u32(TIMEOUT_MS)));
    // Taken before the request is sent, so that it is before the origin's first read.
    let sent_at_ms = now_ms();
    let response = send(&format!("{}/graphql", isolate.config.origin_url), &init).await?;
    let status = response.status();
    let body = bytes(&response).await?;
    if status >= 500 {
        return Err(EdgeError::Origin(format!(
            "it answered a read with status {status}"
        )));
    }
    let [cache_control, cache_tag, as_of, seen_ago, age, cookie] = [
        "cache-control",
        header::CACHE_TAG,
        header::AS_OF,
        header::SEEN_AGO,
        "age",
        "set-cookie",
    ]
    .map(|name| header_of(&response, name));
    let copied = body.to_vec();
    let answer = OriginAnswer {
        status,
        cache_control: cache_control.as_deref(),
        cache_tag: cache_tag.as_deref(),
        as_of: as_of.as_deref(),
        age: age.as_deref(),
        seen_ago: seen_ago.as_deref(),
        sets_cookie: cookie.is_some(),
        body: &copied,
    };
    // What may not be stored is not made ready for it.
    let stored = admit(&answer, sent_at_ms).ok().and_then(|admitted| {
        let body = match &read.candidates_of {
            None => Body::Whole(body.clone()),
            Some(cell) => {
                let list = NearestList::of_answer(&copied, &cell.shows, cell.index)?;
                Body::Candidates(Rc::new(list))
            }
        };
        Some((admitted, body))
    });
    Ok(match stored {
        Some((admitted, body)) => Fetched::Shared(Ready {
            head: Rc::new(admitted.head),
            current_at_ms: admitted.current_at_ms,
            body,
        }),
        None => Fetched::Unshared(Answer {
            status,
            body,
            has_failed: header_of(&response, header::FAILED).is_some(),
        }),
    })
}

/// Reads a document's record and its `as_of`; `None` when the document is not published.
pub(crate) async fn document(
    isolate: &Isolate,
    hash: DocumentHash,
) -> Result<Option<(String, AsOf)>, EdgeError> {
    retried(async || try_document(isolate, hash).await, |_| true).await
}

async fn try_document(
    isolate: &Isolate,
    hash: DocumentHash,
) -> Result<Option<(String, AsOf)>, EdgeError> {
    let name = hash.to_string();
    let headers = Headers::new()?;
    let proof = signature::sign(
        &isolate.config.secret,
        "document",
        now_ms(),
        name.as_bytes(),
    );
    headers.set(header::SIGNATURE, &proof)?;
    let init = RequestInit::new();
    init.set_headers(&headers);
    init.set_signal(Some(&AbortSignal::timeout_with_u32(TIMEOUT_MS)));
    let response = send(
        &format!("{}/internal/documents/{name}", isolate.config.origin_url),
        &init,
    )
    .await?;
    match response.status() {
        200 => {
            let as_of = header_of(&response, header::AS_OF).and_then(|text| text.parse().ok());
            let as_of = as_of
                .ok_or_else(|| EdgeError::Origin("it sent a document without as-of".into()))?;
            let text = JsFuture::from(response.text()?).await?.as_string();
            Ok(text.map(|text| (text, as_of)))
        }
        404 => Ok(None),
        status => Err(EdgeError::Origin(format!(
            "it answered a document's look-up with status {status}"
        ))),
    }
}

/// How long a forwarded request may take.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Timeout {
    /// [`TIMEOUT_MS`], as for any request.
    Usual,
    /// No limit: the request is a subscription.
    Never,
}

/// Forwards the client's own request and returns the origin's answer. `body` is the request's body,
/// if it has one.
pub(crate) async fn forward(
    isolate: &Isolate,
    incoming: &Incoming,
    body: Option<&[u8]>,
    timeout: Timeout,
) -> Result<web_sys::Response, EdgeError> {
    let headers = headers_of(isolate, incoming)?;
    let init = RequestInit::new();
    init.set_method(&incoming.method);
    init.set_headers(&headers);
    if let Some(body) = body {
        init.set_body(&Uint8Array::from(body));
    }
    if timeout == Timeout::Usual {
        init.set_signal(Some(&AbortSignal::timeout_with_u32(TIMEOUT_MS)));
    }
    let url = format!("{}{}", isolate.config.origin_url, incoming.path_and_query());
    let response = send(&url, &init).await?;
    if let Some(revision) =
        header_of(&response, header::REVISION).and_then(|text| text.parse().ok())
    {
        isolate
            .replica
            .borrow_mut()
            .learn(Revision(revision), now_ms());
    }
    Ok(response)
}

/// Asks for the remainder of a document that is partly private, as the client: with its credentials, in its
/// language. The answer is for this request alone.
pub(crate) async fn remainder(
    isolate: &Isolate,
    incoming: &Incoming,
    body: &str,
) -> Result<String, EdgeError> {
    let attempt = async || try_remainder(isolate, incoming, body).await;
    retried(attempt, |_| true).await
}

async fn try_remainder(
    isolate: &Isolate,
    incoming: &Incoming,
    body: &str,
) -> Result<String, EdgeError> {
    let headers = headers_of(isolate, incoming)?;
    // Those of the client's own body, and of answers that it has.
    for name in [
        "content-length",
        "content-encoding",
        "if-none-match",
        "if-modified-since",
    ] {
        headers.delete(name)?;
    }
    headers.set("content-type", "application/json")?;
    headers.set("accept", MediaType::GraphqlResponse.content_type())?;
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_body(&JsValue::from_str(body));
    init.set_signal(Some(&AbortSignal::timeout_with_u32(TIMEOUT_MS)));
    let response = send(&format!("{}/graphql", isolate.config.origin_url), &init).await?;
    let status = response.status();
    let text = JsFuture::from(response.text()?).await;
    let text = text.map_err(|error| EdgeError::Origin(format!("{error:?}")))?;
    if status >= 500 {
        return Err(EdgeError::Origin(format!(
            "it answered a remainder with status {status}"
        )));
    }
    Ok(text.as_string().unwrap_or_default())
}

/// The client's headers, as they are forwarded.
fn headers_of(isolate: &Isolate, incoming: &Incoming) -> Result<Headers, EdgeError> {
    let headers = Headers::new_with_headers(&incoming.raw.headers())?;
    // Clients must not send the headers that authenticate the edge.
    headers.delete(header::SIGNATURE)?;
    headers.delete(header::CLIENT_IP)?;
    headers.delete(header::SPAN)?;
    headers.delete(header::CANDIDATES)?;
    headers.delete(header::WARMS)?;
    if let Some(trace) = trace::of(isolate, incoming) {
        trace::set(&headers, &trace)?;
    }
    // `fetch` refuses requests with `Expect`, and the edge has read the body already.
    headers.delete("expect")?;
    // Without this the origin counts the request against the edge's own address.
    if let Some(ip) = incoming.client_ip() {
        headers.set(header::CLIENT_IP, &ip.to_string())?;
        let proof = proof::sign(&isolate.config.secret, OnBehalfOf::Client(ip), now_ms());
        headers.set(header::SIGNATURE, &proof)?;
    }
    Ok(headers)
}

/// Forwards the request for a file that only the origin has.
pub(crate) async fn file(
    isolate: &Isolate,
    incoming: &Incoming,
) -> Result<web_sys::Response, EdgeError> {
    respond::forwarded(forward(isolate, incoming, None, Timeout::Usual).await?)
}

/// Forwards a file that a client sends.
pub(crate) async fn upload(
    isolate: &Isolate,
    incoming: &Incoming,
) -> Result<web_sys::Response, EdgeError> {
    let body = incoming.body_up_to(UPLOAD_BYTES).await?;
    respond::forwarded(forward(isolate, incoming, Some(&body), Timeout::Usual).await?)
}
