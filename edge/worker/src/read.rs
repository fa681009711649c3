//! The way of a GraphQL request, step by step.

use std::rc::Rc;

use cache_core::cache_status::Outcome;
use cache_core::{CacheKey, CacheStatus, ForwardReason, InvalidReason, Revision, Validity};
use edge_core::answer::{Served, Tier};
use edge_core::judge::{FetchReason, Verdict, judge, may_stand_in};
use edge_core::plan::{Plan, SharedRead, plan};
use pq_core::error::{ErrorCode, Refusal};
use pq_core::manifest::OperationKind;
use pq_core::request::{HttpParts, Method};
use pq_core::{GraphqlRequest, MediaType};
use wasm_bindgen::JsValue;
use worker::Context;

use crate::coalesce::{Boarding, FlightNumber, Ticket};
use crate::error::EdgeError;
use crate::isolate::{Isolate, now_ms};
use crate::memory::Ready;
use crate::origin::{self, Fetched, Lasts};
use crate::request::Incoming;
use crate::{documents, feed, respond};

/// KV takes one write per second and key.
const KV_WRITE_EVERY_MS: u64 = 1_000;

/// Answers `/graphql`.
pub(crate) async fn graphql(
    isolate: &'static Isolate,
    incoming: &Incoming,
    context: &Context,
    media: Option<MediaType>,
    method: Method,
    path_id: Option<&str>,
) -> Result<web_sys::Response, EdgeError> {
    // Subscriptions are the origin's: WebSocket and SSE pass through as they are.
    if method == Method::Get && incoming.asks_for_websocket() {
        return forward(isolate, incoming, None, Lasts::On).await;
    }
    let media = match media {
        Some(media) => media,
        None if accepts_event_stream(incoming) => {
            let body = match method {
                Method::Get => None,
                Method::Post => Some(incoming.body().await?),
            };
            return forward(isolate, incoming, body.as_deref(), Lasts::On).await;
        }
        None => return Err(not_acceptable().into()),
    };
    // read request
    let body = match method {
        Method::Get => None,
        Method::Post => Some(incoming.body().await?),
    };
    let content_type = match method {
        Method::Get => None,
        Method::Post => incoming.header("content-type"),
    };
    let request = GraphqlRequest::parse(HttpParts {
        method,
        path_id,
        query: incoming.query(),
        content_type: content_type.as_deref(),
        body: body.as_deref().unwrap_or_default(),
    })?;
    // document and policy
    let Some(operation) = documents::find(isolate, context, request.document.hash()).await? else {
        documents::unpublished(&request.document)?;
        return forward(isolate, incoming, body.as_deref(), Lasts::Briefly).await;
    };
    // canonical variables → key
    match plan(&request, &operation, method)? {
        Plan::Forward => {
            let lasts = match operation.kind {
                OperationKind::Subscription => Lasts::On,
                OperationKind::Query | OperationKind::Mutation => Lasts::Briefly,
            };
            forward(isolate, incoming, body.as_deref(), lasts).await
        }

        Plan::Read(read) => {
            let if_none_match = incoming.if_none_match();
            let asked = incoming.min_revision();
            let min_revision = isolate.replica.borrow_mut().admit_minimum(asked, now_ms());
            shared(
                isolate,
                context,
                Rc::new(read),
                media,
                if_none_match.as_deref(),
                min_revision,
            )
            .await
        }
    }
}

fn not_acceptable() -> Refusal {
    Refusal::new(
        ErrorCode::NotAcceptable,
        "application/json and application/graphql-response+json can be had",
    )
}

async fn forward(
    isolate: &Isolate,
    incoming: &Incoming,
    body: Option<&[u8]>,
    lasts: Lasts,
) -> Result<web_sys::Response, EdgeError> {
    respond::forwarded(origin::forward(isolate, incoming, body, lasts).await?)
}

fn accepts_event_stream(incoming: &Incoming) -> bool {
    incoming
        .accept
        .as_deref()
        .is_some_and(|accept| accept.contains("text/event-stream"))
}

/// The best that a tier has, when it may not simply be served.
struct Candidate {
    ready: Ready,
    why: FetchReason,
}

