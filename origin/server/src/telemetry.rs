//! Sets up logging. Logs never contain variables, tokens or bodies, which are the clients' data.

use tracing_subscriber::{EnvFilter, fmt};

/// The log filter if `RUST_LOG` is not set.
const DEFAULT_FILTER: &str = "info";

/// Starts logging to stderr, filtered by `RUST_LOG` (default `info`), as JSON if `YOUSOON_LOG` is
/// `json`, else as text.
pub fn init() {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let builder = fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false);
    let json = std::env::var("YOUSOON_LOG").is_ok_and(|format| format == "json");
    // In tests this runs several times: the first setup stays.
    let _already_started = if json {
        builder.json().try_init()
    } else {
        builder.try_init()
    };
}
