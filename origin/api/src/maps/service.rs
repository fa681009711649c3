//! Asks the map service. Each kind of question has a circuit of its own: the service counts and limits
//! them apart. Nothing is kept of the answers: Google's terms allow to keep places' ids, and locations for
//! 30 days, and nothing else.

use std::{fmt, sync::Arc, time::Instant};

use domain::{
    Address, GeoPoint,
    circuit::Circuit,
    maps::{
        Candidate, Maps, MapsError, Suggestion, Typed,
        travel::{By, Way},
    },
    sentence::Language,
};
use prometheus_client::registry::Registry;

use super::metrics::Metrics;
use crate::services::Clock;

/// There is no answer now: the service is not configured, away, or refuses us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Away;

pub struct MapService {
    maps: Option<Arc<dyn Maps>>,
    clock: Clock,
    geocoding: Line,
    suggestions: Line,
    ways: Line,
    metrics: Metrics,
}

/// One kind of question.
struct Line {
    question: &'static str,
    circuit: Circuit,
}

impl Line {
    fn new(question: &'static str) -> Self {
        Self {
            question,
            circuit: Circuit::default(),
        }
    }
}

impl MapService {
    /// Without a service every answer is [`Away`].
    pub fn new(maps: Option<Arc<dyn Maps>>, clock: Clock) -> Self {
        Self {
            maps,
            clock,
            geocoding: Line::new("geocode"),
            suggestions: Line::new("suggest"),
            ways: Line::new("ways"),
            metrics: Metrics::default(),
        }
    }

    pub fn register(&self, registry: &mut Registry) {
        self.metrics.register(registry);
    }

    pub async fn geocode(
        &self,
        address: &Address,
        language: Language,
    ) -> Result<Vec<Candidate>, Away> {
        let maps = self.maps.as_ref().ok_or(Away)?;
        self.ask(&self.geocoding, maps.geocode(address, language))
            .await
    }

    pub async fn suggest(&self, typed: &Typed) -> Result<Vec<Suggestion>, Away> {
        let maps = self.maps.as_ref().ok_or(Away)?;
        self.ask(&self.suggestions, maps.suggest(typed)).await
    }

    /// The way to each point, in the same order.
    pub async fn ways(&self, from: GeoPoint, to: &[GeoPoint], by: By) -> Vec<Way> {
        let unknown = || vec![Way::Unknown; to.len()];
        let Some(maps) = &self.maps else {
            return unknown();
        };
        let asked = self.ask(&self.ways, maps.ways(from, to, by)).await;
        asked.unwrap_or_else(|Away| unknown())
    }

    async fn ask<T>(
        &self,
        line: &Line,
        answer: impl Future<Output = Result<T, MapsError>>,
    ) -> Result<T, Away> {
        let (question, begun) = (line.question, Instant::now());
        if line.circuit.enter(self.clock.now_ms()).is_some() {
            self.metrics.asked(question, "withheld", begun.elapsed());
            return Err(Away);
        }
        let answer = answer.await;
        let now_ms = self.clock.now_ms();
        let outcome = match &answer {
            Ok(_) => {
                line.circuit.works();
                "ok"
            }
            Err(error @ MapsError::Refused { .. }) => {
                line.circuit.works();
                tracing::error!(question, %error, "the map service refuses");
                "refused"
            }
            Err(error @ MapsError::Later { after_ms, .. }) => {
                line.circuit.failed(now_ms, *after_ms);
                tracing::warn!(question, %error, "the map service does not answer");
                "later"
            }
        };
        self.metrics.asked(question, outcome, begun.elapsed());
        self.metrics.circuit(question, line.circuit.is_open(now_ms));
        answer.map_err(|_| Away)
    }
}

impl fmt::Debug for MapService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MapService").field(&self.maps).finish()
    }
}
