//! Queries of the purge log in Redis.

use cache_core::{LogId, Revision};
use cache_tiered::{
    Extent, Moment, RedisLog, SourceError,
    outbox::{Look, Outbox},
    redis_log::Opened,
};
use domain::{StoreError, purges::DRAINED_AT_ONCE};

use super::{PurgeLog, Shared, wall_ms};

impl PurgeLog {
    /// Opens the log in Redis and checks in the database whether it is the one in force.
    async fn open_redis(
        &self,
        redis: &RedisLog,
        known: Option<(LogId, Revision)>,
    ) -> Result<Opened, SourceError> {
        let store = &self.0.store;
        let begins_after = store.next_begins_after().await?;
        let mut opened = redis.open(None, begins_after).await?;
        let forgot = known.is_some_and(|(log, head)| log == opened.log && head > opened.head);
        if forgot {
            tracing::error!(log = %opened.log, "the purge log has forgotten records: a new one begins");
            opened = redis.open(Some(opened.log), begins_after).await?;
        }
        if store.in_force().await? == Some(opened.log) {
            return Ok(opened);
        }
        if !self.put_in_force(&opened).await? {
            // An old Redis server came back and missed every purge since.
            tracing::warn!(log = %opened.log, "Redis has a log that was left behind: a new one begins");
            let begins_after = store.next_begins_after().await?;
            opened = redis.open(Some(opened.log), begins_after).await?;
            if !self.put_in_force(&opened).await? {
                return Err("the new purge log cannot be put in force".into());
            }
        }
        tracing::info!(log = %opened.log, "another purge log is in force");
        Ok(opened)
    }

    async fn put_in_force(&self, opened: &Opened) -> Result<bool, StoreError> {
        let now_ms = wall_ms(self.0.feed.clock().now());
        let put = self.0.store.put_in_force(opened.log, opened.head, now_ms);
        put.await
    }

    pub async fn check_redis(
        &self,
        redis: &RedisLog,
        known: Option<(LogId, Revision)>,
    ) -> Result<Extent, SourceError> {
        let Shared {
            store,
            feed,
            looked,
            ..
        } = &*self.0;
        let mut looked = looked.lock().await;
        let began = feed.clock().now();
        let rows = store.pending(0, DRAINED_AT_ONCE).await?;
        let look = Look::new(began, rows.iter().map(|row| row.id), DRAINED_AT_ONCE);
        let mut opened = self.open_redis(redis, known).await?;
        let complete_at = match look.after(&looked) {
            Outbox::Moving(complete_at) => complete_at,
            // An append goes to the log that the feed knows, so the feed switches to a new log
            // first.
            Outbox::Stuck if feed.position().log != Some(opened.log) => {
                *looked = Look::default();
                return Ok(extent(&opened, Moment::default()));
            }
            Outbox::Stuck => {
                self.drain_into_redis(redis, wall_ms(began)).await?;
                opened = self.open_redis(redis, known).await?;
                began
            }
        };
        *looked = look;
        Ok(extent(&opened, complete_at))
    }
}

const fn extent(opened: &Opened, complete_at: Moment) -> Extent {
    Extent {
        log: opened.log,
        horizon: opened.horizon,
        head: opened.head,
        complete_at,
    }
}
