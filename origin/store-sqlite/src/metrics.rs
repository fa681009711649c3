//! The names of all metrics of this crate.

use std::time::Instant;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{family::Family, histogram::Histogram},
    registry::{Registry, Unit},
};
use tracing::Span;

/// In seconds. Most reads take less than a millisecond, and a write waits for the disk.
const BUCKETS_S: [f64; 8] = [0.000_2, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.25, 1.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    work: &'static str,
}

type Durations = Family<Labels, Histogram, fn() -> Histogram>;

/// The metrics of this crate; clones share their values.
#[derive(Clone, Debug)]
pub struct Metrics {
    waits: Durations,
    work: Durations,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            waits: Family::new_with_constructor(|| Histogram::new(BUCKETS_S)),
            work: Family::new_with_constructor(|| Histogram::new(BUCKETS_S)),
        }
    }
}

impl Metrics {
    /// Registers all metrics under their names.
    pub fn register(&self, registry: &mut Registry) {
        registry.register_with_unit(
            "sqlite_wait",
            "Time that a read or a write waited for a connection",
            Unit::Seconds,
            self.waits.clone(),
        );
        registry.register_with_unit(
            "sqlite_work",
            "Time that a read or a write took once it had a connection",
            Unit::Seconds,
            self.work.clone(),
        );
    }

    pub(crate) fn begin(&self, work: &'static str) -> Call<'_> {
        let span = tracing::trace_span!(
            target: "traced",
            "sqlite",
            otel.kind = "client",
            db.system.name = "sqlite",
            db.operation.name = work,
        );
        Call {
            metrics: self,
            labels: Labels { work },
            began: Instant::now(),
            _span: span,
        }
    }
}

/// One read or write; its span ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    metrics: &'a Metrics,
    labels: Labels,
    began: Instant,
    _span: Span,
}

impl Call<'_> {
    /// It has waited; now it works.
    pub(crate) fn has_a_connection(self) -> Self {
        let waits = self.metrics.waits.get_or_create(&self.labels);
        waits.observe(self.began.elapsed().as_secs_f64());
        drop(waits);
        Self {
            began: Instant::now(),
            ..self
        }
    }

    pub(crate) fn ended(self) {
        let work = self.metrics.work.get_or_create(&self.labels);
        work.observe(self.began.elapsed().as_secs_f64());
    }
}
