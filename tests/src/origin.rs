//! Starts an origin: `yousoon serve`.

use std::time::Duration;

use anyhow::{Result, bail};

use crate::edge::SECRET;
use crate::process::Process;
use crate::store::Store;

/// The service token with every scope.
pub(crate) const TOKEN: &str = "a-service-token-of-the-end-to-end-tests";
/// The key pair of RFC 8037, appendix A, as a JWK set; `kid` is its thumbprint.
pub const SIGNING_KEYS: &str = include_str!("../fixtures/rfc8037.json");
const LOOK_EVERY: Duration = Duration::from_millis(50);
const LOOKS: usize = 600;

/// Starts an origin at `url` that relays its purges to `edge`, and waits until it is ready.
/// `environment` is added to the usual one and overrides it.
pub(crate) async fn start(
    store: &Store,
    url: &str,
    edge: &str,
    environment: &[(&'static str, &'static str)],
    client: &reqwest::Client,
) -> Result<Process> {
    let mut command = store.yousoon(&["serve"]);
    command
        .env("YOUSOON_LISTEN", url.trim_start_matches("http://"))
        .env("YOUSOON_EDGE_URL", edge)
        .env("YOUSOON_EDGE_SECRET", SECRET)
        .env("YOUSOON_ADMIN_TOKEN", TOKEN)
        .env("YOUSOON_DOCUMENT_MODE", "enforce")
        // All requests of a test come from one address.
        .env("YOUSOON_RATE_LIMITS", "off")
        .envs(environment.iter().copied());
    let origin = Process::start("yousoon serve", &mut command)?;
    for _ in 0..LOOKS {
        let ready = client.get(format!("{url}/readyz")).send().await;
        if ready.is_ok_and(|answer| answer.status().is_success()) {
            return Ok(origin);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    bail!("the origin is not ready:\n{}", origin.last_words())
}
