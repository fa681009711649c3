//! Handles a GraphQL request, step by step.

use std::rc::Rc;

use cache_core::cache_status::Outcome;
use cache_core::entry::ContentHash;
use cache_core::{
    CacheKey, CacheStatus, EntryHead, ForwardReason, InvalidReason, Revision, Validity,
};
use edge_core::answer::{Served, Tier};
use edge_core::judge::{FetchReason, Verdict, judge, may_stand_in};
use edge_core::limit::Errand;
use edge_core::nearest::{Asked as AskedList, RESOLUTIONS};
use edge_core::plan::{self, NearestRead, Plan, SharedRead};
use edge_core::report::Kind;
use edge_core::tally::{Outcome as Counted, Source};
use js_sys::Uint8Array;
use pq_core::error::Refusal;
use pq_core::manifest::OperationKind;
use pq_core::request::{HttpParts, Method};
use pq_core::{Accepted, Form, GraphqlRequest, MediaType, Operation};
use wasm_bindgen::JsValue;
use worker::Context;

use crate::clock::now_ms;
use crate::coalesce::{Boarding, FlightNumber, Ticket};
use crate::error::EdgeError;
use crate::isolate::Isolate;
use crate::kv::Held;
use crate::memory::{Body, Ready};
use crate::origin::fetched::Fetched;
use crate::origin::{self, Purpose, Timeout};
use crate::request::Incoming;
use crate::tally::Request;
use crate::waits::Waits;
use crate::{documents, feed, partly, respond, tally, trace, websocket};

/// The shortest interval between writes of a key to KV, which accepts one per second, in
/// milliseconds.
const KV_WRITE_EVERY_MS: u64 = 1_000;
/// A request whose document could not be looked up at the origin is forwarded, unless that took longer
/// than this, in milliseconds: an origin that hangs would be waited for twice.
const FORWARD_WITHIN_MS: u64 = 5_000;
/// An answer that may not be stored.
const UNSHARED: (Counted, Source) = (Counted::Unshared, Source::Origin);
const FAILED: (Counted, Source) = (Counted::Failed, Source::None);
const LIMITED: (Counted, Source) = (Counted::Limited, Source::None);

/// How a request for `/graphql` came.
pub(crate) struct Asked<'a> {
    pub(crate) accepted: Result<Accepted, Refusal>,
    pub(crate) method: Method,
    pub(crate) path_id: Option<&'a str>,
}

/// What is known of a request when it is refused.
pub(crate) struct Learned {
    /// The media type of a refusal. It may change once the operation is known.
    pub(crate) refusals: MediaType,
    pub(crate) operation: Option<Rc<Operation>>,
}

/// Answers `/graphql`.
pub(crate) async fn graphql(
    isolate: &'static Isolate,
    incoming: &Incoming,
    context: &Context,
    asked: Asked<'_>,
    learned: &mut Learned,
) -> Result<web_sys::Response, EdgeError> {
    let Asked {
        accepted,
        method,
        path_id,
    } = asked;
    // The origin answers subscriptions, over WebSocket and as event streams.
    if method == Method::Get && incoming.asks_for_websocket() {
        return websocket::answer(isolate, incoming).await;
    }
    let accepted = accepted?;
    // read request
    let body = match method {
        Method::Get => None,
        Method::Post => Some(incoming.body().await?),
    };
    let header = |name| match method {
        Method::Get => None,
        Method::Post => incoming.header(name),
    };
    let request = GraphqlRequest::parse(HttpParts {
        method,
        path_id,
        query: incoming.query(),
        content_type: header("content-type").as_deref(),
        content_encoding: header("content-encoding").as_deref(),
        body: body.as_deref().unwrap_or_default(),
    })?;
    // document and policy
    let hash = request.document.hash();
    let came_ms = now_ms();
    let found = match documents::find(isolate, context, incoming, hash).await {
        // The origin did not say what the document is. It may still answer the request.
        Err(EdgeError::Origin(why)) if now_ms() < came_ms + FORWARD_WITHIN_MS => {
            warn(&format!("a document is not known here: {why}"));
            None
        }
        found => {
            let found = found?;
            if found.is_none() {
                documents::unpublished(&request.document)?;
            }
            found
        }
    };
    let Some(operation) = found else {
        // It may be a subscription.
        let timeout = match accepted.form(OperationKind::Subscription, method) {
            Ok(_) => Timeout::Never,
            Err(_) => Timeout::Usual,
        };
        return forward(isolate, incoming, body.as_deref(), timeout).await;
    };
    learned.operation = Some(Rc::clone(&operation));
    let form = accepted.form(operation.kind, method)?;
    learned.refusals = form.refusals();
    let media = match form {
        Form::Response(media) => media,
        Form::EventStream => {
            return forward(isolate, incoming, body.as_deref(), Timeout::Never).await;
        }
    };
    // canonical variables → key
    let reader = |near| {
        let asked = incoming.min_revision();
        let min_revision = isolate.replica.borrow_mut().admit_minimum(asked, now_ms());
        Reader {
            isolate,
            context,
            incoming,
            body: body.as_deref(),
            operation: &operation,
            media,
            min_revision,
            near,
            is_part: false,
        }
    };
    if let Some(split) = &operation.split {
        let variables = plan::variables(&request, &operation)?;
        return partly::answer(reader(None), split, &variables).await;
    }
    match plan::plan(&request, &operation)? {
        Plan::Forward => forward(isolate, incoming, body.as_deref(), Timeout::Usual).await,
        Plan::Read(read) => {
            let reader = reader(None);
            let answered = shared(isolate, context, Rc::new(read), &reader).await?;
            reader.response(answered).await
        }
        Plan::Nearest(read) => {
            let near = Near {
                asked: read.asked,
                largest: None,
            };
            let mut reader = reader(Some(near));
            let answered = from_cells(isolate, context, read, &mut reader).await?;
            reader.response(answered).await
        }
    }
}

