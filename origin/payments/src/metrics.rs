//! What payments measure.

use std::time::Duration;

use domain::payments::store::{Applied, PaymentFigures, Worry};
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

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WorryLabels {
    worry: &'static str,
}

/// The metrics of payments; clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    starts: Family<OutcomeLabels, Counter>,
    requests: Family<AskedLabels, Counter>,
    times: Histogram,
    answers: Family<AppliedLabels, Counter>,
    circuits: Family<ProviderLabels, Gauge>,
    worries: Family<WorryLabels, Counter>,
    open: Gauge,
    oldest_look: Gauge,
    refunds_requested: Gauge,
    oldest_refund: Gauge,
    differences: Gauge,
    polled_at: Gauge,
    compared_at: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        // From the beginning, so that the first one is an increase.
        let worries = Family::<WorryLabels, Counter>::default();
        for worry in Worry::ALL {
            let worry = worry.as_str();
            drop(worries.get_or_create(&WorryLabels { worry }));
        }
        Self {
            starts: Family::default(),
            requests: Family::default(),
            times: Histogram::new(TIMES_S),
            answers: Family::default(),
            circuits: Family::default(),
            worries,
            open: Gauge::default(),
            oldest_look: Gauge::default(),
            refunds_requested: Gauge::default(),
            oldest_refund: Gauge::default(),
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
            "payment_worries",
            "Answers of the provider of payments that an operator has to look at, by what is wrong.",
            self.worries.clone(),
        );
        registry.register(
            "payment_open",
            "Payments of which the provider is still asked. Each server counts all of them.",
            self.open.clone(),
        );
        registry.register_with_unit(
            "payment_oldest_look",
            "For how long a payment of which no report came waits to be looked at; 0 if none does.",
            Unit::Seconds,
            self.oldest_look.clone(),
        );
        registry.register(
            "payment_refunds_requested",
            "Refunds that the provider was not asked for yet. Each server counts all of them.",
            self.refunds_requested.clone(),
        );
        registry.register_with_unit(
            "payment_oldest_refund",
            "For how long the oldest of them waits; 0 if none does.",
            Unit::Seconds,
            self.oldest_refund.clone(),
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
            Applied::Worrying(worry) => {
                let worry = worry.as_str();
                self.worries.get_or_create(&WorryLabels { worry }).inc();
                "worrying"
            }
            Applied::Nothing => "known",
            Applied::Early => "early",
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

    pub(crate) fn counted(&self, figures: &PaymentFigures, now_ms: i64) {
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let age_s = |since_ms: Option<i64>| {
            let age_ms = since_ms.map_or(0, |since_ms| now_ms - since_ms);
            age_ms.max(0) / 1_000
        };
        self.open.set(count(figures.open));
        self.oldest_look.set(age_s(figures.oldest_look_at_ms));
        self.refunds_requested.set(count(figures.refunds_requested));
        self.oldest_refund.set(age_s(figures.oldest_refund_at_ms));
        self.differences.set(count(figures.differences));
    }

    pub(crate) fn polled(&self, at_ms: i64) {
        self.polled_at.set(at_ms / 1_000);
    }

    pub(crate) fn compared(&self, at_ms: i64) {
        self.compared_at.set(at_ms / 1_000);
    }
}
