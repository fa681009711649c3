//! Logs, traces and reports of errors. The variables of traces are those of the OpenTelemetry
//! specification, of which the exporter reads more than are checked here; those of reports are Sentry's.

use reqwest::Url;
use sentry::types::Dsn;
use tracing_subscriber::EnvFilter;

use super::reader::{ConfigError, Lookup, Reader, process_environment};
use crate::telemetry::{Sentry, TelemetryConfig};

/// The transports of OTLP that the program has.
const PROTOCOLS: [&str; 3] = ["grpc", "http/protobuf", "http/json"];

/// The part that every command needs.
pub fn telemetry_from_env() -> Result<TelemetryConfig, ConfigError> {
    from_lookup(&process_environment)
}

fn from_lookup(lookup: Lookup<'_>) -> Result<TelemetryConfig, ConfigError> {
    let mut reader = Reader::new(lookup);
    let config = read(&mut reader);
    reader.outcome().map(|()| config)
}

pub(super) fn read(reader: &mut Reader<'_>) -> TelemetryConfig {
    let usual = TelemetryConfig::default();
    let log_filter = reader.or("RUST_LOG", usual.log_filter, |text| {
        let parsed = EnvFilter::try_new(text);
        parsed.map_err(|error| format!("is not a filter: {error}"))?;
        Ok(text.to_owned())
    });
    let log_format = reader.or("YOUSOON_LOG", usual.log_format, str::parse);
    let endpoint = reader.optional("OTEL_EXPORTER_OTLP_ENDPOINT", "no traces", endpoint);
    let protocol = reader.or("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc".to_owned(), |text| {
        if PROTOCOLS.contains(&text) {
            Ok(text.to_owned())
        } else {
            Err(format!("{text:?} is none of {}", PROTOCOLS.join(", ")))
        }
    });
    let is_grpc = protocol == "grpc";
    if !is_grpc && endpoint.as_ref().is_some_and(|url| url.scheme() == "https") {
        reader.refuse(
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "has no TLS: use grpc for an endpoint with https",
        );
    }
    let traced_share = reader.or(
        "OTEL_TRACES_SAMPLER_ARG",
        usual.traced_share,
        |text| match text.parse() {
            Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
            Ok(_) | Err(_) => Err(format!("{text:?} is not a number from 0 to 1")),
        },
    );
    // Sentry's own variables.
    let dsn = reader.optional_masked("SENTRY_DSN", "errors are only logged", dsn);
    let environment = reader.or("SENTRY_ENVIRONMENT", "development".to_owned(), |text| {
        // As Sentry takes it.
        let is_allowed = text.len() <= 64 && !text.contains(['/', '\n']) && text != "None";
        let why = || format!("{text:?} is not 1 to 64 characters without a slash");
        is_allowed.then(|| text.to_owned()).ok_or_else(why)
    });
    TelemetryConfig {
        log_format,
        log_filter,
        exports_traces: endpoint.is_some(),
        traced_share,
        sentry: dsn.map(|dsn| Sentry { dsn, environment }),
    }
}

/// The report does not show the DSN: with it, anybody could fill the project with reports.
fn dsn(text: &str) -> Result<Dsn, String> {
    text.parse()
        .map_err(|_| "is not a DSN, such as https://KEY@HOST/PROJECT".to_owned())
}

fn endpoint(text: &str) -> Result<Url, String> {
    let url: Url = text
        .parse()
        .map_err(|error| format!("is not a URL: {error}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("has credentials in it: set OTEL_EXPORTER_OTLP_HEADERS".to_owned());
    }
    match url.scheme() {
        "http" | "https" => Ok(url),
        other => Err(format!("has the scheme {other:?}, not http or https")),
    }
}
