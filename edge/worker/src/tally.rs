//! Adds up what became of requests for shared answers, and who sent them, and hands the sums on to the
//! Durable Object.

use std::cell::RefCell;
use std::time::Duration;

use edge_core::tally::{HAND_ON_EVERY_MS, HandOn, Outcome, Source, Tally};
use edge_core::usage::Usage;
use pq_core::Operation;
use worker::{Context, Delay};

use crate::clock::now_ms;
use crate::console;
use crate::error::EdgeError;
use crate::isolate::Isolate;
use crate::request::Incoming;

/// The isolate's sums.
#[derive(Default)]
pub(crate) struct Counts {
    tally: RefCell<Tally>,
    usage: RefCell<Usage>,
    hand_on: RefCell<HandOn>,
}

/// A request that was answered.
pub(crate) struct Request<'a> {
    pub(crate) operation: &'a Operation,
    /// The request itself; it says who sent it.
    pub(crate) incoming: &'a Incoming,
    /// What became of it, and where its answer came from.
    pub(crate) key: (Outcome, Source),
    /// The age of its answer, in milliseconds.
    pub(crate) age_ms: Option<u64>,
}

/// Counts a request. `now_ms` is in milliseconds since the Unix epoch.
///
/// One request in [`HAND_ON_EVERY_MS`] hands the sums on after its own answer, so no answer waits. What
/// an isolate has when the platform ends it is lost.
pub(crate) fn count(
    isolate: &'static Isolate,
    context: &Context,
    request: &Request<'_>,
    now_ms: u64,
) {
    let Request {
        operation,
        incoming,
        key,
        age_ms,
    } = request;
    let counts = &isolate.counts;
    let (name, version) = (incoming.client_name(), incoming.client_version());
    counts.usage.borrow_mut().count(
        operation.id,
        &operation.clients,
        name.as_deref(),
        version.as_deref(),
    );
    let mut tally = counts.tally.borrow_mut();
    tally.count(operation.id, &operation.name, *key, *age_ms);
    if counts.hand_on.borrow_mut().falls_to_this_request(now_ms) {
        context.wait_until(async move {
            Delay::from(Duration::from_millis(HAND_ON_EVERY_MS)).await;
            if let Err(error) = hand_on(isolate).await {
                console::warn(&format!("what became of requests is not counted: {error}"));
            }
        });
    }
}

/// Takes the sums before they are sent: if it is unknown whether they arrived, they are lost and not
/// sent again.
async fn hand_on(isolate: &Isolate) -> Result<(), EdgeError> {
    let rows = isolate.counts.tally.borrow_mut().take();
    let usage = isolate.counts.usage.borrow_mut().take(now_ms());
    isolate.counts.hand_on.borrow_mut().done();
    post(isolate, "/tally", &serde_json::to_string(&rows)?).await?;
    post(isolate, "/usage", &serde_json::to_string(&usage)?).await
}

async fn post(isolate: &Isolate, path: &str, text: &str) -> Result<(), EdgeError> {
    let response = isolate.purge_log.post(path, &[], text).await?;
    match response.status_code() {
        200 => Ok(()),
        status => Err(EdgeError::Platform(format!(
            "the Durable Object answered with status {status}"
        ))),
    }
}
