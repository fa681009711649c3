//! What uploads measure.

use std::time::Duration;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::{Registry, Unit},
};

/// In seconds. A photo of a phone takes one.
const TIMES_S: [f64; 8] = [0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SweptLabels {
    what: &'static str,
}

/// The metrics of uploads; clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    completions: Family<OutcomeLabels, Counter>,
    times: Histogram,
    swept: Family<SweptLabels, Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            completions: Family::default(),
            times: Histogram::new(TIMES_S),
            swept: Family::default(),
        }
    }
}

impl Metrics {
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register(
            "upload_completions",
            "Requests to make a picture of an upload, by what became of them.",
            self.completions.clone(),
        );
        registry.register_with_unit(
            "upload_making",
            "From when an upload was taken until its picture was stored.",
            Unit::Seconds,
            self.times.clone(),
        );
        registry.register(
            "pictures_swept",
            "Uploads and pictures that were deleted because nobody needs them.",
            self.swept.clone(),
        );
    }

    pub(crate) fn completed(&self, outcome: &'static str) {
        self.completions
            .get_or_create(&OutcomeLabels { outcome })
            .inc();
    }

    pub(crate) fn made(&self, within: Duration) {
        self.times.observe(within.as_secs_f64());
    }

    pub(crate) fn swept(&self, what: &'static str, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.swept
            .get_or_create(&SweptLabels { what })
            .inc_by(count);
    }
}
