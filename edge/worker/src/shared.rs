//! Answers a query whose answer is the same for everybody: from memory, KV, or the origin.

use std::rc::Rc;

use cache_core::cache_status::Outcome;
use cache_core::{CacheKey, CacheStatus, ForwardReason, InvalidReason, Revision, Validity};
use edge_core::answer::{Served, Tier};
use edge_core::judge::{FetchReason, Verdict, judge, may_stand_in};
use edge_core::limit::Errand;
use edge_core::plan::SharedRead;
use edge_core::report::Kind;
use edge_core::tally::{Outcome as Counted, Source};
use worker::Context;

use crate::clock::now_ms;
use crate::coalesce::{Boarding, FlightNumber, Ticket};
use crate::error::EdgeError;
use crate::isolate::Isolate;
use crate::kv::Held;
use crate::memory::Ready;
use crate::origin::fetched::Fetched;
use crate::origin::{self, Purpose};
use crate::reader::{Answered, Reader};
use crate::waits::Waits;
use crate::{console, feed, respond, trace};

/// The shortest interval between writes of a key to KV, which accepts one per second, in
/// milliseconds.
const KV_WRITE_EVERY_MS: u64 = 1_000;
/// An answer that may not be stored.
const UNSHARED: (Counted, Source) = (Counted::Unshared, Source::Origin);
const FAILED: (Counted, Source) = (Counted::Failed, Source::None);
const LIMITED: (Counted, Source) = (Counted::Limited, Source::None);

/// The newest entry that was found but may only be served if the origin fails, where, and why.
struct Candidate {
    ready: Ready,
    tier: Tier,
    why: FetchReason,
}

/// Answers a query whose answer is the same for everybody.
pub(crate) async fn shared(
    read: Rc<SharedRead>,
    reader: &Reader<'_>,
) -> Result<Answered, EdgeError> {
    let isolate = reader.isolate;
    let came = isolate.flights.next_number();
    let waits = &reader.incoming.waits;
    isolate.warming.borrow_mut().saw(&read);
    feed::follow(isolate, reader.context, reader.min_revision, waits).await;
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
                let _for_the_next_request = begin_fill(&read, reader);
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
    let (fetched, collapsed) = fill(&read, came, reader).await;
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
    answer_fetched(reader, candidate.as_ref(), fetched, collapsed)
}

/// Answers with what a fetch brought, or with the stored answer if the fetch failed. `collapsed`: the
/// request had joined another one's fetch.
fn answer_fetched(
    reader: &Reader<'_>,
    candidate: Option<&Candidate>,
    fetched: Fetched,
    collapsed: bool,
) -> Result<Answered, EdgeError> {
    // Judged again: a purge may have arrived while the origin was failing.
    if let (Some(why), Some(candidate)) = (fetched.failure(), candidate)
        && stands_in(reader.isolate, &candidate.ready, reader.min_revision)
    {
        console::warn(&format!(
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
        Fetched::Unshared(answer)
            if reader.is_part || (!answer.has_failed && reader.near.is_some()) =>
        {
            reader.count(UNSHARED, None, now_ms());
            Ok(Answered::ByOrigin)
        }
        // A refusal: the origin was asked as nobody. The client reads it in its own language.
        Fetched::Unshared(answer)
            if !answer.has_failed && reader.incoming.header("accept-language").is_some() =>
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
            let response = respond::unshared(&answer, &status_header, reader.media)?;
            Ok(Answered::Sent(response))
        }
        Fetched::Failed(why) => {
            reader.count(FAILED, None, now_ms());
            Err(EdgeError::Origin(why.to_string()))
        }
    }
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
                console::warn(&format!("KV holds something else under a key: {wrong}"));
                isolate.reports.failed(Kind::KvRead, &wrong.to_string());
                None
            }
            Ok(Held::Answer(ready)) => {
                isolate.memory.borrow_mut().put(*key, ready.clone());
                Some(ready)
            }
            Err(error) => {
                // A failure of KV counts as a miss.
                console::warn(&format!("cannot read KV: {error}"));
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
fn begin_fill(read: &Rc<SharedRead>, reader: &Reader<'_>) -> Ticket<Fetched> {
    let isolate = reader.isolate;
    let minimum = minimum_for_origin(isolate, reader.min_revision);
    let trace = trace::of(isolate, reader.incoming);
    begin_fetch(isolate, reader.context, read, move |read| async move {
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
        console::warn(&format!("cannot write to KV: {error}"));
        isolate.reports.failed(Kind::KvWrite, &error.to_string());
    }
}

/// Fetches from the origin, together with other requests for the same key; returns whether another
/// request began the fetch.
///
/// A fetch that began before this request may return an answer that was purged in between. So its
/// result is judged like a stored entry; if it may not be served, one more fetch serves all that had
/// joined.
async fn fill(read: &Rc<SharedRead>, came: FlightNumber, reader: &Reader<'_>) -> (Fetched, bool) {
    let (isolate, min_revision) = (reader.isolate, reader.min_revision);
    for _ in 0..2 {
        let ticket = begin_fill(read, reader);
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
