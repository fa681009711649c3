//! Names pages of the showcase site that have no slug: rows that were filled in at once, and those that a
//! program of the version before stored. Every server with the role `jobs` does it; two at once do no
//! harm.

use std::time::Duration;

use domain::{
    StoreError,
    error_chain::chain,
    site::{slugs::PageKind, store::NAMED_AT_ONCE},
};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::state::AppState;

const EVERY: Duration = Duration::from_secs(10);

/// Names pages until it is cancelled.
pub async fn run(state: AppState, stop: CancellationToken) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let named = tokio::select! {
            () = stop.cancelled() => return,
            named = name(&state) => named,
        };
        match named {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "pages got a slug"),
            Err(error) => {
                let error = chain(&error);
                tracing::warn!(error, "pages have no slug yet; tried again soon");
            }
        }
    }
}

/// Names all pages that have no slug; returns how many.
pub async fn name(state: &AppState) -> Result<usize, StoreError> {
    let mut count = 0;
    for kind in PageKind::ALL {
        loop {
            let now_ms = state.services.clock.now_ms();
            let named = state.services.site.name_pages(*kind, now_ms).await?;
            count += named;
            if named < NAMED_AT_ONCE {
                break;
            }
        }
    }
    Ok(count)
}
