//! What every operation keeps to: how long it takes, and what a write promises.

use std::time::Duration;

use domain::StoreError;
use mongodb::options::{Acknowledgment, WriteConcern};
use tracing::Instrument as _;

use crate::error::MongoError;

/// What an operation asks the server to keep to, as its `max_time`: the server gives up before we do.
pub const SERVER_WITHIN: Duration = Duration::from_secs(3);

/// Waits for `work` that long. It goes on by itself after that: the driver's futures must be polled
/// to their end.
pub async fn bounded<T, F>(within: Duration, work: F) -> Result<T, MongoError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, MongoError>> + Send + 'static,
{
    match tokio::time::timeout(within, tokio::spawn(work.in_current_span())).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_panicked)) => Err(StoreError::Interrupted.into()),
        Err(_elapsed) => Err(MongoError::NoAnswer { within }),
    }
}

/// On the disks of most of the servers: a purge is relayed after its commit, so no failover may
/// undo what was committed.
pub fn majority() -> WriteConcern {
    WriteConcern::builder()
        .w(Acknowledgment::Majority)
        .journal(true)
        .w_timeout(SERVER_WITHIN)
        .build()
}
