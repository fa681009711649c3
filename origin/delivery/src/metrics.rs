//! What the workers of the queue measure.

use domain::queue::{Lane, store::LaneFigures};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

/// In seconds. A code is to arrive within five; a push may wait for the morning.
const WAITS_S: [f64; 9] = [0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 3_600.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TaskLabels {
    kind: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LaneLabels {
    lane: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabels {
    lane: &'static str,
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ProviderLabels {
    provider: &'static str,
}

/// The metrics of the queue; clones share them.
#[derive(Clone, Debug)]
pub struct Metrics {
    tasks: Family<TaskLabels, Counter>,
    waits: Family<LaneLabels, Histogram, fn() -> Histogram>,
    stored: Family<StateLabels, Gauge>,
    oldest: Family<LaneLabels, Gauge>,
    circuits: Family<ProviderLabels, Gauge>,
}

impl Default for Metrics {
    fn default() -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(WAITS_S);
        Self {
            tasks: Family::default(),
            waits: Family::new_with_constructor(histogram),
            stored: Family::default(),
            oldest: Family::default(),
            circuits: Family::default(),
        }
    }
}

impl Metrics {
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "queue_attempts",
            "Attempts to do a task of the queue, by kind and what became of them.",
            self.tasks.clone(),
        );
        registry.register_with_unit(
            "queue_wait",
            "From when a task was stored until it was done.",
            Unit::Seconds,
            self.waits.clone(),
        );
        registry.register(
            "queue_tasks",
            "Tasks of the queue that are due, due later, or given up. Each server counts all of them.",
            self.stored.clone(),
        );
        registry.register_with_unit(
            "queue_oldest_due",
            "For how long the oldest due task could have been taken; 0 if none is due.",
            Unit::Seconds,
            self.oldest.clone(),
        );
        registry.register(
            "queue_circuit_open",
            "1 while this server does not ask a provider, because it failed.",
            self.circuits.clone(),
        );
    }

    pub(crate) fn ended(&self, kind: &'static str, outcome: &'static str) {
        self.tasks
            .get_or_create(&TaskLabels { kind, outcome })
            .inc();
    }

    #[expect(clippy::cast_precision_loss, reason = "milliseconds of at most days")]
    pub(crate) fn waited(&self, lane: Lane, ms: i64) {
        let lane = lane.as_str();
        let seconds = ms.max(0) as f64 / 1_000.0;
        self.waits
            .get_or_create(&LaneLabels { lane })
            .observe(seconds);
    }

    pub(crate) fn stored(&self, figures: &[LaneFigures], now_ms: i64) {
        for found in figures {
            let lane = found.lane.as_str();
            for (state, count) in [
                ("due", found.due),
                ("later", found.later),
                ("dead", found.dead),
            ] {
                let labels = StateLabels { lane, state };
                let count = i64::try_from(count).unwrap_or(i64::MAX);
                self.stored.get_or_create(&labels).set(count);
            }
            let age_ms = found.oldest_due_at_ms.map_or(0, |since| now_ms - since);
            self.oldest
                .get_or_create(&LaneLabels { lane })
                .set(age_ms / 1_000);
        }
    }

    pub(crate) fn circuit(&self, provider: &'static str, is_open: bool) {
        self.circuits
            .get_or_create(&ProviderLabels { provider })
            .set(i64::from(is_open));
    }
}
