//! The names of all metrics of this crate.

use std::{
    any,
    time::{Duration, Instant},
};

use mongodb::event::{EventHandler, cmap::CmapEvent};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};
use tracing::Span;

use crate::error::MongoError;

/// In seconds.
const BUCKETS_S: [f64; 9] = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.25, 1.0, 5.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    call: &'static str,
    outcome: &'static str,
}

/// The metrics of this crate; clones share their values.
#[derive(Clone, Debug)]
pub struct Metrics {
    calls: Family<Labels, Histogram, fn() -> Histogram>,
    waits: Histogram,
    open: Gauge,
    in_use: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            calls: Family::new_with_constructor(|| Histogram::new(BUCKETS_S)),
            waits: Histogram::new(BUCKETS_S),
            open: Gauge::default(),
            in_use: Gauge::default(),
        }
    }
}

impl Metrics {
    /// Registers all metrics under their names.
    pub fn register(&self, registry: &mut Registry) {
        registry.register_with_unit(
            "mongodb_call",
            "Duration of an operation or a transaction, by the function that makes it and outcome",
            Unit::Seconds,
            self.calls.clone(),
        );
        registry.register_with_unit(
            "mongodb_pool_wait",
            "Time that an operation waited for a connection",
            Unit::Seconds,
            self.waits.clone(),
        );
        registry.register(
            "mongodb_pool_connections",
            "Open connections to MongoDB",
            self.open.clone(),
        );
        registry.register(
            "mongodb_pool_in_use",
            "Connections to MongoDB that an operation has",
            self.in_use.clone(),
        );
    }

    /// Follows the driver's pools.
    pub(crate) fn of_pools(&self) -> EventHandler<CmapEvent> {
        let metrics = self.clone();
        EventHandler::callback(move |event| match event {
            CmapEvent::ConnectionCreated(_) => {
                metrics.open.inc();
            }
            CmapEvent::ConnectionClosed(_) => {
                metrics.open.dec();
            }
            CmapEvent::ConnectionCheckedOut(event) => {
                metrics.in_use.inc();
                metrics.waits.observe(event.duration.as_secs_f64());
            }
            CmapEvent::ConnectionCheckedIn(_) => {
                metrics.in_use.dec();
            }
            CmapEvent::ConnectionCheckoutFailed(event) => {
                metrics.waits.observe(event.duration.as_secs_f64());
            }
            _other => {}
        })
    }

    /// Begins an operation or a transaction; `Work` is its future or closure, which is named after
    /// the function that it stands in.
    pub(crate) fn begin<Work>(&self) -> Call<'_> {
        let function = function_in(any::type_name::<Work>());
        let span = tracing::trace_span!(
            target: "traced",
            "mongodb",
            otel.kind = "client",
            otel.status_code = tracing::field::Empty,
            db.system.name = "mongodb",
            code.function.name = function,
        );
        Call {
            metrics: self,
            function,
            began: Instant::now(),
            span,
        }
    }

    fn took(&self, call: &'static str, outcome: &'static str, took: Duration) {
        let calls = self.calls.get_or_create(&Labels { call, outcome });
        calls.observe(took.as_secs_f64());
    }
}

/// One operation or transaction.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    metrics: &'a Metrics,
    function: &'static str,
    began: Instant,
    span: Span,
}

impl Call<'_> {
    pub(crate) const fn span(&self) -> &Span {
        &self.span
    }

    pub(crate) fn ended<T>(self, outcome: &Result<T, MongoError>) {
        if outcome.is_err() {
            self.span.record("otel.status_code", "ERROR");
        }
        let word = if outcome.is_ok() { "ok" } else { "failed" };
        self.metrics.took(self.function, word, self.began.elapsed());
    }
}

/// The function in the name of a type that it makes: of `a::b::c::{{closure}}` it is `c`.
fn function_in(name: &'static str) -> &'static str {
    let path = name.split("::{{closure}}").next().unwrap_or(name);
    path.rsplit("::").next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named<Work>(_: &Work) -> &'static str {
        any::type_name::<Work>()
    }

    #[test]
    fn work_is_named_after_its_function() {
        let work = async move {};
        let expected = "work_is_named_after_its_function";
        assert_eq!(function_in(named(&work)), expected);
        let closure = || async move {};
        assert_eq!(function_in(named(&closure)), expected);
        assert_eq!(function_in(named(&closure())), expected);
    }
}
