//! What identity checks measure.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DecisionLabels {
    by: &'static str,
    outcome: &'static str,
}

/// The metrics of identity checks; clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Metrics {
    sessions: Family<OutcomeLabels, Counter>,
    decisions: Family<DecisionLabels, Counter>,
    oldest_open: Gauge,
}

impl Metrics {
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register(
            "identity_sessions",
            "Requests for an identity check, by what became of them.",
            self.sessions.clone(),
        );
        registry.register(
            "identity_decisions",
            "Decisions on identity checks that changed something, by who decided and what.",
            self.decisions.clone(),
        );
        registry.register_with_unit(
            "identity_oldest_open",
            "For how long the oldest open identity check waits for a decision; 0 if none is open.",
            Unit::Seconds,
            self.oldest_open.clone(),
        );
    }

    pub(crate) fn started(&self, outcome: &'static str) {
        self.sessions
            .get_or_create(&OutcomeLabels { outcome })
            .inc();
    }

    pub(crate) fn decided(&self, by: &'static str, outcome: &'static str) {
        let labels = DecisionLabels { by, outcome };
        self.decisions.get_or_create(&labels).inc();
    }

    pub(crate) fn oldest_open(&self, age_ms: i64) {
        self.oldest_open.set(age_ms.max(0) / 1_000);
    }
}
