//! Deletes old purge log and audit records once an hour.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::PurgeLog;

const PERIOD: Duration = Duration::from_hours(1);

/// Runs until it is cancelled.
pub async fn run(log: PurgeLog, stop: CancellationToken) {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        if let Err(error) = log.trim(log.now_ms()).await {
            tracing::error!(error, "the purge log cannot be trimmed");
        }
    }
}