/// Answers a list by distance from the candidates of the location's cells, the largest first; the origin has to
/// if they are not enough.
pub(crate) async fn from_cells(
    isolate: &'static Isolate,
    context: &Context,
    mut read: NearestRead,
    reader: &mut Reader<'_>,
) -> Result<Answered, EdgeError> {
    for resolution in RESOLUTIONS {
        let Some(candidates) = read.candidates(resolution) else {
            break;
        };
        match shared(isolate, context, Rc::new(candidates), reader).await? {
            Answered::NotCertain(ready) => {
                if let Some(near) = &mut reader.near {
                    near.largest.get_or_insert(ready);
                }
            }
            done @ (Answered::Sent(_) | Answered::Part(_)) => return Ok(done),
            Answered::ByOrigin => break,
        }
    }
    Ok(Answered::ByOrigin)
}

async fn forward(
    isolate: &Isolate,
    incoming: &Incoming,
    body: Option<&[u8]>,
    timeout: Timeout,
) -> Result<web_sys::Response, EdgeError> {
    let response = respond::forwarded(origin::forward(isolate, incoming, body, timeout).await?)?;
    respond::revalidate(&response)?;
    Ok(response)
}

/// The newest entry that was found but may only be served if the origin fails, where, and why.
struct Candidate {
    ready: Ready,
    tier: Tier,
    why: FetchReason,
}

/// What became of a shared read.
pub(crate) enum Answered {
    Sent(web_sys::Response),
    /// It was read as the part of a document.
    Part(Part),
    /// Items that are not among these candidates could belong to the list.
    NotCertain(Ready),
    /// The origin has to answer the client's own request.
    ByOrigin,
}

/// The shared part of a document's answer.
pub(crate) struct Part {
    pub(crate) body: Uint8Array,
    pub(crate) cache_status: String,
}

/// The list by distance that a client asks for.
pub(crate) struct Near {
    pub(crate) asked: AskedList,
    /// The candidates of the largest cell of the location, once they were not enough.
    pub(crate) largest: Option<Ready>,
}

/// A client's request for a shared read.
pub(crate) struct Reader<'a> {
    pub(crate) isolate: &'static Isolate,
    pub(crate) context: &'a Context,
    pub(crate) incoming: &'a Incoming,
    body: Option<&'a [u8]>,
    operation: &'a Operation,
    pub(crate) media: MediaType,
    min_revision: Option<Revision>,
    near: Option<Near>,
    /// Whether what is read is the public part of a document that is partly private.
    is_part: bool,
}

