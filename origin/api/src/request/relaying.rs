//! After a write: moves its purge from the outbox to the log and records the revision for the
//! answer.

use domain::{StoreError, error_chain::chain, offers::store::Purging};

use super::context::RequestContext;

/// Moves the write's purge to the log and records its revision. The write is already committed, so
/// a failure here does not fail the answer: the next server that reads the log moves the purge.
pub async fn relay(request: &RequestContext, purging: Purging) {
    match purging {
        Purging::Nothing => {}
        Purging::Pending => {
            if let Err(error) = drain(request).await {
                tracing::error!(
                    error = chain(&error),
                    "a write is committed, its purge waits in the outbox"
                );
            }
        }
    }
}

async fn drain(request: &RequestContext) -> Result<(), StoreError> {
    let drained = request
        .services
        .purge_log
        .drain_outbox(request.now_ms)
        .await?;
    // None: the log cannot be reached, and every server will move the purge once it can.
    if let Some(revision) = drained {
        request.facts.purged(revision);
    }
    Ok(())
}
