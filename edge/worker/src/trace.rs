//! The trace that a request which goes to the origin belongs to.

use edge_core::header;
use edge_core::trace::{self, Sent};
use js_sys::Math;
use wasm_bindgen::JsValue;
use web_sys::Headers;
use worker::js_sys;

use crate::clock::now_ms;
use crate::isolate::Isolate;
use crate::random;
use crate::request::Incoming;

pub(crate) const TRACEPARENT: &str = "traceparent";

/// Continues the client's trace, or begins one for the share of requests that the configuration
/// names.
pub(crate) fn of(isolate: &Isolate, incoming: &Incoming) -> Option<Sent> {
    let client = incoming.header(TRACEPARENT);
    let begins = client.is_none() && Math::random() < isolate.config.traced_share;
    trace::send(client.as_deref(), begins, now_ms(), random::bits)
}

/// Adds what the origin is told.
pub(crate) fn set(headers: &Headers, sent: &Sent) -> Result<(), JsValue> {
    headers.set(TRACEPARENT, &sent.traceparent)?;
    match &sent.span {
        Some(span) => headers.set(header::SPAN, span),
        None => Ok(()),
    }
}
