//! Tells the purge log, once a second, of offers that began or ended. Every server does it: a row in
//! the database says up to where it was done.

use std::time::Duration;

use domain::{StoreError, error_chain::chain, offers::validity::AT_ONCE};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::state::AppState;

const EVERY: Duration = Duration::from_secs(1);
/// Offers are told of so much later: the clock of another server, which makes the lists anew, may be
/// behind by this, and would still leave the offer out.
pub const MARGIN_MS: i64 = 1_000;

/// Tells until it is cancelled.
pub async fn run(state: AppState, stop: CancellationToken) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        match tell(&state).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "offers began or ended"),
            Err(error) => {
                let error = chain(&error);
                tracing::warn!(error, "offers that began or ended are not told yet");
            }
        }
    }
}

/// Tells of all that is due; returns how many.
pub async fn tell(state: &AppState) -> Result<usize, StoreError> {
    let now_ms = state.services.clock.now_ms();
    let mut count = 0;
    loop {
        let told = state
            .services
            .offers
            .tell_of_turns(now_ms - MARGIN_MS)
            .await?;
        count += told;
        if told < AT_ONCE {
            break;
        }
    }
    if count > 0 {
        state.services.purge_log.drain_outbox(now_ms).await?;
    }
    Ok(count)
}
