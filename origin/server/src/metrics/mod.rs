//! Names the origin's own metrics and serves all metrics on a separate listener, so that no ingress
//! exposes them.
//!
//! All names begin with `yousoon_`. `cache_tiered::metrics` names those of the caches,
//! `access::rate` those of the rate limits.

mod edge;
mod process;
mod requests;

use std::{fmt, sync::Arc};

use axum::{
    Router,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use cache_tiered::Outcome;
use pq_core::DocumentHash;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric, text::encode},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
    registry::Registry,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use requests::{InFlight, Requests};

use crate::{http::answer::internal, state::AppState, telemetry::reports};

const PREFIX: &str = "yousoon";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone)]
struct MetricsState {
    state: AppState,
    registry: Arc<Registry>,
}

/// `GET /metrics`.
pub fn router(state: AppState) -> Router {
    let mut registry = Registry::with_prefix(PREFIX);
    state.services.caches.metrics.register(&mut registry);
    state.services.rate_limiter.register(&mut registry);
    state.requests.register(&mut registry);
    state.warming.register(&mut registry);
    state.backend.register(&mut registry);
    state.live.register(&mut registry);
    state.delivery.metrics().register(&mut registry);
    if let Some(uploads) = &state.services.uploads {
        uploads.register_metrics(&mut registry);
    }
    if let Some(identity) = &state.services.identity {
        identity.register(&mut registry);
    }
    if let Some(payments) = &state.services.payments {
        payments.register_metrics(&mut registry);
    }
    state.webhooks.register(&mut registry);
    state.services.maps.register(&mut registry);
    registry.register_collector(Box::new(Answers(state.clone())));
    registry.register_collector(Box::new(Relays(state.clone())));
    registry.register_collector(Box::new(edge::Edges(state.clone())));
    registry.register_collector(Box::new(CatalogueIndex(state.clone())));
    registry.register_collector(Box::new(ErrorReports));
    registry.register_collector(Box::new(process::Process::begin()));
    let registry = Arc::new(registry);
    Router::new()
        .route("/metrics", get(metrics))
        .with_state(MetricsState { state, registry })
}

/// Serves metrics until `stop` is cancelled.
pub async fn serve(listener: TcpListener, state: AppState, stop: CancellationToken) {
    let server =
        axum::serve(listener, router(state)).with_graceful_shutdown(stop.cancelled_owned());
    if let Err(error) = server.await {
        tracing::error!(%error, "metrics are not served any more");
    }
}

async fn metrics(State(MetricsState { state, registry }): State<MetricsState>) -> Response {
    let feed = &state.services.caches.feed;
    // The age of the log's copy grows with time, so it is computed on each scrape.
    let head = feed.position().head;
    state
        .services
        .caches
        .metrics
        .purge_log(feed.age_ms(), head.0);
    state.live.measure();
    let mut text = String::new();
    match encode(&mut text, &registry) {
        Ok(()) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(error) => internal(&error, pq_core::MediaType::Json),
    }
}

/// Collects how many reports of errors were sent.
#[derive(Debug)]
struct ErrorReports;

impl Collector for ErrorReports {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let mut family = encoder.encode_descriptor(
            "error_reports",
            "Reports of errors to Sentry, by what became of them.",
            None,
            MetricType::Counter,
        )?;
        for (outcome, count) in reports::COUNTS.all() {
            let labels = [("outcome", outcome)];
            ConstCounter::new(count).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

/// Collects the cache outcomes of requests, by document.
#[derive(Debug)]
struct Answers(AppState);

impl Collector for Answers {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let mut family = encoder.encode_descriptor(
            "answers",
            "Questions for shared answers, by document and what became of them.",
            None,
            MetricType::Counter,
        )?;
        for (label, counts) in self.0.services.caches.responses.stats().all() {
            let hash = label.map(DocumentHash::from_bytes);
            let document = hash.map_or("others".to_owned(), |hash| hash.to_string());
            let operation = hash.and_then(|hash| self.0.services.documents.ready_name(hash));
            let operation = operation.unwrap_or_default();
            for outcome in Outcome::ALL {
                // Thousands of documents have eight outcomes each; those that never occurred are
                // left out.
                let count = counts.of(outcome);
                if count == 0 {
                    continue;
                }
                let labels = [
                    ("document", document.as_str()),
                    ("operation", operation.as_str()),
                    ("outcome", outcome.as_str()),
                ];
                ConstCounter::new(count).encode(family.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }
}

/// Encodes how many there are of something now.
fn gauge(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    count: usize,
) -> Result<(), fmt::Error> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    ConstGauge::new(count).encode(metric)
}

/// Collects what the checker of the catalogue index found.
#[derive(Debug)]
struct CatalogueIndex(AppState);

impl Collector for CatalogueIndex {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let lists = &self.0.services.lists;
        let counters = [
            (
                "index_mismatches",
                "Offers of which the catalogue index and the database disagreed for too long.",
                lists.mismatches(),
            ),
            (
                "index_mended",
                "Those of them that are right since they were read anew.",
                lists.mended(),
            ),
        ];
        for (name, help, count) in counters {
            let counter = ConstCounter::new(count);
            let metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            counter.encode(metric)?;
        }
        let size = lists.size();
        let gauges = [
            (
                "index_offers",
                "Offers in the catalogue index.",
                size.offers,
            ),
            (
                "index_bytes",
                "What the catalogue index takes, about.",
                size.bytes,
            ),
            (
                "index_corrupt",
                "Offers that cannot be read, which lists leave out.",
                lists.corrupt(),
            ),
        ];
        for (name, help, count) in gauges {
            gauge(&mut encoder, name, help, count)?;
        }
        Ok(())
    }
}

/// Collects the state of the purge relays to the edges.
#[derive(Debug)]
struct Relays(AppState);

impl Collector for Relays {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let mut connected = encoder.encode_descriptor(
            "relay_connected",
            "Whether the edge took the last append of the purge log.",
            None,
            MetricType::Gauge,
        )?;
        for relay in &self.0.relays {
            let up = i64::from(relay.is_connected());
            ConstGauge::new(up).encode(connected.encode_family(&[("edge", relay.edge())])?)?;
        }
        let mut confirmed = encoder.encode_descriptor(
            "relay_last_confirmed_timestamp_milliseconds",
            "When the purge log was asked that the edge last took to be complete; 0 is never.",
            None,
            MetricType::Gauge,
        )?;
        for relay in &self.0.relays {
            let at_ms = i64::try_from(relay.confirmed_at_ms()).unwrap_or(i64::MAX);
            ConstGauge::new(at_ms).encode(confirmed.encode_family(&[("edge", relay.edge())])?)?;
        }
        Ok(())
    }
}
