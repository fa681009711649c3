//! What is measured of the map service.

use std::time::Duration;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

/// In seconds; a question waits for three.
const BUCKETS_S: [f64; 7] = [0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    question: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CircuitLabels {
    question: &'static str,
}

#[derive(Debug)]
pub(super) struct Metrics {
    calls: Family<CallLabels, Histogram, fn() -> Histogram>,
    circuits: Family<CircuitLabels, Gauge>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            calls: Family::new_with_constructor(|| Histogram::new(BUCKETS_S)),
            circuits: Family::default(),
        }
    }
}

impl Metrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register_with_unit(
            "maps_call",
            "Duration of questions to the map service, by question and outcome",
            Unit::Seconds,
            self.calls.clone(),
        );
        registry.register(
            "maps_circuit_open",
            "1 while this server does not ask the map service, because it failed",
            self.circuits.clone(),
        );
    }

    pub(super) fn asked(&self, question: &'static str, outcome: &'static str, took: Duration) {
        self.calls
            .get_or_create(&CallLabels { question, outcome })
            .observe(took.as_secs_f64());
    }

    pub(super) fn circuit(&self, question: &'static str, is_open: bool) {
        self.circuits
            .get_or_create(&CircuitLabels { question })
            .set(i64::from(is_open));
    }
}
