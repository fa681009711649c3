//! Turns cached answers into HTTP answers: headers, `Cache-Status` and 304.

use std::{fmt, io::Write as _, sync::Arc};

use access::caller::Asker;
use api::{
    execution::{
        cached::{self, PublicQuery, Purpose},
        executed::Unstored,
    },
    request::reader::Reader,
};
use axum::{body::Body, response::Response};
use cache_core::{CacheControl, CacheStatus, ForwardReason, Revision, cache_status::Outcome};
use cache_tiered::{Answer, Cached, Moment, PurgeFeed, Told, Warmed};
use domain::sentence::Language;
use edge_core::header as edge_header;
use http::{HeaderName, HeaderValue, StatusCode, header};
use pq_core::MediaType;

use super::answer::{self, set};
use crate::{state::AppState, telemetry::request::Tracked, warming::metrics::Cause};

/// This cache's name in `Cache-Status`.
pub const CACHE_NAME: &str = "yousoon-origin";
const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");
const SEEN_AGO: HeaderName = HeaderName::from_static(edge_header::SEEN_AGO);
const CACHE_TAG: HeaderName = HeaderName::from_static(edge_header::CACHE_TAG);
const FAILED: HeaderName = HeaderName::from_static(edge_header::FAILED);
const AS_OF: HeaderName = HeaderName::from_static(edge_header::AS_OF);

/// Capacity of the header map: enough for a cached answer's headers and those that layers add, so
/// that the map never grows.
const HEADERS: usize = 26;
/// Size of the stack buffer for header values that differ per answer; most of them fit.
const SHORT_BYTES: usize = 128;

/// What the client wants: the media type, the least revision, and its `If-None-Match`.
#[derive(Clone, Copy, Debug)]
pub struct AnswerOptions<'a> {
    /// Who reads the messages of an answer that is not cached; none if that is not known now.
    pub asker: Option<&'a Asker>,
    pub media: MediaType,
    pub minimum: Option<Revision>,
    pub if_none_match: Option<&'a str>,
    pub purpose: Purpose,
}

/// Answers a public document, if this server's memory has the answer.
pub fn hit(state: &AppState, query: &PublicQuery, options: AnswerOptions<'_>) -> Option<Response> {
    let given = cached::hit(&state.services, query)?;
    // What is cached has no messages.
    let language = Language::French;
    Some(respond(
        &state.services.caches.feed,
        given,
        options,
        language,
    ))
}

/// Answers a public document.
pub async fn answer(
    state: &AppState,
    query: &Arc<PublicQuery>,
    options: AnswerOptions<'_>,
    tracked: &Tracked,
) -> Response {
    let by = (&state.services, &state.schema);
    let given = cached::look_up(by, query, options.minimum, options.purpose).await;
    if options.purpose == Purpose::Warming {
        state.warming.count(Cause::Edge, warmed(&given));
    }
    if let Answer::Unshared { answer, .. } | Answer::Failed(answer) = &given {
        for code in answer.codes() {
            tracked.erred(code);
        }
    }
    let language = match (&given, options.asker) {
        (Answer::Unshared { .. } | Answer::Failed(_), Some(asker)) => {
            Reader::of(asker).language(&state.services).await
        }
        // What is cached has no messages.
        (Answer::Hit { .. } | Answer::Filled { .. } | Answer::Covered { .. }, _) | (_, None) => {
            Language::French
        }
    };
    respond(&state.services.caches.feed, given, options, language)
}

/// What became of an answer that an edge makes anew.
const fn warmed<U>(given: &Answer<U>) -> Warmed {
    match given {
        Answer::Hit { .. } => Warmed::Found,
        Answer::Filled { .. } => Warmed::Filled,
        Answer::Unshared { .. } => Warmed::Unshared,
        Answer::Covered { .. } | Answer::Failed(_) => Warmed::Failed,
    }
}

