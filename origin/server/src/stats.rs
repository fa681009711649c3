//! Writes the counted offer views to the database, every 10 s and when the server stops.

use std::time::Duration;

use domain::{
    StoreError,
    error_chain::chain,
    stats::{Seen, store::OfferViews},
};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::state::AppState;

const PERIOD: Duration = Duration::from_secs(10);
/// How many offers one batch looks up and stores.
const AT_ONCE: usize = 200;

/// Flushes the counts periodically until `stop` is cancelled, then a last time.
pub async fn run(state: AppState, stop: CancellationToken) {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let last = tokio::select! {
            () = stop.cancelled() => true,
            _ = ticks.tick() => false,
        };
        flush(&state).await;
        if last {
            return;
        }
    }
}

/// Stores the views counted since the last flush. Counts that cannot be stored are kept for the
/// next flush.
pub async fn flush(state: &AppState) {
    let seen = state.services.views.take();
    for some in seen.chunks(AT_ONCE) {
        if let Err(error) = store(state, some).await {
            tracing::warn!(error = chain(&error), "views are not stored yet");
            state.services.views.put_back(some.to_vec());
        }
    }
}

async fn store(state: &AppState, seen: &[Seen]) -> Result<(), StoreError> {
    let ids: Vec<_> = seen.iter().map(|one| one.offer.clone()).collect();
    let offers = state.services.offers.by_ids(&ids).await?;
    let views: Vec<OfferViews> = seen
        .iter()
        .filter_map(|one| {
            let offer = offers.get(&one.offer)?;
            Some(OfferViews {
                partner: offer.partner_id.clone(),
                seen: one.clone(),
            })
        })
        .collect();
    if views.is_empty() {
        return Ok(());
    }
    state.services.stats.add_views(views).await
}