/// Answers what is the same for everybody.
async fn shared(
    isolate: &'static Isolate,
    context: &Context,
    read: Rc<SharedRead>,
    media: MediaType,
    if_none_match: Option<&str>,
    min_revision: Option<Revision>,
) -> Result<web_sys::Response, EdgeError> {
    let came = isolate.flights.next_number();
    feed::follow(isolate, context, min_revision).await;
    let mut candidate: Option<Candidate> = None;
    // Memory once more after KV: another request may have filled it meanwhile.
    for tier in [Tier::Memory, Tier::Kv, Tier::Memory] {
        let Some(ready) = look_up(isolate, tier, &read.key).await else {
            continue;
        };
        match verdict(isolate, &ready, min_revision).await {
            Verdict::Serve { .. } => {
                return respond::read(&ready, Served::Hit { tier }, media, if_none_match);
            }
            Verdict::ServeAndRefresh { .. } => {
                let _for_the_next_request = begin_fill(isolate, context, &read, min_revision);
                return respond::read(&ready, Served::Hit { tier }, media, if_none_match);
            }
            Verdict::Fetch { why, .. } => {
                if candidate
                    .as_ref()
                    .is_none_or(|known| ready.head.is_newer_than(&known.ready.head))
                {
                    candidate = Some(Candidate { ready, why });
                }
            }
        }
    }
    let (fetched, collapsed) = fill(isolate, context, &read, came, min_revision).await;
    let reason = candidate
        .as_ref()
        .map_or(ForwardReason::UriMiss, |candidate| {
            candidate.why.forward_reason()
        });
    let detail = candidate.as_ref().map(|candidate| candidate.why.as_str());
    match fetched {
        Fetched::Shared(ready) => {
            let served = Served::Fetched {
                reason,
                detail,
                stored: true,
                collapsed,
            };
            respond::read(&ready, served, media, if_none_match)
        }
        Fetched::Unshared { status, body } => {
            let outcome = Outcome::Forward {
                reason,
                stored: false,
                collapsed,
            };
            let status_header = CacheStatus {
                cache: edge_core::CACHE_NAME,
                outcome,
                detail,
            }
            .to_string();
            respond::unshared(status, &body, &status_header, media)
        }
        Fetched::Failed(why) => match candidate {
            // Judged now: a purge may have come while the origin was failing.
            Some(candidate) if stands_in(isolate, &candidate.ready, min_revision) => {
                web_sys::console::warn_1(&JsValue::from_str(&format!("stale-if-error: {why}")));
                respond::read(
                    &candidate.ready,
                    Served::InsteadOfError,
                    media,
                    if_none_match,
                )
            }
            Some(_) | None => Err(EdgeError::Origin(why.to_string())),
        },
    }
}

fn stands_in(isolate: &Isolate, ready: &Ready, min_revision: Option<Revision>) -> bool {
    may_stand_in(
        &ready.head,
        ready.seen_at_ms,
        &isolate.replica.borrow(),
        now_ms(),
        min_revision,
    )
}

async fn look_up(isolate: &Isolate, tier: Tier, key: &CacheKey) -> Option<Ready> {
    match tier {
        Tier::Memory => isolate.memory.borrow_mut().get(key),
        Tier::Kv => match isolate.kv.answer(key).await {
            Ok(found) => {
                let ready = found?;
                isolate.memory.borrow_mut().put(*key, ready.clone());
                Some(ready)
            }
            Err(error) => {
                // A KV that fails costs speed, not answers.
                web_sys::console::warn_1(&JsValue::from_str(&format!("KV: {error}")));
                None
            }
        },
    }
}

/// What becomes of an answer, by what the isolate knows now.
fn judged(isolate: &Isolate, ready: &Ready, min_revision: Option<Revision>) -> Verdict {
    judge(
        &ready.head,
        ready.seen_at_ms,
        &isolate.replica.borrow(),
        now_ms(),
        min_revision,
    )
}

