//! After a write: its purge goes from the outbox into the log, and the answer says its revision.

use domain::{StoreError, error_chain::chain, offers::store::Purging};

use super::context::RequestContext;

/// Moves the write's purge into the log, for its revision. The write is committed: if this fails
/// it is answered all the same, and a server's next question to the log moves the purge.
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
