//! Metrics of rate limit decisions, by rule, outcome and backend.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

use super::Decision;

/// The backend that made a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DecidedBy {
    /// Redis, for all servers together.
    Redis,
    /// This process, for itself.
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
            DecidedBy::Redis => "redis",
            DecidedBy::Process => "process",
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
