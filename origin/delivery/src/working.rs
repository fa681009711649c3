//! The workers of this server: some for each lane, until it stops.

use std::time::Duration;

use domain::{
    error_chain::chain,
    notifications::inbox,
    queue::{KEPT_MS, Lane},
};
use tokio::{task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::Delivery;

/// How long a lane waits before it looks again, if nobody wakes it.
const LOOKS_EVERY: Duration = Duration::from_millis(500);
/// How often the queue is counted and swept.
const SWEEPS_EVERY: Duration = Duration::from_secs(15);
/// How many ended tasks are removed at once.
const SWEPT_AT_ONCE: usize = 1_000;

/// The lanes of messages, identity checks and payments, and how many tasks of each this server does at
/// the same time.
pub(crate) const LANES: [(Lane, usize); 5] = [
    (Lane::Identity, 4),
    (Lane::Payments, 8),
    (Lane::Codes, 8),
    (Lane::Notices, 8),
    (Lane::Campaigns, 4),
];

impl Delivery {
    /// Does tasks until `stop` is cancelled, and finishes those that it has.
    pub async fn run(self, stop: CancellationToken) {
        let mut lanes = JoinSet::new();
        for (lane, workers) in LANES {
            lanes.spawn(self.clone().run_lane(lane, workers, stop.clone()));
        }
        lanes.spawn(self.clone().run_events(stop.clone()));
        lanes.spawn(self.sweep(stop));
        while lanes.join_next().await.is_some() {}
    }

    async fn run_lane(self, lane: Lane, workers: usize, stop: CancellationToken) {
        let mut working = JoinSet::new();
        let mut wake = self.0.parts.wake.subscribe();
        while !stop.is_cancelled() {
            let free = workers - working.len();
            let mut taken = 0;
            if free > 0 {
                match self.take(lane, free).await {
                    Ok((lease, tasks)) => {
                        taken = tasks.len();
                        for task in tasks {
                            let (this, lease) = (self.clone(), lease.clone());
                            working.spawn(async move { this.work(task, &lease).await });
                        }
                    }
                    Err(error) => {
                        let error = chain(&error);
                        tracing::warn!(lane = lane.as_str(), error, "the queue cannot be read");
                    }
                }
            }
            tokio::select! {
                () = stop.cancelled() => break,
                // All work: there may be more to do when one is free.
                Some(_) = working.join_next(), if taken == free => {}
                Ok(()) = wake.changed(), if taken < free => {}
                () = sleep(LOOKS_EVERY) => {}
            }
            // Those that ended are free.
            while working.try_join_next().is_some() {}
        }
        while working.join_next().await.is_some() {}
    }

    async fn sweep(self, stop: CancellationToken) {
        let parts = &self.0.parts;
        loop {
            let now_ms = (parts.now)();
            match parts.queue.figures(now_ms).await {
                Ok(figures) => parts.metrics.stored(&figures, now_ms),
                Err(error) => {
                    tracing::warn!(error = chain(&error), "the queue was not counted");
                }
            }
            let forgotten = parts.queue.forget(now_ms - KEPT_MS, SWEPT_AT_ONCE).await;
            if let Err(error) = &forgotten {
                tracing::warn!(error = chain(error), "old tasks were not removed");
            }
            let before_ms = now_ms - inbox::KEPT_MS;
            let notifications = &parts.sources.notifications;
            let forgotten = notifications.forget_entries(before_ms, SWEPT_AT_ONCE).await;
            if let Err(error) = &forgotten {
                tracing::warn!(
                    error = chain(error),
                    "old entries of inboxes were not removed"
                );
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(SWEEPS_EVERY) => {}
            }
        }
    }
}