impl<'a> Reader<'a> {
    /// The same request, to read a part of its document.
    pub(crate) fn for_part(&self, near: Option<Near>) -> Reader<'a> {
        Reader {
            near,
            is_part: true,
            ..*self
        }
    }

    /// The answer to this client.
    fn serve(&self, ready: &Ready, served: Served) -> Result<Answered, EdgeError> {
        match (&ready.body, &self.near) {
            (Body::Whole(body), _) => self.send(&ready.head, ready.head.content, body, served),
            (Body::Candidates(list), Some(near)) => {
                let largest = near.largest.as_ref();
                let Some(page) = list.page(&near.asked, largest.and_then(Ready::candidates)) else {
                    return Ok(Answered::NotCertain(ready.clone()));
                };
                let older = largest.filter(|largest| largest.head.born_ms < ready.head.born_ms);
                let head = &older.unwrap_or(ready).head;
                let body = Uint8Array::from(page.body.as_slice());
                self.send(head, page.content, &body, served)
            }
            (Body::Candidates(_), None) => Ok(Answered::ByOrigin),
        }
    }

    fn send(
        &self,
        head: &EntryHead,
        content: ContentHash,
        body: &Uint8Array,
        served: Served,
    ) -> Result<Answered, EdgeError> {
        let now_ms = now_ms();
        self.count(served.counted_as(), Some(head.age_ms(now_ms)), now_ms);
        if self.is_part {
            return Ok(Answered::Part(Part {
                body: body.clone(),
                cache_status: served.cache_status(head, now_ms),
            }));
        }
        let if_none_match = self.incoming.if_none_match();
        let answer = respond::Shared {
            head,
            content,
            body,
        };
        let response = respond::read(
            &answer,
            served,
            now_ms,
            self.media,
            if_none_match.as_deref(),
        )?;
        Ok(Answered::Sent(response))
    }

    /// What was answered; if that is nothing, the origin's answer.
    async fn response(&self, answered: Answered) -> Result<web_sys::Response, EdgeError> {
        match answered {
            Answered::Sent(response) => Ok(response),
            Answered::NotCertain(_) | Answered::ByOrigin | Answered::Part(_) => {
                self.forward().await
            }
        }
    }

    /// Sends the origin the client's own request.
    pub(crate) async fn forward(&self) -> Result<web_sys::Response, EdgeError> {
        forward(self.isolate, self.incoming, self.body, Timeout::Usual).await
    }

    /// Notes what became of the request. `age_ms` is the age of an entry's answer.
    fn count(&self, key: (Counted, Source), age_ms: Option<u64>, now_ms: u64) {
        let request = Request {
            operation: self.operation,
            incoming: self.incoming,
            key,
            age_ms,
        };
        tally::count(self.isolate, self.context, &request, now_ms);
    }
}

/// Answers a query whose answer is the same for everybody.
pub(crate) async fn shared(
    isolate: &'static Isolate,
    context: &Context,
    read: Rc<SharedRead>,
    reader: &Reader<'_>,
) -> Result<Answered, EdgeError> {
    let came = isolate.flights.next_number();
    let waits = &reader.incoming.waits;
    isolate.warming.borrow_mut().saw(&read);
    feed::follow(isolate, context, reader.min_revision, waits).await;
    let mut candidate: Option<Candidate> = None;
    // Memory again after KV: another request may have filled it in the meantime.
    for tier in [Tier::Memory, Tier::Kv, Tier::Memory] {
        let Some(ready) = look_up(isolate, tier, &read.key, waits).await else {
            continue;
        };
        match verdict(isolate, &ready, reader.min_revision, waits).await {
            Verdict::Serve { .. } => {
                return reader.serve(&ready, Served::Hit { tier });
            }
            Verdict::ServeAndRefresh { .. } => {
                let _for_the_next_request = begin_fill(isolate, context, &read, reader);
                return reader.serve(&ready, Served::Stale { tier });
            }
            Verdict::Fetch { why, .. } => {
                if candidate
                    .as_ref()
                    .is_none_or(|known| ready.head.is_newer_than(&known.ready.head))
                {
                    candidate = Some(Candidate { ready, tier, why });
                }
            }
        }
    }
    let errand = if isolate.flights.is_under_way(&read.key) {
        Errand::Join
    } else {
        Errand::Fill
    };
    if let Err(refusal) = isolate.limiter.admit(reader.incoming, errand).await {
        return match &candidate {
            Some(Candidate { ready, tier, .. })
                if stands_in(isolate, ready, reader.min_revision) =>
            {
                let tier = *tier;
                reader.serve(ready, Served::InsteadOfRefusal { tier })
            }
            Some(_) | None => {
                reader.count(LIMITED, None, now_ms());
                Err(refusal.into())
            }
        };
    }
    let (fetched, collapsed) = fill(isolate, context, &read, came, reader).await;
    // KV was not waited for, since the origin was to answer.
    if fetched.failure().is_some() && candidate.is_none() && waits.are_over() {
        let tier = Tier::Kv;
        let ready = look_up(isolate, tier, &read.key, &Waits::default()).await;
        candidate = ready.map(|ready| Candidate {
            ready,
            tier,
            why: FetchReason::Distrust,
        });
    }
    answer_fetched(isolate, reader, candidate.as_ref(), fetched, collapsed)
}

