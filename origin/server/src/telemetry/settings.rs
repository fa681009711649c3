//! What is logged, traced and reported.

use std::{fmt, str::FromStr};

use sentry::types::Dsn;

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One object a line.
    Json,
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Json => "json",
        })
    }
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        [Self::Text, Self::Json]
            .into_iter()
            .find(|format| format.to_string() == word)
            .ok_or_else(|| format!("{word:?} is neither text nor json"))
    }
}

/// Settings of logs and traces.
#[derive(Clone, Debug, PartialEq)]
pub struct TelemetryConfig {
    /// `YOUSOON_LOG`.
    pub log_format: LogFormat,
    /// `RUST_LOG`, in the syntax of `tracing_subscriber::EnvFilter`.
    pub log_filter: String,
    /// Whether `OTEL_EXPORTER_OTLP_ENDPOINT` names a collector.
    pub exports_traces: bool,
    /// `OTEL_TRACES_SAMPLER_ARG`: the share of requests that are traced unless their parent says
    /// otherwise.
    pub traced_share: f64,
    /// Where errors are reported, if anywhere.
    pub sentry: Option<Sentry>,
}

/// A project of Sentry.
#[derive(Clone, Debug, PartialEq)]
pub struct Sentry {
    /// `SENTRY_DSN`: its address, with the key that lets one send to it.
    pub dsn: Dsn,
    /// `SENTRY_ENVIRONMENT`, by which Sentry tells reports apart.
    pub environment: String,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self {
            log_format: LogFormat::Text,
            log_filter: "info".to_owned(),
            exports_traces: false,
            traced_share: 0.01,
            sentry: None,
        }
    }
}
