//! Stores what was added up, every few seconds and at the end.

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
/// Offers that are looked up and stored at once.
const AT_ONCE: usize = 200;

/// Runs until it is cancelled, and once more then.
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

/// Stores what was added up. What cannot be stored is added to what comes.
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
