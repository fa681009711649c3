//! How many were counted, by rule, outcome, and where.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

use super::Decision;

/// Where a decision was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// For all servers together.
    Redis,
    /// For this one.
    Process,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Label {
    rule: &'static str,
    outcome: &'static str,
    by: &'static str,
}

#[derive(Debug, Default)]
pub(super) struct Metrics(Family<Label, Counter>);

impl Metrics {
    pub(super) fn count(&self, decision: &Decision) {
        let by = match decision.by {
            By::Redis => "redis",
            By::Process => "process",
        };
        for judged in &decision.judged {
            let outcome = match judged.standing.retry_after_us {
                None => "admitted",
                Some(_) => "limited",
            };
            let rule = judged.name;
            self.0.get_or_create(&Label { rule, outcome, by }).inc();
        }
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "rate_limit_decisions",
            "Requests that were counted, by rule, outcome, and where they are counted",
            self.0.clone(),
        );
    }
}
