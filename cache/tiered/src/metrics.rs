//! The names of all metrics of this crate.

use std::time::Duration;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Call {
    what: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Lookup {
    cache: &'static str,
    outcome: &'static str,
}

/// Histogram buckets in seconds. A local Redis answers in about 0.1 ms.
const BUCKETS_S: [f64; 9] = [0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.1, 1.0];

/// The target of this crate's spans, which are parts of traces and in no log.
pub(crate) const TRACED: &str = "traced";

/// The metrics of this crate; clones share their values.
#[derive(Clone, Debug)]
pub struct Metrics {
    calls: Family<Call, Histogram, fn() -> Histogram>,
    circuit_open: Gauge,
    lookups: Family<Lookup, Counter>,
    log_age_ms: Gauge,
    log_head: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            calls: Family::new_with_constructor(|| Histogram::new(BUCKETS_S)),
            circuit_open: Gauge::default(),
            lookups: Family::default(),
            log_age_ms: Gauge::default(),
            log_head: Gauge::default(),
        }
    }
}

impl Metrics {
    /// Registers all metrics under their names.
    pub fn register(&self, registry: &mut Registry) {
        registry.register_with_unit(
            "redis_call",
            "Duration of calls to Redis, by call and outcome",
            Unit::Seconds,
            self.calls.clone(),
        );
        registry.register(
            "redis_circuit_open",
            "1 while the circuit breaker refuses calls to Redis, else 0",
            self.circuit_open.clone(),
        );
        registry.register(
            "cache_lookups",
            "Cache look-ups, by cache and outcome",
            self.lookups.clone(),
        );
        registry.register(
            "purge_log_age_milliseconds",
            "How long ago the copy of the purge log was last known to be complete; -1 means never",
            self.log_age_ms.clone(),
        );
        registry.register(
            "purge_log_head",
            "Revision of the last record in the copy of the purge log",
            self.log_head.clone(),
        );
    }

    pub(crate) fn redis_call(&self, what: &'static str, outcome: &'static str, took: Duration) {
        self.calls
            .get_or_create(&Call { what, outcome })
            .observe(took.as_secs_f64());
    }

    pub(crate) fn circuit(&self, open: bool) {
        self.circuit_open.set(open.into());
    }

    /// Counts `count` look-ups in `cache` that ended with `outcome`.
    pub fn lookup(&self, cache: &'static str, outcome: &'static str, count: usize) {
        if count > 0 {
            self.lookups
                .get_or_create(&Lookup { cache, outcome })
                .inc_by(count as u64);
        }
    }

    /// How many look-ups in `cache` ended with `outcome`.
    pub fn looked_up(&self, cache: &'static str, outcome: &'static str) -> u64 {
        self.lookups.get_or_create(&Lookup { cache, outcome }).get()
    }

    /// Sets the age (in milliseconds; `u64::MAX` is never) and the head of the copy of the log.
    pub fn purge_log(&self, age_ms: u64, head: u64) {
        let age_ms = match age_ms {
            u64::MAX => -1,
            age_ms => i64::try_from(age_ms).unwrap_or(i64::MAX),
        };
        self.log_age_ms.set(age_ms);
        self.log_head.set(i64::try_from(head).unwrap_or(i64::MAX));
    }
}
