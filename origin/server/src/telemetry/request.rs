//! What is told of one GraphQL request: its span in traces, its fields in log lines, its duration and
//! outcome in metrics.

use std::{
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use api::documents::Document;
use axum::response::Response;
use edge_core::{header as edge_header, trace::Told};
use http::HeaderMap;
use opentelemetry::{
    KeyValue,
    trace::{
        Span as _, SpanBuilder, SpanId, SpanKind, Status, TraceContextExt as _, TraceId,
        Tracer as _,
    },
};
use pq_core::{ErrorCode, manifest::OperationKind};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::{
    TelemetryConfig,
    parent::Parent,
    traces::{self, below},
};

/// The target of the span of a request that is traced.
pub(super) const ROOT: &str = "traced::request";
/// How many requests a second are traced because their sender says so, who could be anybody.
const DEMANDED_PER_S: u64 = 20;
/// As many as the edge may demand.
const DEMANDED_BY_EDGE_PER_S: u64 = 200;
/// A request that takes longer is logged.
const SLOW: Duration = Duration::from_millis(500);
/// How many characters of a client's name are logged.
const NAME_CHARS: usize = 40;
/// Who sends a request, in the headers of GraphQL clients.
const CLIENT_NAMES: [&str; 2] = ["graphql-client-name", "apollographql-client-name"];

/// What became of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Outcome {
    /// It has its answer, without errors.
    #[default]
    Ok,
    /// A rule says no, to all of it or to a field: the client can do something about it.
    Refused,
    /// Its client has gone, or did not send it in time.
    Abandoned,
    /// It failed on our side, all of it or a field.
    Failed,
}

impl Outcome {
    /// By their numbers.
    pub const ALL: [Self; 4] = [Self::Ok, Self::Refused, Self::Abandoned, Self::Failed];

    /// The name in metrics, traces and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Abandoned => "abandoned",
            Self::Failed => "failed",
        }
    }

    /// What a request with this HTTP status became.
    pub const fn of_status(status: u16) -> Self {
        match status {
            500.. => Self::Failed,
            400.. => Self::Refused,
            _ => Self::Ok,
        }
    }

    fn from_number(number: u8) -> Self {
        let outcome = Self::ALL.get(usize::from(number));
        outcome.copied().unwrap_or_default()
    }
}

/// Decides which requests are traced.
#[derive(Debug)]
pub struct Tracing {
    is_on: bool,
    /// A random number below this is traced.
    below: u64,
    begun: AtomicU64,
    demanded: Budget,
    demanded_by_edge: Budget,
    began: Instant,
}

/// The second, and how many were traced in it because their sender said so.
#[derive(Debug, Default)]
struct Budget(AtomicU64);

impl Budget {
    fn takes(&self, second: u64, at_most: u64) -> bool {
        let second = second << 32;
        let counted = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |before| {
                let count = before.max(second);
                (count - second < at_most).then_some(count + 1)
            });
        counted.is_ok()
    }
}

impl Tracing {
    pub fn new(config: &TelemetryConfig) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a share from 0 to 1; its last digits do not matter"
        )]
        let below = (config.traced_share.clamp(0.0, 1.0) * u64::MAX as f64) as u64;
        Self {
            is_on: config.exports_traces,
            below,
            begun: AtomicU64::new(0),
            demanded: Budget::default(),
            demanded_by_edge: Budget::default(),
            began: Instant::now(),
        }
    }

    fn samples(&self, parent: Option<&Parent>, is_edge: bool) -> bool {
        if !self.is_on {
            return false;
        }
        match parent {
            Some(parent) if parent.is_sampled => {
                let second = self.began.elapsed().as_secs();
                if is_edge {
                    self.demanded_by_edge.takes(second, DEMANDED_BY_EDGE_PER_S)
                } else {
                    self.demanded.takes(second, DEMANDED_PER_S)
                }
            }
            // The sender that began the trace does not want it sampled.
            Some(_) => false,
            None => mixed(self.begun.fetch_add(1, Ordering::Relaxed)) < self.below,
        }
    }
}

