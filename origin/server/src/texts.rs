//! Follows the texts of messages that administrators change, also on other servers.

use std::time::Duration;

use api::notifications::templates::follow;
use domain::error_chain::chain;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::state::AppState;

/// How late another server uses a change.
const EVERY: Duration = Duration::from_secs(15);

/// Follows until it is cancelled.
pub async fn run(state: AppState, stop: CancellationToken) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let services = &state.services;
        if let Err(error) = follow(&*services.stored_templates, &services.templates).await {
            let error = chain(&error);
            tracing::warn!(
                error,
                "changed texts cannot be read; those of before are used"
            );
        }
    }
}
