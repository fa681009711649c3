//! Logs, traces and reports of errors. None ever contains variables, tokens, addresses or bodies, which
//! are the clients' data.
//!
//! Logs go to stderr, one line each; errors among them also go to Sentry, if it is named ([`reports`]).
//! Traces go to a collector over OTLP, if one is named; a request
//! is traced from its first header to its last byte ([`request`]), and everything it waits for is a
//! span below it: caches, Redis, the database. Those spans have the target [`TRACED`] and the level
//! TRACE, so that they are in no log and cost nothing while traces are off.

mod parent;
pub mod reports;
pub mod request;
mod settings;
mod traces;

use std::io::{self, IsTerminal as _};

use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::{
    EnvFilter, Layer, Registry, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use self::reports::Reports;
pub use settings::{LogFormat, Sentry, TelemetryConfig};

/// The target of spans that are parts of a trace.
pub const TRACED: &str = "traced";

/// What the process writes of itself; dropping it sends what is left.
#[derive(Debug, Default)]
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
    _reports: Option<Reports>,
}

/// Why telemetry cannot start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("traces cannot be exported")]
    Traces(#[from] opentelemetry_otlp::ExporterBuildError),
    #[error("errors cannot be reported")]
    Reports(#[from] io::Error),
}

/// Starts logging, exporting traces if there is a collector, and reporting errors if there is a
/// Sentry. Must run inside the runtime if there
/// is one.
pub fn init(config: &TelemetryConfig) -> Result<Telemetry, TelemetryError> {
    let filter = EnvFilter::new(&config.log_filter);
    let logs: Box<dyn Layer<Registry> + Send + Sync> = match config.log_format {
        // `trace_id`, `operation` and `client` of the request's span are members of the object.
        LogFormat::Json => json_subscriber::layer()
            .with_target(false)
            .flatten_event(true)
            .with_current_span(false)
            .flatten_span_list_on_top_level(true)
            .with_writer(io::stderr)
            .with_filter(filter)
            .boxed(),
        LogFormat::Text => fmt::layer()
            .with_target(false)
            .with_ansi(io::stderr().is_terminal())
            .with_writer(io::stderr)
            .with_filter(filter)
            .boxed(),
    };
    let traces = config.exports_traces.then(traces::provider).transpose()?;
    let reports = config.sentry.as_ref().map(Reports::start);
    let reports = reports.transpose()?;
    let layers = tracing_subscriber::registry()
        .with(logs)
        .with(traces.as_ref().map(traces::layer))
        .with(reports.as_ref().map(Reports::layer));
    // In tests this runs several times: the first one stays.
    let _already_started = layers.try_init();
    reports::log_panics();
    Ok(Telemetry {
        traces,
        _reports: reports,
    })
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(traces) = &self.traces {
            // Spans that cannot be sent now are lost.
            let _sent_or_lost = traces.shutdown();
        }
    }
}
