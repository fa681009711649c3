//! Queries of the purge log in Redis.

use cache_core::{LogId, Revision, Tip};
use cache_tiered::{
    Extent, Moment, RedisLog, SourceError,
    outbox::{Look, Outbox},
    redis_log::Opened,
};
use domain::{
    StoreError,
    purges::{DRAINED_AT_ONCE, InForce, Proof},
};

use super::{DrainError, PurgeLog, Shared, wall_ms};

/// What a check found.
#[derive(Debug, Default)]
pub(super) struct Found {
    outbox: Look,
    /// Where the log ended.
    tip: Tip,
}

impl PurgeLog {
    /// Finds the log that is in force, or begins a new one. It has `known`, and all that the database
    /// attests of it; also returns up to where that is.
    async fn open_redis(
        &self,
        redis: &RedisLog,
        known: Option<(LogId, Tip)>,
    ) -> Result<(Opened, Tip), SourceError> {
        let store = &self.0.store;
        // Read before the log is: what is attested was in the log before.
        let in_force = store.in_force().await?;
        let attested = in_force.map(|InForce { log, end }| (log, end));
        let musts: Vec<(LogId, Tip)> = known.into_iter().chain(attested).collect();
        let looked = redis.look(&musts).await?;
        let found = looked.filter(|looked| !looked.has_lost);
        let opened = match (found, looked) {
            (Some(found), _) => found.opened,
            (None, None) => self.begin(redis, None).await?,
            (None, Some(lost)) => {
                let log = lost.opened.log;
                tracing::error!(%log, "the purge log has lost records: a new one begins");
                self.begin(redis, Some(log)).await?
            }
        };
        // Again, now that the log was read: it may have been replaced meanwhile.
        match store.in_force().await? {
            Some(now) if now.log == opened.log => {
                // Only the end that was read before the log is known to be in it.
                let before = attested.filter(|(log, _)| *log == opened.log);
                let (_, end) = before.ok_or("another server has just begun this purge log")?;
                return Ok((opened, end));
            }
            Some(_) | None => {}
        }
        let opened = if self.put_in_force(&opened).await? {
            opened
        } else {
            // An old Redis server came back and missed every purge since.
            tracing::warn!(log = %opened.log, "Redis has a log that was left behind: a new one begins");
            let fresh = self.begin(redis, Some(opened.log)).await?;
            if !self.put_in_force(&fresh).await? {
                return Err("the new purge log cannot be put in force".into());
            }
            fresh
        };
        tracing::info!(log = %opened.log, "another purge log is in force");
        Ok((opened, opened.tip))
    }

    /// Begins a log in the place of this one.
    async fn begin(&self, redis: &RedisLog, wrong: Option<LogId>) -> Result<Opened, SourceError> {
        let begins_after = self.0.store.next_begins_after().await?;
        Ok(redis.open(wrong, begins_after).await?)
    }

    async fn put_in_force(&self, opened: &Opened) -> Result<bool, StoreError> {
        let now_ms = wall_ms(self.0.feed.clock().now());
        let put = self.0.store.put_in_force(opened.log, opened.tip, now_ms);
        put.await
    }

    pub async fn check_redis(
        &self,
        redis: &RedisLog,
        known: Option<(LogId, Tip)>,
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
        let (mut opened, mut attested) = self.open_redis(redis, known).await?;
        let complete_at = match look.after(&looked.outbox) {
            Outbox::Moving(complete_at) => complete_at,
            // An append goes to the log that the feed knows, so the feed switches to a new log
            // first.
            Outbox::Stuck if feed.position().log != Some(opened.log) => {
                *looked = Found::default();
                return Ok(extent(&opened, attested.revision, Moment::default()));
            }
            Outbox::Stuck => {
                self.drain_into_redis(redis, wall_ms(began)).await?;
                (opened, attested) = self.open_redis(redis, known).await?;
                began
            }
        };
        // A record that nobody attests: its writer crashed, and another server moved its row.
        if rows.is_empty() && opened.tip == looked.tip && attested.revision < opened.tip.revision {
            attested = self.attest(redis, &opened, attested).await?;
        }
        *looked = Found {
            outbox: look,
            tip: opened.tip,
        };
        Ok(extent(&opened, attested.revision, complete_at))
    }

    /// Attests the whole log, which was attested up to `end`.
    async fn attest(&self, redis: &RedisLog, opened: &Opened, end: Tip) -> Result<Tip, DrainError> {
        let proof = Proof {
            log: opened.log,
            tip: opened.tip,
            known: vec![end],
        };
        self.take_out(redis, proof, Vec::new()).await?;
        Ok(opened.tip)
    }
}

const fn extent(opened: &Opened, attested: Revision, complete_at: Moment) -> Extent {
    Extent {
        log: opened.log,
        horizon: opened.horizon,
        tip: opened.tip,
        attested,
        complete_at,
    }
}
