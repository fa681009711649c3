//! The purge log as the origin uses it: in Redis, or without Redis in the embedded database.
//!
//! A purge is first a row of the outbox, written in the transaction of the write that causes it.
//! The server moves it into the log at once; after a crash, the next server that checks the log
//! does.

mod draining;
mod in_database;
mod in_redis;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use cache_core::{AsOf, LogId, Revision, Tip};
use cache_tiered::{Extent, LogSource, Moment, Page, PurgeFeed, RedisLog, SourceError};
use domain::{
    StoreError,
    error_chain::chain,
    purges::{LOG_KEPT_MS, LOG_KEPT_RECORDS, LogStore, PendingPurge, PurgeStore},
};
use tokio::sync::Mutex;

/// The opened log, by where it is stored.
#[derive(Clone, Debug)]
pub enum Backend {
    /// In the embedded database.
    Database(Arc<dyn LogStore>),
    /// In Redis.
    Redis(Arc<RedisLog>),
}

/// Why purges are not in the log yet. They stay in the outbox.
#[derive(Debug, thiserror::Error)]
pub enum DrainError {
    #[error("the outbox cannot be read")]
    Store(#[from] StoreError),
    #[error("the purges cannot be appended to the purge log")]
    Append(#[from] cache_tiered::AppendError),
    #[error("the appended records cannot be read back from the purge log")]
    ReadBack(#[from] cache_tiered::LinkError),
    #[error("the purge log has lost record {0}")]
    Gone(Revision),
    #[error("other servers move rows into the purge log faster than this one")]
    Overtaken,
    #[error("no purge log is known yet")]
    Unknown,
    #[error("the purge log, or the drain before this one, takes too long")]
    Late,
    #[error("the draining task panicked or was cancelled")]
    CutOff(#[from] tokio::task::JoinError),
}

#[derive(Debug)]
struct Shared {
    store: Arc<dyn PurgeStore>,
    place: Backend,
    feed: Arc<PurgeFeed>,
    drains: draining::Drains,
    /// What the last check found.
    looked: Mutex<in_redis::Found>,
}

/// A handle to the log; clones share it.
#[derive(Clone, Debug)]
pub struct PurgeLog(Arc<Shared>);

impl PurgeLog {
    /// Opens the log without contacting Redis.
    pub async fn open(
        store: Arc<dyn PurgeStore>,
        place: Backend,
        feed: Arc<PurgeFeed>,
    ) -> Result<Self, StoreError> {
        if let Some(current) = store.in_force().await? {
            feed.begin(current.log);
        }
        Ok(Self(Arc::new(Shared {
            store,
            place,
            feed,
            drains: draining::Drains::default(),
            looked: Mutex::default(),
        })))
    }

    /// This server's copy of the log.
    pub fn feed(&self) -> &Arc<PurgeFeed> {
        &self.0.feed
    }

    /// The wall clock of the log's copy, in milliseconds since the Unix epoch.
    pub fn now_ms(&self) -> i64 {
        wall_ms(self.0.feed.clock().now())
    }

    /// The log position for data that is read from now on; take it before the first read. None
    /// while no log is known: an answer from such data cannot be cached.
    pub fn as_of(&self) -> Option<AsOf> {
        self.0.feed.as_of()
    }

    /// Purges and returns the purge's revision; none when the log cannot be reached: then the purge
    /// stays in the outbox and is delivered later.
    pub async fn append(
        &self,
        purge: PendingPurge,
        now_ms: i64,
    ) -> Result<Option<Revision>, StoreError> {
        self.0.store.push(purge, now_ms).await?;
        self.drain_outbox(now_ms).await
    }

    /// Moves the outbox into the log and returns a revision at or after everything that was in it.
    /// None when that is left for later: the log cannot be reached, or draining is up to the
    /// servers.
    pub async fn drain_outbox(&self, now_ms: i64) -> Result<Option<Revision>, StoreError> {
        match self.drain(now_ms).await {
            Ok(revision) => Ok(revision),
            Err(DrainError::Store(error)) => Err(error),
            Err(error) => {
                tracing::warn!(error = chain(&error), "a purge waits in the outbox");
                Ok(None)
            }
        }
    }

    async fn drain(&self, now_ms: i64) -> Result<Option<Revision>, DrainError> {
        match &self.0.place {
            Backend::Database(log) => {
                let drained = self.drain_in_database(log.as_ref(), now_ms).await?;
                Ok(drained.map(|extent| extent.head))
            }
            Backend::Redis(redis) => self.drain_for_a_writer(redis, now_ms).await.map(Some),
        }
    }

    /// Deletes log records that no cached answer can need any more, and expired audit rows.
    pub async fn trim(&self, now_ms: i64) -> Result<(), SourceError> {
        self.0.store.trim_audit(now_ms).await?;
        match &self.0.place {
            Backend::Database(log) => log.trim(now_ms).await?,
            Backend::Redis(redis) => {
                if let Some(log) = self.0.feed.position().log {
                    let before_ms = (now_ms - LOG_KEPT_MS).unsigned_abs();
                    let keep = usize::try_from(LOG_KEPT_RECORDS).unwrap_or(usize::MAX);
                    redis.trim(log, before_ms, keep).await?;
                }
            }
        }
        Ok(())
    }
}

impl LogSource for PurgeLog {
    async fn check(&self, known: Option<(LogId, Tip)>) -> Result<Extent, SourceError> {
        match &self.0.place {
            Backend::Database(log) => self.check_database(log.as_ref()).await,
            Backend::Redis(redis) => self.check_redis(redis, known).await,
        }
    }

    async fn records_after(
        &self,
        log: LogId,
        after: Revision,
        limit: usize,
        wait: Duration,
    ) -> Result<Page, SourceError> {
        match &self.0.place {
            Backend::Database(stored) if stored.id() != log => {
                Err("another server's purge log".into())
            }
            Backend::Database(stored) => {
                let records = stored.records_after(after, limit, wait).await?;
                Ok(Page::of_the_database(records))
            }
            Backend::Redis(redis) => Ok(redis.records_after(log, after, limit, wait).await?),
        }
    }
}

pub fn wall_ms(now: Moment) -> i64 {
    i64::try_from(now.wall_ms).unwrap_or(i64::MAX)
}
