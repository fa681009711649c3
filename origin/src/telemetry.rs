//! Logs. Never variables, tokens or bodies: those are the clients'.

use tracing_subscriber::{EnvFilter, fmt};

/// What the filter is when `RUST_LOG` is not set.
const DEFAULT_FILTER: &str = "info";

/// Starts logging to stderr: filtered by `RUST_LOG`, as JSON when `YOUSOON_LOG` is `json`.
pub fn init() {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let builder = fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false);
    let json = std::env::var("YOUSOON_LOG").is_ok_and(|format| format == "json");
    // A second start (tests) keeps the first one's.
    let _already_started = if json {
        builder.json().try_init()
    } else {
        builder.try_init()
    };
}

/// An error and what caused it, on one line.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        line.push_str(": ");
        line.push_str(&cause.to_string());
        source = cause.source();
    }
    line
}
