//! The edge on Cloudflare Workers: the bindings, and nothing that could be decided without them.
//!
//! Reading order: [`read`] is the way of a request, step by step; [`isolate`] is what an isolate
//! remembers between requests; then one file per binding: [`kv`], [`origin`], [`feed`] (the
//! isolate's side of the purge log) and [`purge_log`] (the Durable Object); [`explain`] is for
//! people who ask why. Every decision is in `edge-core`.
#![cfg(target_arch = "wasm32")]

mod coalesce;
mod documents;
mod error;
mod explain;
mod feed;
mod isolate;
mod kv;
mod memory;
mod origin;
mod purge_log;
mod read;
mod request;
mod respond;

use edge_core::cors::Readers;
use edge_core::route::{Route, route};
use pq_core::MediaType;
use worker::{Context, Env, event};

use crate::error::EdgeError;
use crate::isolate::Isolate;
use crate::request::Incoming;

/// The Worker's door.
#[event(fetch)]
async fn fetch(
    request: web_sys::Request,
    env: Env,
    context: Context,
) -> worker::Result<web_sys::Response> {
    let isolate = Isolate::get(&env)?;
    let incoming = Incoming::new(request);
    isolate.fault_for_tests(&incoming);
    let media = MediaType::negotiate(incoming.accept.as_deref());
    let answer = match route(&incoming.method, incoming.path()) {
        Ok(Route::Graphql { method, path_id }) => {
            read::graphql(isolate, &incoming, &context, media, method, path_id).await
        }
        Ok(Route::Preflight) => respond::preflight(),
        Ok(Route::AppendToPurgeLog) => feed::append(isolate, &incoming).await,
        Ok(Route::Explain) => explain::answer(isolate, &incoming, &context).await,
        Ok(Route::Health) => respond::health(),
        Err(refusal) => Err(EdgeError::Refused(refusal)),
    };
    let response = match answer {
        Ok(response) => response,
        Err(error) => respond::refuse(&error.into_refusal(), media.unwrap_or(MediaType::Json))?,
    };
    let readers = &isolate.config.readers;
    if *readers == Readers::AnySite {
        return Ok(response);
    }
    let origin = incoming.header("origin");
    respond::for_readers(response, readers, origin.as_deref())
        .map_err(|error| worker::Error::RustError(error.to_string()))
}
