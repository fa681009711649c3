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
use pq_core::{DocumentHash, manifest::Operation};
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
struct SizeLabels {
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
    sizes: Family<SizeLabels, Histogram, fn() -> Histogram>,
    errors: Family<ErrorLabels, Counter>,
    of_published: RwLock<HashMap<DocumentHash, OfOperation>>,
    of_others: OfOperation,
    in_flight: Arc<AtomicI64>,
}

impl Default for Requests {
    fn default() -> Self {
        let durations: Family<Labels, Durations, fn() -> Durations> =
            Family::new_with_constructor(|| Durations::new(DURATIONS_S.into_iter()));
        let sizes: Family<SizeLabels, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(SIZES));
        Self {
            of_others: OfOperation::of(&durations, &sizes, OTHERS),
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
        sizes: &Family<SizeLabels, Histogram, fn() -> Histogram>,
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
            sizes: sizes.get_or_create_owned(&SizeLabels {
                operation: operation.to_owned(),
            }),
        }
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub struct InFlight<'a>(&'a AtomicI64);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Requests {
    /// Counts a request until the result is dropped.
    pub fn begin(&self) -> InFlight<'_> {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(&self.in_flight)
    }

    /// Notes an answer. `is_published` tells whether a document is published: only then its name is
    /// one of few.
    pub fn answered(
        &self,
        tracked: &Tracked,
        response: Option<&Response>,
        (outcome, took): (Outcome, Duration),
        is_published: impl Fn(DocumentHash) -> bool,
    ) {
        // Looked up without a clone: each costs a hit two writes to memory that all threads share.
        let known = self
            .of_published
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let document = tracked.document();
        if let Some(of_operation) = document.and_then(|document| known.get(&document.operation.id))
        {
            return self.note(of_operation, tracked, response, (outcome, took));
        }
        drop(known);
        let published = document.filter(|document| is_published(document.operation.id));
        let Some(document) = published else {
            return self.note(&self.of_others, tracked, response, (outcome, took));
        };
        let Operation { name, id, .. } = &document.operation;
        let new = OfOperation::of(&self.durations, &self.sizes, name);
        self.note(&new, tracked, response, (outcome, took));
        let mut all = self
            .of_published
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        all.insert(*id, new);
    }

    fn note(
        &self,
        of_operation: &OfOperation,
        tracked: &Tracked,
        response: Option<&Response>,
        (outcome, took): (Outcome, Duration),
    ) {
        let exemplar = tracked.trace().map(|trace| Trace {
            trace_id: trace.to_string(),
        });
        let at = exemplar.is_some().then(SystemTime::now);
        of_operation.durations[outcome as usize].observe(took.as_secs_f64(), exemplar, at);
        if outcome != Outcome::Ok {
            for code in tracked.codes() {
                let operation = of_operation.name.clone();
                self.errors
                    .get_or_create(&ErrorLabels { operation, code })
                    .inc();
            }
        }
        // The size of a stream is not known.
        let size = response.and_then(|response| response.body().size_hint().exact());
        if let Some(bytes) = size {
            #[expect(clippy::cast_precision_loss, reason = "an answer is far smaller")]
            of_operation.sizes.observe(bytes as f64);
        }
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
