//! Compares the provider's books with the ledger, once a day: yesterday, and again the day before, of
//! which lines may have come late.

use std::ops::Range;

use domain::{
    StoreError,
    error_chain::chain,
    payments::{
        provider::{Movement, ProviderError},
        reconciling::{MARGIN_MS, differences},
    },
};

use crate::{asking::IN_TASK, shared::Payments};

const DAY_MS: i64 = 86_400_000;
/// Days that are compared, each again on so many days.
const DAYS: i64 = 2;
/// A day's books have so many pages of a hundred lines at most. More is an error, not a loop.
const MOST_PAGES: usize = 10_000;

/// What a comparison found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reconciled {
    /// Lines of the provider's books.
    pub movements: usize,
    /// That the ledger does not have, or has otherwise; and the reverse.
    pub differences: usize,
}

/// Why the books were not compared. They are later.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the provider does not show its books")]
    Provider(#[from] ProviderError),
    #[error("another server compares them")]
    Lease,
    #[error("the provider's books do not end")]
    Endless,
}

impl Payments {
    /// Compares the days that are over, if that was not done today. The caller has the lease.
    pub(crate) async fn compare_if_due(&self) {
        let today = self.now_ms().div_euclid(DAY_MS);
        // The last lines of a day may come in the hours after it.
        let is_settled = self.now_ms().rem_euclid(DAY_MS) >= MARGIN_MS;
        if !is_settled || *self.compared() == Some(today) {
            return;
        }
        for day in today - DAYS..today {
            match self.reconcile(day * DAY_MS..(day + 1) * DAY_MS).await {
                Ok(found) if found.differences == 0 => {
                    tracing::info!(day, movements = found.movements, "the books agree");
                }
                Ok(Reconciled {
                    movements,
                    differences,
                }) => {
                    tracing::error!(day, movements, differences, "the books differ");
                }
                Err(error) => {
                    let error = chain(&error);
                    tracing::warn!(day, error, "the books are not compared; tried again soon");
                    return;
                }
            }
        }
        *self.compared() = Some(today);
        self.0.metrics.compared(self.now_ms());
    }

    /// Compares the provider's books of these moments with the ledger, and keeps what differs.
    pub async fn reconcile(&self, range: Range<i64>) -> Result<Reconciled, ReconcileError> {
        let store = &self.0.parts.store;
        let (from_ms, until_ms) = (range.start - MARGIN_MS, range.end + MARGIN_MS);
        let movements = self.movements(from_ms, until_ms).await?;
        let moved = store.moved(from_ms, until_ms).await?;
        let now_ms = self.now_ms();
        let found = differences(&range, &movements, &moved, now_ms);
        let kept = store.keep_differences(range.start, range.end, &found);
        kept.await?;
        let in_range = movements.iter().filter(|of| range.contains(&of.at_ms));
        Ok(Reconciled {
            movements: in_range.count(),
            differences: found.len(),
        })
    }

    async fn movements(
        &self,
        from_ms: i64,
        until_ms: i64,
    ) -> Result<Vec<Movement>, ReconcileError> {
        let provider = &self.0.parts.provider;
        let (mut all, mut after) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let page = provider.movements(from_ms, until_ms, after.as_deref());
            let page = self.ask("movements", IN_TASK, page).await?;
            all.extend(page.movements);
            let Some(next) = page.next else {
                return Ok(all);
            };
            after = Some(next);
            // A year's pages take longer than a lease.
            if !self.lease().await? {
                return Err(ReconcileError::Lease);
            }
        }
        Err(ReconcileError::Endless)
    }
}
