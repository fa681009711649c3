//! Moves the purges of new entries of inboxes and of payments from the outbox to the purge log, so that
//! open apps hear of them at once. If it fails, the next look at the log does it.

use domain::error_chain::chain;
use tokio_util::sync::CancellationToken;

use crate::state::AppState;

pub async fn run(state: AppState, stop: CancellationToken) {
    let mut stored = state.entries_stored.subscribe();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            Ok(()) = stored.changed() => {}
        }
        let now_ms = state.services.clock.now_ms();
        if let Err(error) = state.services.purge_log.drain_outbox(now_ms).await {
            let error = chain(&error);
            tracing::warn!(
                error,
                "open apps hear later of new entries of inboxes and of payments"
            );
        }
    }
}
