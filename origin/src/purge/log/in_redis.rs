//! The log in Redis: the outbox's way into it, and what is asked of it.

use cache_core::{LogId, PurgeRecord, Revision};
use cache_tiered::{
    Extent, Moment, NewRecord, RedisLog, SourceError,
    outbox::{Look, Outbox},
    redis_log::Opened,
};

use super::{DrainError, PurgeLog, Shared, wall_ms};
use crate::{
    embedded::{
        StoreError,
        outbox::{OutboxRow, outbox_pending, outbox_remove},
    },
    purge::{
        audit::{self, AuditRow},
        embedded_log::{self, DRAIN_ROWS},
        in_force,
    },
};

impl PurgeLog {
    pub(super) async fn drain_into_redis(
        &self,
        redis: &RedisLog,
        now_ms: i64,
    ) -> Result<Revision, DrainError> {
        let Shared { db, feed, .. } = &*self.0;
        let _one_at_a_time = self.0.draining.lock().await;
        let mut last = None;
        loop {
            let rows = db.read(|c| outbox_pending(c, DRAIN_ROWS)).await?;
            if rows.is_empty() {
                return match last {
                    Some(revision) => Ok(revision),
                    None => self.end_of_redis(redis).await,
                };
            }
            let log = feed.position().log.ok_or(DrainError::Unknown)?;
            let mut records = Vec::with_capacity(rows.len());
            let mut audited = Vec::with_capacity(rows.len());
            for row in &rows {
                let record = new_record(row, now_ms);
                let revision = redis.append(log, &record).await?;
                records.push(PurgeRecord {
                    revision,
                    tags: record.tags.clone(),
                    kind: record.kind,
                });
                audited.push(AuditRow {
                    id: None,
                    at_ms: now_ms,
                    actor: row.purge.actor.clone(),
                    reason: row.purge.reason.clone(),
                    kind: record.kind,
                    tags: record.tags,
                    log: Some(log),
                    revision: Some(revision),
                });
            }
            feed.heard(log, &records);
            for record in &records {
                if !redis.has(log, record.revision).await? {
                    return Err(DrainError::Gone(record.revision));
                }
            }
            last = records.last().map(|record| record.revision);
            let taken_out = db
                .write(move |tx| take_out(tx, log, &rows, &audited))
                .await?;
            if !taken_out {
                return Err(cache_tiered::AppendError::OtherLog.into());
            }
        }
    }

    /// Another server moved what was in the outbox: then the end of the log that is in force is
    /// after it.
    async fn end_of_redis(&self, redis: &RedisLog) -> Result<Revision, DrainError> {
        let db = &self.0.db;
        let begins_after = db.read(in_force::next_begins_after).await?;
        let opened = redis.open(None, begins_after).await?;
        if db.read(in_force::in_force).await? != Some(opened.log) {
            return Err(cache_tiered::AppendError::OtherLog.into());
        }
        Ok(opened.head)
    }

    /// Asks Redis for its log, and the database whether it is the one in force.
    async fn open_redis(
        &self,
        redis: &RedisLog,
        known: Option<(LogId, Revision)>,
    ) -> Result<Opened, SourceError> {
        let db = &self.0.db;
        let begins_after = db.read(in_force::next_begins_after).await?;
        let mut opened = redis.open(None, begins_after).await?;
        let forgot = known.is_some_and(|(log, head)| log == opened.log && head > opened.head);
        if forgot {
            tracing::error!(log = %opened.log, "the purge log has forgotten records: a new one begins");
            opened = redis.open(Some(opened.log), begins_after).await?;
        }
        if db.read(in_force::in_force).await? == Some(opened.log) {
            return Ok(opened);
        }
        if !self.put_in_force(&opened).await? {
            // An old server that came back, and missed everything in between.
            tracing::warn!(log = %opened.log, "Redis has a log that was left behind: a new one begins");
            let begins_after = db.read(in_force::next_begins_after).await?;
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
        let (log, head) = (opened.log, opened.head);
        let put =
            move |tx: &rusqlite::Transaction<'_>| in_force::put_in_force(tx, log, head, now_ms);
        self.0.db.write(put).await
    }

    pub(super) async fn check_redis(
        &self,
        redis: &RedisLog,
        known: Option<(LogId, Revision)>,
    ) -> Result<Extent, SourceError> {
        let Shared {
            db, feed, looked, ..
        } = &*self.0;
        let mut looked = looked.lock().await;
        let began = feed.clock().now();
        let rows = db.read(|c| outbox_pending(c, DRAIN_ROWS)).await?;
        let look = Look::new(began, rows.iter().map(|row| row.id), DRAIN_ROWS);
        let mut opened = self.open_redis(redis, known).await?;
        let complete_at = match look.after(&looked) {
            Outbox::Moving(complete_at) => complete_at,
            // It appends to the log that the feed knows: a new one is taken up first.
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

fn new_record(row: &OutboxRow, now_ms: i64) -> NewRecord {
    NewRecord {
        tags: embedded_log::tags_of(&row.purge.tags),
        kind: embedded_log::kind_of(row.purge.kind),
        // Now, not the write's time: a row that lay here for days is not trimmed at once.
        at_ms: now_ms.unsigned_abs(),
    }
}

/// Takes rows out of the outbox whose records were read back from `log`; says whether it could.
/// Were that log not in force any more, its records would be no purges.
fn take_out(
    tx: &rusqlite::Transaction<'_>,
    log: LogId,
    rows: &[OutboxRow],
    audited: &[AuditRow],
) -> Result<bool, StoreError> {
    if in_force::in_force(tx)? != Some(log) {
        return Ok(false);
    }
    for (row, told) in rows.iter().zip(audited) {
        // A row that another server took out meanwhile was told of by it.
        if outbox_remove(tx, row.id)? {
            audit::record(tx, told)?;
        }
    }
    Ok(true)
}