/// What becomes of an answer that was found; older pages of the log are read when it needs them.
pub(crate) async fn verdict(
    isolate: &Isolate,
    ready: &Ready,
    min_revision: Option<Revision>,
) -> Verdict {
    let first = judged(isolate, ready, min_revision);
    let Verdict::Fetch {
        why: FetchReason::Invalid(InvalidReason::BeforeHorizon),
        ..
    } = &first
    else {
        return first;
    };
    if feed::reach_back(isolate, &ready.head.as_of).await.is_err() {
        return first;
    }
    judged(isolate, ready, min_revision)
}

/// Begins to ask the origin, unless somebody does already.
fn begin_fill(
    isolate: &'static Isolate,
    context: &Context,
    read: &Rc<SharedRead>,
    min_revision: Option<Revision>,
) -> Ticket<Fetched> {
    let key = read.key;
    let read = Rc::clone(read);
    let minimum = seen_by(isolate, min_revision);
    let flight = move || async move {
        let fetched = origin::read(isolate, &read.origin_body, minimum).await;
        if let Fetched::Shared(ready) = &fetched {
            isolate.memory.borrow_mut().put(key, ready.clone());
        }
        fetched
    };
    isolate
        .flights
        .board(key, context, flight, move |fetched| async move {
            if let Fetched::Shared(ready) = fetched {
                store(isolate, key, &ready).await;
            }
        })
}

/// What the origin's answer must have seen: what the origin has is as old as its own copy of the
/// log, unless it is told.
fn seen_by(isolate: &Isolate, min_revision: Option<Revision>) -> Option<Revision> {
    min_revision.max(isolate.replica.borrow().learned(now_ms()))
}

/// Writes to KV what the isolate keeps; what is overtaken already is not worth a write.
async fn store(isolate: &Isolate, key: CacheKey, ready: &Ready) {
    if is_invalid(isolate, ready) {
        return;
    }
    let now_ms = now_ms();
    let too_soon = {
        let mut written = isolate.kv_written_at_ms.borrow_mut();
        let too_soon = written
            .get(&key)
            .is_some_and(|at_ms| now_ms < at_ms + KV_WRITE_EVERY_MS);
        if !too_soon {
            written.put(key, now_ms);
        }
        too_soon
    };
    if too_soon {
        return;
    }
    if let Err(error) = isolate.kv.put_answer(&key, ready).await {
        web_sys::console::warn_1(&JsValue::from_str(&format!("KV: {error}")));
    }
}

/// Asks the origin, together with whoever asks the same now; whether it was somebody else's flight.
///
/// A flight that began before this request may bring what was purged in between. So it has to
/// stand before the same judge as what is stored; else one more flight serves all who joined.
async fn fill(
    isolate: &'static Isolate,
    context: &Context,
    read: &Rc<SharedRead>,
    came: FlightNumber,
    min_revision: Option<Revision>,
) -> (Fetched, bool) {
    for _ in 0..2 {
        let ticket = begin_fill(isolate, context, read, min_revision);
        let joined = ticket.boarding == Boarding::Joined;
        let began_later = ticket.number() >= came;
        let Some(fetched) = ticket.landed().await else {
            break;
        };
        // Who began it made it for its own client, who may insist on less. A failure is one for all.
        let failed = matches!(fetched, Fetched::Failed(_));
        let sees_enough = began_later && (failed || !joined || min_revision.is_none());
        if sees_enough || may_be_shared(isolate, &fetched, min_revision) {
            return (fetched, joined);
        }
    }
    // The platform ended the flight, or others' flights did not see enough.
    let minimum = seen_by(isolate, min_revision);
    let fetched = origin::read(isolate, &read.origin_body, minimum).await;
    (fetched, false)
}

fn may_be_shared(isolate: &Isolate, fetched: &Fetched, min_revision: Option<Revision>) -> bool {
    let Fetched::Shared(ready) = fetched else {
        return false;
    };
    let verdict = judged(isolate, ready, min_revision);
    !matches!(verdict, Verdict::Fetch { .. })
}

fn is_invalid(isolate: &Isolate, ready: &Ready) -> bool {
    let replica = isolate.replica.borrow();
    replica.copy().is_some_and(|log| {
        matches!(
            log.judge(&ready.head.as_of, &ready.head.tags),
            Validity::Invalid(_)
        )
    })
}