/// `SplitMix64`: spreads numbers that follow each other.
const fn mixed(number: u64) -> u64 {
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// What is known of a request while it is answered.
#[derive(Debug)]
pub struct Tracked {
    began: Instant,
    is_on: bool,
    parent: Option<Parent>,
    /// The span that the edge has for this request, if the edge proves that it sends it.
    edge: Option<Told>,
    /// Disabled unless the request is traced.
    root: Span,
    /// Whose fields every log line of the request has; hits do without.
    logged: OnceLock<Span>,
    document: OnceLock<Arc<Document>>,
    outcome: AtomicU8,
    codes: Mutex<Vec<&'static str>>,
    was_read: AtomicBool,
}

impl Tracked {
    /// Begins one; `is_edge` tells whether the edge proves that it sends it.
    pub fn begin(tracing: &Tracing, headers: &HeaderMap, is_edge: impl Fn() -> bool) -> Self {
        let parent = Parent::of(headers);
        // Costs a signature, and is asked for nothing else.
        let is_edge = tracing.is_on && parent.is_some_and(|parent| parent.is_sampled) && is_edge();
        let root = if tracing.samples(parent.as_ref(), is_edge) {
            begin_root(parent.as_ref())
        } else {
            Span::none()
        };
        Self {
            began: Instant::now(),
            is_on: tracing.is_on,
            parent,
            edge: is_edge.then(|| told_by_edge(headers)).flatten(),
            root,
            logged: OnceLock::new(),
            document: OnceLock::new(),
            outcome: AtomicU8::new(Outcome::Ok as u8),
            codes: Mutex::default(),
            was_read: AtomicBool::new(false),
        }
    }

    /// The span that the whole request is in; disabled unless it is traced.
    pub const fn root(&self) -> &Span {
        &self.root
    }

    /// The trace that the request is part of, if it is traced.
    pub fn trace(&self) -> Option<TraceId> {
        if self.root.is_disabled() {
            return None;
        }
        let trace = self.root.context().span().span_context().trace_id();
        (trace != TraceId::INVALID).then_some(trace)
    }

    /// Exports the span of the edge.
    fn export_edge(&self) {
        let (Some(told), Some(ours)) = (self.edge, self.parent) else {
            return;
        };
        let began = SystemTime::UNIX_EPOCH + Duration::from_millis(told.began_ms);
        let builder = SpanBuilder::from_name("edge")
            .with_kind(SpanKind::Server)
            .with_start_time(began.min(SystemTime::now()));
        let above = told.parent.map(|parent| Parent {
            span: SpanId::from_bytes(parent),
            ..ours
        });
        let context = above.as_ref().map(below).unwrap_or_default();
        let mut span = traces::with_ids((ours.trace, ours.span), || {
            traces::tracer().build_with_context(builder, &context)
        });
        span.end();
    }

    /// The span for everything that may be logged of the request.
    pub fn logged(&self, headers: &HeaderMap) -> Span {
        let begin = || {
            let trace = self.trace().or(self.parent.map(|parent| parent.trace));
            let span = tracing::info_span!(
                "request",
                trace_id = tracing::field::Empty,
                operation = tracing::field::Empty,
                client = client_in(headers),
            );
            if let Some(trace) = trace {
                span.record("trace_id", trace.to_string());
            }
            span
        };
        self.logged.get_or_init(begin).clone()
    }

    /// Notes which document is asked for.
    pub fn asks(&self, document: &Arc<Document>) {
        if let Some(logged) = self.logged.get() {
            logged.record("operation", document.operation.name.as_str());
        }
        let _same = self.document.set(Arc::clone(document));
    }

    pub fn document(&self) -> Option<&Arc<Document>> {
        self.document.get()
    }

    /// Notes that all of the request has arrived.
    pub fn is_read(&self) {
        self.was_read.store(true, Ordering::Relaxed);
    }

    pub fn was_read(&self) -> bool {
        self.was_read.load(Ordering::Relaxed)
    }

    /// Notes an error of the answer.
    pub fn erred(&self, code: ErrorCode) {
        self.became(Outcome::of_status(code.status()));
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        codes.push(code.as_str());
    }

    /// The codes of the answer's errors.
    pub fn codes(&self) -> Vec<&'static str> {
        let codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        codes.clone()
    }

    /// Notes what became of it; the worst counts.
    pub fn became(&self, outcome: Outcome) {
        self.outcome.fetch_max(outcome as u8, Ordering::Relaxed);
    }

    /// Ends the request: its span gets what its answer says, and is made now if it failed and was
    /// not traced. Without an answer its status is none. Returns what became of it and how long it took.
    pub fn end(&self, response: Option<&Response>) -> (Outcome, Duration) {
        let took = self.began.elapsed();
        if let Some(response) = response {
            // A client that did not send all of its request gets a status, too.
            let of_status = Outcome::of_status(response.status().as_u16());
            let is_abandoned = self.outcome.load(Ordering::Relaxed) == Outcome::Abandoned as u8;
            if !is_abandoned {
                self.became(of_status);
            }
            if response.headers().contains_key(edge_header::FAILED) {
                self.became(Outcome::Failed);
            }
        }
        let outcome = Outcome::from_number(self.outcome.load(Ordering::Relaxed));
        if !self.root.is_disabled() {
            self.export_edge();
            for KeyValue { key, value, .. } in self.attributes(outcome, response) {
                self.root.set_attribute(key, value);
            }
            if outcome == Outcome::Failed {
                self.root.set_status(Status::error(""));
            }
        } else if self.is_on && outcome == Outcome::Failed {
            self.export_alone(took, outcome, response);
        }
        if !self.root.is_disabled()
            || matches!(outcome, Outcome::Abandoned | Outcome::Failed)
            || took > SLOW
        {
            let status = response.map(|response| response.status().as_u16());
            let logged = self.logged.get().unwrap_or(&self.root);
            tracing::info!(
                parent: logged,
                status,
                outcome = outcome.as_str(),
                took_ms = took.as_secs_f64() * 1_000.0,
                "answered"
            );
        }
        (outcome, took)
    }

    /// Names of the semantic conventions for HTTP and GraphQL.
    fn attributes(&self, outcome: Outcome, response: Option<&Response>) -> Vec<KeyValue> {
        let mut attributes = vec![KeyValue::new("yousoon.outcome", outcome.as_str())];
        if let Some(response) = response {
            let status = i64::from(response.status().as_u16());
            attributes.push(KeyValue::new("http.response.status_code", status));
        }
        if let Some(document) = self.document() {
            let operation = &document.operation;
            attributes.extend([
                KeyValue::new("graphql.operation.name", operation.name.clone()),
                KeyValue::new("graphql.operation.type", kind(operation.kind)),
                KeyValue::new("graphql.document.hash", operation.id.to_string()),
            ]);
        }
        attributes
    }

    /// A request that was not traced, as one span.
    fn export_alone(&self, took: Duration, outcome: Outcome, response: Option<&Response>) {
        let ended = SystemTime::now();
        let builder = SpanBuilder::from_name("request")
            .with_kind(SpanKind::Server)
            .with_start_time(ended.checked_sub(took).unwrap_or(ended))
            .with_attributes(self.attributes(outcome, response));
        let parent = self.parent.as_ref().map(below).unwrap_or_default();
        let mut span = traces::tracer().build_with_context(builder, &parent);
        span.set_status(Status::error(""));
        span.end_with_timestamp(ended);
    }
}

