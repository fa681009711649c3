//! How long requests took, what became of them, and how large their answers were.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime},
};

use axum::{body::HttpBody as _, response::Response};
use opentelemetry::trace::TraceId;
use pq_core::DocumentHash;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric},
    metrics::{
        MetricType, counter::Counter, exemplar::HistogramWithExemplars, family::Family,
        gauge::ConstGauge, histogram::Histogram,
    },
    registry::{Registry, Unit},
};

use crate::telemetry::request::{Outcome, Tracked};

/// The operation of documents that are not published, and of requests that name none.
const OTHERS: &str = "others";
/// In seconds. The objective is 50 ms; a hit takes less than one.
const DURATIONS_S: [f64; 11] = [
    0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];
/// In bytes.
const SIZES: [f64; 7] = [
    256.0,
    1_024.0,
    4_096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    operation: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Operation {
    operation: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ErrorLabels {
    operation: String,
    code: &'static str,
}

/// The trace that a measured value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Trace {
    trace_id: String,
}

type Durations = HistogramWithExemplars<Trace>;

/// The metrics of one operation: looking them up by their labels would cost each hit.
#[derive(Debug)]
struct OfOperation {
    name: String,
    durations: [Durations; Outcome::ALL.len()],
    sizes: Histogram,
}

/// The metrics of all requests.
#[derive(Debug)]
pub struct Requests {
    durations: Family<Labels, Durations, fn() -> Durations>,
    sizes: Family<Operation, Histogram, fn() -> Histogram>,
    errors: Family<ErrorLabels, Counter>,
    of_published: RwLock<HashMap<DocumentHash, Arc<OfOperation>>>,
    of_others: Arc<OfOperation>,
    in_flight: Arc<AtomicI64>,
}

impl Default for Requests {
    fn default() -> Self {
        let durations: Family<Labels, Durations, fn() -> Durations> =
            Family::new_with_constructor(|| Durations::new(DURATIONS_S.into_iter()));
        let sizes: Family<Operation, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(SIZES));
        Self {
            of_others: Arc::new(OfOperation::of(&durations, &sizes, OTHERS)),
            durations,
            sizes,
            errors: Family::default(),
            of_published: RwLock::default(),
            in_flight: Arc::default(),
        }
    }
}

impl OfOperation {
    fn of(
        durations: &Family<Labels, Durations, fn() -> Durations>,
        sizes: &Family<Operation, Histogram, fn() -> Histogram>,
        operation: &str,
    ) -> Self {
        Self {
            name: operation.to_owned(),
            durations: Outcome::ALL.map(|outcome| {
                durations.get_or_create_owned(&Labels {
                    operation: operation.to_owned(),
                    outcome: outcome.as_str(),
                })
            }),
            sizes: sizes.get_or_create_owned(&Operation {
                operation: operation.to_owned(),
            }),
        }
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub struct InFlight(Arc<AtomicI64>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Requests {
    /// Counts a request until the result is dropped.
    pub fn begin(&self) -> InFlight {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(Arc::clone(&self.in_flight))
    }

    /// Notes an answer. `is_published` tells whether a document is published: only then its name is
    /// one of few.
    pub fn answered(
        &self,
        tracked: &Tracked,
        response: &Response,
        (outcome, took): (Outcome, Duration),
        is_published: impl Fn(DocumentHash) -> bool,
    ) {
        let of_operation = self.of(tracked, is_published);
        let trace = tracked.trace();
        let exemplar = trace.map(|trace: TraceId| Trace {
            trace_id: trace.to_string(),
        });
        let at = exemplar.is_some().then(SystemTime::now);
        of_operation.durations[outcome as usize].observe(took.as_secs_f64(), exemplar, at);
        for code in tracked.codes() {
            let operation = of_operation.name.clone();
            self.errors
                .get_or_create(&ErrorLabels { operation, code })
                .inc();
        }
        // The size of a stream is not known.
        if let Some(bytes) = response.body().size_hint().exact() {
            #[expect(clippy::cast_precision_loss, reason = "an answer is far smaller")]
            of_operation.sizes.observe(bytes as f64);
        }
    }

    fn of(
        &self,
        tracked: &Tracked,
        is_published: impl Fn(DocumentHash) -> bool,
    ) -> Arc<OfOperation> {
        let Some(document) = tracked.document() else {
            return Arc::clone(&self.of_others);
        };
        let hash = document.operation.id;
        let known = self
            .of_published
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(&hash) {
            return Arc::clone(known);
        }
        drop(known);
        if !is_published(hash) {
            return Arc::clone(&self.of_others);
        }
        let name = &document.operation.name;
        let new = Arc::new(OfOperation::of(&self.durations, &self.sizes, name));
        let mut all = self
            .of_published
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(hash).or_insert(new))
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register_with_unit(
            "request_duration",
            "Time from a GraphQL request's headers to its answer, by operation and outcome",
            Unit::Seconds,
            self.durations.clone(),
        );
        registry.register(
            "request_errors",
            "Errors in answers to GraphQL requests, by operation and code",
            self.errors.clone(),
        );
        registry.register_with_unit(
            "response_size",
            "Size of answers to GraphQL requests before compression, by operation",
            Unit::Bytes,
            self.sizes.clone(),
        );
        registry.register_collector(Box::new(Now(Arc::clone(&self.in_flight))));
    }
}

#[derive(Debug)]
struct Now(Arc<AtomicI64>);

impl Collector for Now {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let metric = encoder.encode_descriptor(
            "requests_in_flight",
            "GraphQL requests that are being answered.",
            None,
            MetricType::Gauge,
        )?;
        ConstGauge::new(self.0.load(Ordering::Relaxed)).encode(metric)
    }
}
