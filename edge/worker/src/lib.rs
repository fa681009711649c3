//! The edge on Cloudflare Workers. This crate only does I/O through the platform's bindings; every
//! decision is in `edge-core`.
//!
//! Reading order: [`read`] handles a GraphQL request, step by step, [`shared`] one whose answer is the
//! same for everybody, and [`reader`] tells it the client; [`isolate`] is the state that
//! an isolate keeps between requests; then one file per binding: [`kv`], [`limiter`], [`origin`],
//! [`feed`] (the isolate's side of the purge log) and [`purge_log`] (the Durable Object); [`explain`]
//! answers `cache explain`, [`tally`] counts what became of requests, and [`report`] tells Sentry of
//! errors, and [`panics`] of panics; [`partly`] answers documents that are partly private; [`warm`] makes answers anew before they are asked for.
#![cfg(target_arch = "wasm32")]

mod cached;
mod clock;
mod coalesce;
mod console;
mod documents;
mod error;
mod explain;
mod feed;
mod isolate;
mod kv;
mod limiter;
mod memory;
mod origin;
mod panics;
mod partly;
mod purge_log;
mod random;
mod read;
mod reader;
mod report;
mod request;
mod respond;
mod shared;
mod tally;
mod trace;
mod waits;
mod warm;
mod websocket;

use edge_core::cors::AllowedSites;
use edge_core::route::{Route, route};
use pq_core::{Accepted, MediaType};
use worker::{Context, Env, event};

use crate::error::EdgeError;
use crate::isolate::Isolate;
use crate::read::{Asked, Learned};
use crate::request::Incoming;

/// The Worker's entry point: handles one HTTP request.
#[event(fetch)]
async fn fetch(
    request: web_sys::Request,
    env: Env,
    context: Context,
) -> worker::Result<web_sys::Response> {
    let isolate = Isolate::get(&env)?;
    panics::report();
    let incoming = Incoming::new(request);
    isolate.fault_for_tests(&incoming);
    let accepted = Accepted::parse(incoming.accept.as_deref());
    let mut learned = Learned {
        refusals: match &accepted {
            Ok(accepted) => accepted.refusals(),
            Err(_) => MediaType::Json,
        },
        operation: None,
    };
    let answer = match route(&incoming.method, incoming.path()) {
        Ok(Route::Graphql { method, path_id }) => {
            let asked = Asked {
                accepted,
                method,
                path_id,
            };
            read::graphql(isolate, &incoming, &context, asked, &mut learned).await
        }
        Ok(Route::Preflight) => respond::preflight(&isolate.config.allowed_headers),
        Ok(Route::File) => origin::file(isolate, &incoming).await,
        Ok(Route::Upload) => origin::upload(isolate, &incoming).await,
        Ok(Route::AppendToPurgeLog) => feed::append(isolate, &incoming, &context).await,
        Ok(Route::Explain) => explain::answer(isolate, &incoming, &context).await,
        Ok(Route::Health) => respond::health(),
        Err(refusal) => Err(EdgeError::Refused(refusal)),
    };
    let response = match answer {
        Ok(response) => response,
        Err(error) => {
            let operation = learned.operation.as_deref();
            let operation = operation.map(|operation| operation.name.as_str());
            let traceparent = incoming.header(trace::TRACEPARENT);
            let trace = traceparent.as_deref().and_then(edge_core::trace::id);
            isolate.reports.refused(&error, operation, trace);
            respond::refuse(&error.into_refusal(), learned.refusals)?
        }
    };
    let allowed_sites = &isolate.config.allowed_sites;
    if *allowed_sites == AllowedSites::Any {
        return Ok(response);
    }
    let origin = incoming.header("origin");
    respond::restrict_sites(response, allowed_sites, origin.as_deref())
        .map_err(|error| worker::Error::RustError(error.to_string()))
}
