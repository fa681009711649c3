//! What became of answers that were to be warm.

use cache_tiered::Warmed;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

/// Why answers are made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// This server has just started: its memory is empty.
    Start,
    /// The copy of the log began anew, so nothing that is stored may be served.
    NewLog,
    /// Somebody asked for it with a purge.
    Purge,
    /// An edge makes its own answers anew.
    Edge,
}

impl Cause {
    /// The word in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::NewLog => "new_log",
            Self::Purge => "purge",
            Self::Edge => "edge",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    cause: &'static str,
    outcome: &'static str,
}

/// The counts; clones share them.
#[derive(Clone, Debug, Default)]
pub struct WarmingMetrics {
    answers: Family<Labels, Counter>,
}

impl WarmingMetrics {
    /// Registers the metrics under their names.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "warmed_answers",
            "Hottest answers that were to be warm, by why and what became of them",
            self.answers.clone(),
        );
    }

    /// Counts an answer.
    pub fn count(&self, cause: Cause, became: Warmed) {
        self.of(cause, became).inc();
    }

    /// How many answers became this.
    pub fn counted(&self, cause: Cause, became: Warmed) -> u64 {
        self.of(cause, became).get()
    }

    fn of(&self, cause: Cause, became: Warmed) -> Counter {
        let labels = Labels {
            cause: cause.as_str(),
            outcome: became.as_str(),
        };
        self.answers.get_or_create(&labels).clone()
    }
}