/// Answers with what a fetch brought, or with the stored answer if the fetch failed. `collapsed`: the
/// request had joined another one's fetch.
fn answer_fetched(
    isolate: &Isolate,
    reader: &Reader<'_>,
    candidate: Option<&Candidate>,
    fetched: Fetched,
    collapsed: bool,
) -> Result<Answered, EdgeError> {
    // Judged again: a purge may have arrived while the origin was failing.
    if let (Some(why), Some(candidate)) = (fetched.failure(), candidate)
        && stands_in(isolate, &candidate.ready, reader.min_revision)
    {
        warn(&format!(
            "serving a stored answer because the origin failed: {why}"
        ));
        let tier = candidate.tier;
        let served = Served::InsteadOfError { tier };
        return reader.serve(&candidate.ready, served);
    }
    let reason = candidate.map_or(ForwardReason::UriMiss, |candidate| {
        candidate.why.forward_reason()
    });
    let detail = candidate.map(|candidate| candidate.why.as_str());
    match fetched {
        Fetched::Shared(ready) => {
            let served = Served::Fetched {
                reason,
                detail,
                stored: true,
                collapsed,
            };
            reader.serve(&ready, served)
        }
        // It is for nobody, or it is a refusal of what the client did not ask for.
        Fetched::Unshared(answer) if !answer.has_failed && reader.near.is_some() => {
            reader.count(UNSHARED, None, now_ms());
            Ok(Answered::ByOrigin)
        }
        // A refusal: the origin was asked as nobody. The client reads it in its own language.
        Fetched::Unshared(answer)
            if !answer.has_failed
                && !reader.is_part
                && reader.incoming.header("accept-language").is_some() =>
        {
            reader.count(UNSHARED, None, now_ms());
            Ok(Answered::ByOrigin)
        }
        Fetched::Unshared(answer) => {
            reader.count(UNSHARED, None, now_ms());
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
            if reader.is_part {
                let is_whole = answer.status == 200 && !answer.has_failed;
                return Ok(if is_whole {
                    Answered::Part(Part {
                        body: answer.body,
                        cache_status: status_header,
                    })
                } else {
                    Answered::ByOrigin
                });
            }
            let response = respond::unshared(&answer, &status_header, reader.media)?;
            Ok(Answered::Sent(response))
        }
        Fetched::Failed(why) => {
            reader.count(FAILED, None, now_ms());
            Err(EdgeError::Origin(why.to_string()))
        }
    }
}

fn warn(text: &str) {
    web_sys::console::warn_1(&JsValue::from_str(text));
}

fn stands_in(isolate: &Isolate, ready: &Ready, min_revision: Option<Revision>) -> bool {
    may_stand_in(
        &ready.head,
        ready.current_at_ms,
        &isolate.replica.borrow(),
        now_ms(),
        min_revision,
    )
}

pub(crate) async fn look_up(
    isolate: &Isolate,
    tier: Tier,
    key: &CacheKey,
    waits: &Waits,
) -> Option<Ready> {
    match tier {
        Tier::Memory => isolate.memory.borrow_mut().get(key),
        Tier::Kv => match isolate.kv.answer(key, waits).await {
            Ok(Held::Absent | Held::NotAsked) => None,
            Ok(Held::Wrong(wrong)) => {
                // It counts as a miss; the origin's answer replaces it.
                warn(&format!("KV holds something else under a key: {wrong}"));
                isolate.reports.failed(Kind::KvRead, &wrong.to_string());
                None
            }
            Ok(Held::Answer(ready)) => {
                isolate.memory.borrow_mut().put(*key, ready.clone());
                Some(ready)
            }
            Err(error) => {
                // A failure of KV counts as a miss.
                warn(&format!("cannot read KV: {error}"));
                isolate.reports.failed(Kind::KvRead, &error.to_string());
                None
            }
        },
    }
}

