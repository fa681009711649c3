//! The job that does what is due with checks: the provider is asked when it has not reported for a while,
//! identities end, and old checks are removed.
//!
//! Every server with the role `jobs` does it, without a lease: each turn is a transaction that looks whether
//! it is still due.

use std::time::Duration;

use domain::{StoreError, error_chain::chain};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::Identity;

const EVERY: Duration = Duration::from_secs(15);
/// How many checks are read at once.
const AT_ONCE: usize = 100;

impl Identity {
    /// Runs until `stop` is cancelled.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                turned = self.turn() => {
                    if let Err(error) = turned {
                        let error = chain(&error);
                        tracing::warn!(error, "identity checks are not looked at; tried again soon");
                    }
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(EVERY) => {}
            }
        }
    }

    /// Does all that is due; returns how many checks that were.
    pub async fn turn(&self) -> Result<usize, StoreError> {
        let parts = &self.0.parts;
        let mut count = 0;
        loop {
            let now_ms = (parts.now)();
            let due = parts.store.due(now_ms, AT_ONCE).await?;
            let is_last = due.len() < AT_ONCE;
            let mut turned = 0;
            for id in due {
                turned += usize::from(parts.store.turn(&id, now_ms).await?);
            }
            if turned > 0 {
                parts.wake.send_replace(());
            }
            count += turned;
            // Without progress, another query would find the same.
            if is_last || turned == 0 {
                break;
            }
        }
        let oldest_ms = parts.store.oldest_open_ms().await?;
        let now_ms = (parts.now)();
        let age_ms = oldest_ms.map_or(0, |since_ms| now_ms - since_ms);
        self.0.metrics.oldest_open(age_ms);
        Ok(count)
    }
}
