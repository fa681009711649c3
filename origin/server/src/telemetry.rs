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