/// The verdict on an entry, by the isolate's copy of the log as it is.
fn judged(isolate: &Isolate, ready: &Ready, min_revision: Option<Revision>) -> Verdict {
    judge(
        &ready.head,
        ready.current_at_ms,
        &isolate.replica.borrow(),
        now_ms(),
        min_revision,
    )
}

/// The verdict on an entry; reads older pages of the log if they are needed to judge it.
pub(crate) async fn verdict(
    isolate: &Isolate,
    ready: &Ready,
    min_revision: Option<Revision>,
    waits: &Waits,
) -> Verdict {
    let first = judged(isolate, ready, min_revision);
    let Verdict::Fetch {
        why: FetchReason::Invalid(InvalidReason::BeforeHorizon),
        ..
    } = &first
    else {
        return first;
    };
    feed::reach_back(isolate, &ready.head.as_of, waits).await;
    judged(isolate, ready, min_revision)
}

/// Joins the fetch of this key that is in progress, or begins one.
fn begin_fill(
    isolate: &'static Isolate,
    context: &Context,
    read: &Rc<SharedRead>,
    reader: &Reader<'_>,
) -> Ticket<Fetched> {
    let minimum = minimum_for_origin(isolate, reader.min_revision);
    let trace = trace::of(isolate, reader.incoming);
    begin_fetch(isolate, context, read, move |read| async move {
        origin::read(isolate, &read, minimum, trace.as_ref(), Purpose::Read).await
    })
}

/// Joins the fetch of this key that is in progress, or begins one; what it brings is stored.
pub(crate) fn begin_fetch<F>(
    isolate: &'static Isolate,
    context: &Context,
    read: &Rc<SharedRead>,
    fetch: impl FnOnce(Rc<SharedRead>) -> F,
) -> Ticket<Fetched>
where
    F: Future<Output = Fetched> + 'static,
{
    let key = read.key;
    let flight = || {
        let fetching = fetch(Rc::clone(read));
        async move {
            let fetched = fetching.await;
            if let Fetched::Shared(ready) = &fetched {
                isolate.memory.borrow_mut().put(key, ready.clone());
            }
            fetched
        }
    };
    isolate
        .flights
        .board(key, context, flight, move |fetched| async move {
            if let Fetched::Shared(ready) = fetched {
                store(isolate, key, &ready).await;
            }
        })
}

/// The minimum revision that the origin's answer must contain. The origin needs to be told: its own
/// copy of the log may be older than what this isolate has learned.
fn minimum_for_origin(isolate: &Isolate, min_revision: Option<Revision>) -> Option<Revision> {
    min_revision.max(isolate.replica.borrow().learned(now_ms()))
}

/// Writes an answer to KV, unless it was purged in the meantime or its key was just written.
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
        warn(&format!("cannot write to KV: {error}"));
        isolate.reports.failed(Kind::KvWrite, &error.to_string());
    }
}

/// Fetches from the origin, together with other requests for the same key; returns whether another
/// request began the fetch.
///
/// A fetch that began before this request may return an answer that was purged in between. So its
/// result is judged like a stored entry; if it may not be served, one more fetch serves all that had
/// joined.
async fn fill(
    isolate: &'static Isolate,
    context: &Context,
    read: &Rc<SharedRead>,
    came: FlightNumber,
    reader: &Reader<'_>,
) -> (Fetched, bool) {
    let min_revision = reader.min_revision;
    for _ in 0..2 {
        let ticket = begin_fill(isolate, context, read, reader);
        let joined = ticket.boarding == Boarding::Joined;
        let began_later = ticket.number() >= came;
        let Some(fetched) = ticket.landed().await else {
            break;
        };
        // The request that began the fetch may demand a smaller revision than this one. A failure is
        // shared in any case.
        let failed = matches!(fetched, Fetched::Failed(_));
        let sees_enough = began_later && (failed || !joined || min_revision.is_none());
        if sees_enough || may_be_shared(isolate, &fetched, min_revision) {
            return (fetched, joined);
        }
    }
    // The platform ended the fetch, or neither result could be used: fetches for this request alone.
    let minimum = minimum_for_origin(isolate, min_revision);
    let trace = trace::of(isolate, reader.incoming);
    let fetched = origin::read(isolate, read, minimum, trace.as_ref(), Purpose::Read).await;
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