fn respond(
    feed: &PurgeFeed,
    given: Answer<Arc<Unstored>>,
    options: AnswerOptions<'_>,
    language: Language,
) -> Response {
    let now = feed.clock().now();
    let now_ms = now.wall_ms;
    let forwarded =
        |reason: Option<&cache_core::FetchReason>, stored, collapsed| Outcome::Forward {
            reason: reason.map_or(
                ForwardReason::UriMiss,
                cache_core::FetchReason::forward_reason,
            ),
            stored,
            collapsed,
        };
    match given {
        Answer::Hit { entry, tier, .. } => {
            let outcome = Outcome::Hit {
                ttl_s: ttl_s(&entry, now_ms),
            };
            cached_entry(
                feed,
                &entry,
                status(outcome, Some(tier.as_str())),
                options,
                now,
            )
        }
        Answer::Filled {
            entry,
            instead_of,
            collapsed,
        } => {
            let outcome = forwarded(instead_of.as_ref(), true, collapsed);
            let detail = instead_of.as_ref().map(cache_core::FetchReason::as_str);
            cached_entry(feed, &entry, status(outcome, detail), options, now)
        }
        Answer::Covered { entry } => {
            let outcome = Outcome::Hit {
                ttl_s: ttl_s(&entry, now_ms),
            };
            let mut response = cached_entry(
                feed,
                &entry,
                status(outcome, Some("stale-if-error")),
                options,
                now,
            );
            // Only for this client: the edge falls back on its own stale copy.
            set(
                &mut response,
                header::CACHE_CONTROL,
                &CacheControl::NoStore.to_string(),
            );
            response
        }
        Answer::Unshared {
            answer,
            instead_of,
            collapsed,
        } => {
            let outcome = forwarded(instead_of.as_ref(), false, collapsed);
            let detail = instead_of.as_ref().map(cache_core::FetchReason::as_str);
            let mut response = unstored(&answer, options.media, language);
            if let Some(value) = status(outcome, detail) {
                response.headers_mut().insert(CACHE_STATUS, value);
            }
            response
        }
        Answer::Failed(answer) => {
            let mut response = unstored(&answer, options.media, language);
            response
                .headers_mut()
                .insert(FAILED, HeaderValue::from_static("1"));
            response
        }
    }
}

fn status(outcome: Outcome, detail: Option<&str>) -> Option<HeaderValue> {
    let status = CacheStatus {
        cache: CACHE_NAME,
        outcome,
        detail,
    };
    written(format_args!("{status}"))
}

/// The entry's remaining freshness in seconds; negative when it is stale.
fn ttl_s(entry: &Cached, now_ms: u64) -> i64 {
    let age_s = entry.head.age_ms(now_ms) / 1_000;
    i64::from(entry.head.lifetime.max_age_s) - i64::try_from(age_s).unwrap_or(i64::MAX)
}

fn unstored(answer: &Unstored, media: MediaType, language: Language) -> Response {
    match answer {
        Unstored::Executed(executed) => answer::executed(executed, media, language),
        Unstored::Store(error) => answer::internal(error, media),
        Unstored::TimedOut => answer::timed_out(media),
    }
}

/// Answers with a cached entry, or with 304 and no body if the client already has it.
fn cached_entry(
    feed: &PurgeFeed,
    entry: &Cached,
    cache_status: Option<HeaderValue>,
    options: AnswerOptions<'_>,
    now: Moment,
) -> Response {
    let content = entry.head.content;
    let unchanged = options
        .if_none_match
        .is_some_and(|known| content.matches(known));
    let mut response = if unchanged {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        Response::new(Body::from(entry.body.clone()))
    };
    let formatted = entry.headers();
    let headers = response.headers_mut();
    headers.reserve(HEADERS);
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(options.media.content_type()),
    );
    headers.insert(header::CACHE_CONTROL, formatted.cache_control.clone());
    headers.insert(header::VARY, HeaderValue::from_static("accept"));
    headers.insert(header::ETAG, formatted.etag.clone());
    // Rounded up, so that a cache that computes freshness from this age never exceeds its bound.
    let age_s = entry.head.age_ms(now.wall_ms).div_ceil(1_000);
    headers.insert(header::AGE, age_s.into());
    let Told { seen_ago_ms, as_of } = feed.told_of(entry, now.steady_ms);
    if seen_ago_ms != u64::MAX {
        headers.insert(SEEN_AGO, seen_ago_ms.into());
    }
    headers.insert(CACHE_TAG, formatted.tags.clone());
    // The revision at which the entry was last found valid, which may be later than the one it was
    // read at: the edge can then keep it longer.
    if let Some(value) = written(format_args!("{}:{}", formatted.log, as_of.revision)) {
        headers.insert(AS_OF, value);
    }
    if let Some(value) = cache_status {
        headers.insert(CACHE_STATUS, value);
    }
    response
}

/// Formats a header value, on the stack if it fits [`SHORT_BYTES`].
fn written(text: fmt::Arguments<'_>) -> Option<HeaderValue> {
    let mut buffer = [0; SHORT_BYTES];
    let mut rest = &mut buffer[..];
    if rest.write_fmt(text).is_err() {
        return HeaderValue::try_from(text.to_string()).ok();
    }
    let length = SHORT_BYTES - rest.len();
    HeaderValue::from_bytes(&buffer[..length]).ok()
}
