//! Queries of the purge log in the embedded database.

use cache_core::{Revision, Tip};
use cache_tiered::{Extent, Page, SourceError};
use domain::{
    StoreError,
    purges::{LogStore, log_store::LogExtent},
};

use super::{PurgeLog, wall_ms};

impl PurgeLog {
    /// Moves the outbox into the log and returns the log's extent; none when another log is in
    /// force.
    pub(super) async fn drain_in_database(
        &self,
        log: &dyn LogStore,
        now_ms: i64,
    ) -> Result<Option<LogExtent>, StoreError> {
        let feed = &self.0.feed;
        let drained = log.drain(feed.position().head, now_ms).await?;
        Ok(drained.map(|(extent, records)| {
            feed.heard(log.id(), &Page::of_the_database(records));
            feed.attest(log.id(), tip_at(extent.head));
            extent
        }))
    }

    pub(super) async fn check_database(&self, log: &dyn LogStore) -> Result<Extent, SourceError> {
        const REPLACED: &str = "another server put another purge log in force";
        let complete_at = self.0.feed.clock().now();
        let (waits, mut extent) = log.look().await?.ok_or(REPLACED)?;
        if waits {
            let drained = self.drain_in_database(log, wall_ms(complete_at)).await?;
            extent = drained.ok_or(REPLACED)?;
        }
        Ok(Extent {
            log: log.id(),
            horizon: extent.horizon,
            tip: tip_at(extent.head),
            attested: extent.head,
            complete_at,
        })
    }
}

/// The log in the database has no digests.
fn tip_at(revision: Revision) -> Tip {
    Tip {
        revision,
        ..Tip::default()
    }
}