fn told_by_edge(headers: &HeaderMap) -> Option<Told> {
    let told = headers.get(edge_header::SPAN)?.to_str().ok()?;
    edge_core::trace::told(told)
}

fn begin_root(parent: Option<&Parent>) -> Span {
    let root = tracing::trace_span!(
        target: ROOT,
        "request",
        otel.kind = "server",
    );
    if let Some(parent) = parent {
        let _or_off = root.set_parent(below(parent));
    }
    root
}

const fn kind(kind: OperationKind) -> &'static str {
    match kind {
        OperationKind::Query => "query",
        OperationKind::Mutation => "mutation",
        OperationKind::Subscription => "subscription",
    }
}

/// The name that a client gives itself, if it is a plain word.
fn client_in(headers: &HeaderMap) -> Option<&str> {
    let named = CLIENT_NAMES.iter().find_map(|name| headers.get(*name));
    let name = named?.to_str().ok()?;
    let is_plain =
        |character: char| character.is_ascii_alphanumeric() || "-_. ".contains(character);
    (name.chars().count() <= NAME_CHARS && name.chars().all(is_plain)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tracing(is_on: bool, traced_share: f64) -> Tracing {
        Tracing::new(&TelemetryConfig {
            exports_traces: is_on,
            traced_share,
            ..TelemetryConfig::default()
        })
    }

    fn sampled(tracing: &Tracing, parent: Option<&Parent>) -> usize {
        (0..10_000)
            .filter(|_| tracing.samples(parent, false))
            .count()
    }

    #[test]
    fn a_share_of_requests_is_traced_and_none_while_traces_are_off() {
        assert_eq!(sampled(&tracing(true, 1.0), None), 10_000);
        assert_eq!(sampled(&tracing(true, 0.0), None), 0);
        assert_eq!(sampled(&tracing(false, 1.0), None), 0);
        let hundredth = sampled(&tracing(true, 0.01), None);
        assert!((50..200).contains(&hundredth), "{hundredth}");
    }

    #[test]
    fn a_parent_decides_but_only_so_often() {
        let mut parent = Parent {
            trace: TraceId::from_bytes([1; 16]),
            span: SpanId::from_bytes([1; 8]),
            is_sampled: true,
        };
        let tracing = tracing(true, 0.0);
        let found = sampled(&tracing, Some(&parent));
        // The second may change meanwhile.
        assert!([20, 40].contains(&found), "{found}");
        let of_edge = (0..10_000).filter(|_| {
            let (tracing, parent) = (&tracing, Some(&parent));
            tracing.samples(parent, true)
        });
        assert!(
            [200, 400].contains(&of_edge.count()),
            "it has a budget of its own"
        );
        parent.is_sampled = false;
        let all = super::tests::tracing(true, 1.0);
        assert_eq!(sampled(&all, Some(&parent)), 0);
    }

    #[test]
    fn a_client_name_is_a_plain_word() {
        for (name, expected) in [
            ("ios", Some("ios")),
            ("yousoon-site 1.2", Some("yousoon-site 1.2")),
            ("a\"b", None),
            (&"x".repeat(41), None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("graphql-client-name", name.parse().unwrap());
            assert_eq!(client_in(&headers), expected);
        }
    }
}
