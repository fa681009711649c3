//! The jobs of payments: has payments looked at of which no report came, and once a day compares the
//! provider's books with the ledger.
//!
//! Only the server that holds the lease does this. Two at once would do no harm: a task has a key, an
//! answer is applied once, and differences are kept by the provider's name.

use std::time::Duration;

use domain::{StoreError, error_chain::chain};
use tokio_util::sync::CancellationToken;

use crate::shared::Payments;

const EVERY: Duration = Duration::from_secs(5);
/// How long after its last renewal a lease counts as abandoned, in milliseconds. Comparing a day's books
/// may take as long.
pub(crate) const LEASE_MS: i64 = 60_000;
/// How many payments one transaction has looked at.
const AT_ONCE: usize = 100;
/// How many turns pass between two counts of what waits: 15 s.
const TURNS_A_COUNT: u32 = 3;

impl Payments {
    /// Polls and compares until `stop` is cancelled, then gives the lease back.
    pub async fn run(self, stop: CancellationToken) {
        let mut turns = 0_u32;
        loop {
            if turns.is_multiple_of(TURNS_A_COUNT) {
                self.count().await;
            }
            turns = turns.wrapping_add(1);
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.turn() => {}
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
        let store = &self.0.parts.store;
        if let Err(error) = store.give_lease_back(&self.0.holder).await {
            let error = chain(&error);
            tracing::warn!(error, "the lease of payments was not given back");
        }
    }

    async fn turn(&self) {
        match self.poll_due().await {
            Ok(None) => return,
            Ok(Some(0)) => {}
            Ok(Some(count)) => tracing::info!(count, "payments are looked at"),
            Err(error) => {
                let error = chain(&error);
                tracing::warn!(error, "payments are not polled; tried again soon");
                return;
            }
        }
        self.compare_if_due().await;
    }

    /// Has all payments looked at that are due, if this server gets the lease. Returns how many; none if
    /// another server has the lease.
    pub async fn poll_due(&self) -> Result<Option<usize>, StoreError> {
        let parts = &self.0.parts;
        let mut count = 0;
        loop {
            if !self.lease().await? {
                return Ok((count > 0).then_some(count));
            }
            let now_ms = self.now_ms();
            let due = parts.store.poll_due(now_ms, AT_ONCE).await?;
            self.0.metrics.polled(now_ms);
            if due > 0 {
                parts.wake.send_replace(());
            }
            count += due;
            if due < AT_ONCE {
                return Ok(Some(count));
            }
        }
    }

    /// Whether this server has the lease.
    pub(crate) async fn lease(&self) -> Result<bool, StoreError> {
        let now_ms = self.now_ms();
        let store = &self.0.parts.store;
        store
            .take_lease(&self.0.holder, now_ms + LEASE_MS, now_ms)
            .await
    }

    /// For the metric, which every server has, also those without the lease.
    async fn count(&self) {
        match self.0.parts.store.figures().await {
            Ok(figures) => self.0.metrics.counted(&figures, self.now_ms()),
            Err(error) => {
                let error = chain(&error);
                tracing::warn!(error, "payments were not counted");
            }
        }
    }
}
