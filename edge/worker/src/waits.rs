//! A request's waits for the platform; all of them share one budget ([`Patience`]).

use std::cell::Cell;

use edge_core::patience::Patience;

use crate::clock::{now_ms, within};

/// What a wait came to.
pub(crate) enum Waited<T> {
    /// The result came in time.
    For(T),
    /// It did not come within the wait's own limit: what was waited for fails.
    TooLong,
    /// The request's budget ended before that limit, which says nothing about what was waited for.
    NoPatience,
}

/// The budget of one request.
#[derive(Default)]
pub(crate) struct Waits {
    patience: Cell<Patience>,
}

impl Waits {
    /// Waits for at most `limit_ms` milliseconds, or for what is left of the budget.
    pub(crate) async fn within<T>(
        &self,
        limit_ms: u64,
        result: impl Future<Output = T>,
    ) -> Waited<T> {
        let Some(allowed_ms) = self.patience.get().allows(limit_ms) else {
            return Waited::NoPatience;
        };
        let began_ms = now_ms();
        let result = within(allowed_ms, result).await;
        let mut patience = self.patience.get();
        // At least the limit: the clock may not have moved yet.
        let took_ms = now_ms().saturating_sub(began_ms);
        patience.spend(match result {
            Some(_) => took_ms,
            None => took_ms.max(allowed_ms),
        });
        self.patience.set(patience);
        match result {
            Some(result) => Waited::For(result),
            None if allowed_ms < limit_ms => Waited::NoPatience,
            None => Waited::TooLong,
        }
    }

    /// Whether nothing is left, so that parts of the platform may not have been asked.
    pub(crate) fn are_over(&self) -> bool {
        self.patience.get().allows(1).is_none()
    }
}
