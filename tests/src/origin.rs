//! One `yousoon serve`.

use std::time::Duration;

use anyhow::{Result, bail};

use crate::edge::SECRET;
use crate::process::Process;
use crate::store::Store;

/// The service token that an origin's admin uses.
pub(crate) const TOKEN: &str = "a-service-token-of-the-end-to-end-tests";
const LOOK_EVERY: Duration = Duration::from_millis(50);
const LOOKS: usize = 600;

/// Starts an origin at `url`, which relays its purges to `edge`; `environment` is beside and above
/// the usual one. Returns when it is ready.
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
        // Everything comes from one address here.
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
    bail!("the origin did not get ready:\n{}", origin.last_words())
}
