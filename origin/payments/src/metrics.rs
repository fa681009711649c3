//! What payments measure.

use std::time::Duration;

use domain::payments::store::Applied;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

/// In seconds. Stripe makes an intent in half a second.
const TIMES_S: [f64; 8] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AskedLabels {
    request: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AppliedLabels {
    what: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ProviderLabels {
    provider: &'static str,
}

/// The metrics of payments; clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    starts: Family<OutcomeLabels, Counter>,
    requests: Family<AskedLabels, Counter>,
    times: Histogram,
    answers: Family<AppliedLabels, Counter>,
    circuits: Family<ProviderLabels, Gauge>,
    failed_refunds: Counter,
    differences: Gauge,
    polled_at: Gauge,
    compared_at: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            starts: Family::default(),
            requests: Family::default(),
            times: Histogram::new(TIMES_S),
            answers: Family::default(),
            circuits: Family::default(),
            failed_refunds: Counter::default(),
            differences: Gauge::default(),
            polled_at: Gauge::default(),
            compared_at: Gauge::default(),
        }
    }
}

impl Metrics {
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register(
            "payment_starts",
            "Requests to pay for a booking, by what became of them.",
            self.starts.clone(),
        );
        registry.register(
            "payment_requests",
            "Requests to the provider of payments, by request and outcome.",
            self.requests.clone(),
        );
        registry.register_with_unit(
            "payment_request",
            "How long the provider of payments took to answer.",
            Unit::Seconds,
            self.times.clone(),
        );
        registry.register(
            "payment_answers",
            "Answers of the provider of payments, by what they are about and whether they changed something.",
            self.answers.clone(),
        );
        registry.register(
            "payment_circuit_open",
            "1 while this server does not ask the provider of payments, because it failed.",
            self.circuits.clone(),
        );
        registry.register(
            "payment_failed_refunds",
            "Refunds that the provider will not make or could not finish.",
            self.failed_refunds.clone(),
        );
        registry.register(
            "payment_differences",
            "Differences between the provider's books and the ledger. Each server counts all of them.",
            self.differences.clone(),
        );
        registry.register(
            "payment_polled_timestamp_seconds",
            "When this server last had payments looked at of which no report came; 0 if another server does it.",
            self.polled_at.clone(),
        );
        registry.register(
            "payment_compared_timestamp_seconds",
            "When this server last compared the provider's books with the ledger; 0 if another server does it.",
            self.compared_at.clone(),
        );
    }

    pub(crate) fn started(&self, outcome: &'static str) {
        self.starts.get_or_create(&OutcomeLabels { outcome }).inc();
    }

    pub(crate) fn asked(&self, request: &'static str, outcome: &'static str, took: Duration) {
        let labels = AskedLabels { request, outcome };
        self.requests.get_or_create(&labels).inc();
        if !took.is_zero() {
            self.times.observe(took.as_secs_f64());
        }
    }

    pub(crate) fn applied(&self, what: &'static str, applied: Applied) {
        let outcome = match applied {
            Applied::Done => "changed",
            Applied::Nothing => "known",
            Applied::Unknown => "foreign",
        };
        let labels = AppliedLabels { what, outcome };
        self.answers.get_or_create(&labels).inc();
    }

    pub(crate) fn circuit(&self, provider: &'static str, is_open: bool) {
        self.circuits
            .get_or_create(&ProviderLabels { provider })
            .set(i64::from(is_open));
    }

    pub(crate) fn refund_failed(&self) {
        self.failed_refunds.inc();
    }

    pub(crate) fn differences(&self, count: usize) {
        self.differences
            .set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    pub(crate) fn polled(&self, at_ms: i64) {
        self.polled_at.set(at_ms / 1_000);
    }

    pub(crate) fn compared(&self, at_ms: i64) {
        self.compared_at.set(at_ms / 1_000);
    }
}
