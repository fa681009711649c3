//! Moves what another process, or a crashed one, left in the outbox; trims the log.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::PurgeLog;
use crate::{embedded::StoreError, state::Clock, telemetry::chain};

/// How long an import of another process may wait to be relayed.
const PERIOD: Duration = Duration::from_millis(100);
const TRIM_PERIOD: Duration = Duration::from_hours(1);

/// Runs until it is cancelled.
pub async fn run(log: PurgeLog, clock: Clock, stop: CancellationToken) {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut trimmed_at: Option<Instant> = None;
    let mut healthy = true;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let trim_due = trimmed_at.is_none_or(|at| at.elapsed() >= TRIM_PERIOD);
        let outcome = sweep(&log, &clock, trim_due).await;
        if trim_due && outcome.is_ok() {
            trimmed_at = Some(Instant::now());
        }
        // Changes only: ten lines a second help nobody.
        match (&outcome, healthy) {
            (Err(error), true) => {
                tracing::error!(error = chain(error), "the outbox cannot be swept");
            }
            (Ok(()), false) => tracing::info!("the outbox is swept again"),
            (Ok(()), true) | (Err(_), false) => {}
        }
        healthy = outcome.is_ok();
    }
}

async fn sweep(log: &PurgeLog, clock: &Clock, trim_due: bool) -> Result<(), StoreError> {
    log.drain_outbox(clock.now_ms()).await?;
    if trim_due {
        let gone = log.trim(clock.now_ms()).await?;
        if gone > 0 {
            tracing::info!(records = gone, "purge log trimmed");
        }
    }
    Ok(())
}
