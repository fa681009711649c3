//! Moves the outbox into the log in Redis.

use std::{sync::Arc, time::Duration};

use cache_core::{PurgeRecord, Revision};
use cache_tiered::{AppendError, NewRecord, RedisLog, redis_log};
use domain::purges::{AuditRow, Moved, OutboxRow};
use tokio::{
    sync::OwnedMutexGuard,
    time::{Instant, timeout_at},
};

use super::{DrainError, PurgeLog, Shared};

/// How many rows are appended, read back and removed together: three steps, however far away Redis
/// is.
const BATCH_ROWS: usize = 100;
/// How long a writer waits for other writers and for the log. After that its row is left to the
/// next check of the log.
const WRITER_WAITS: Duration = redis_log::CALL_WITHIN;

impl PurgeLog {
    /// Moves the outbox into the log without a time limit; returns a revision at or after its
    /// content.
    pub async fn drain_into_redis(
        &self,
        redis: &RedisLog,
        now_ms: i64,
    ) -> Result<Revision, DrainError> {
        let last = self.0.store.last_pending().await?;
        let turn = Arc::clone(&self.0.draining).lock_owned().await;
        self.drain_in_turn(redis, last, now_ms, turn).await
    }

    /// Like [`Self::drain_into_redis`], for a writer. The drain continues when the writer stops
    /// waiting: a cancelled call would not be recorded as failed.
    pub async fn drain_for_a_writer(
        &self,
        redis: &Arc<RedisLog>,
        now_ms: i64,
    ) -> Result<Revision, DrainError> {
        let deadline = Instant::now() + WRITER_WAITS;
        let last = self.0.store.last_pending().await?;
        let turn = timeout_at(deadline, Arc::clone(&self.0.draining).lock_owned())
            .await
            .map_err(|_elapsed| DrainError::Late)?;
        let (log, redis) = (self.clone(), Arc::clone(redis));
        let work = tokio::spawn(async move { log.drain_in_turn(&redis, last, now_ms, turn).await });
        timeout_at(deadline, work)
            .await
            .map_err(|_elapsed| DrainError::Late)??
    }

    async fn drain_in_turn(
        &self,
        redis: &RedisLog,
        last: i64,
        now_ms: i64,
        turn: OwnedMutexGuard<()>,
    ) -> Result<Revision, DrainError> {
        let moved = self.move_up_to(redis, last, now_ms).await?;
        drop(turn);
        match moved {
            Some(revision) => Ok(revision),
            None => self.end_of_redis(redis).await,
        }
    }

    /// Moves the rows up to the id `last`, which are all that there were when it was the greatest, and
    /// other rows only as far as they fill a batch. Each id is passed once, so rows that keep coming
    /// do not hold it up. None when others moved the last of the rows.
    async fn move_up_to(
        &self,
        redis: &RedisLog,
        last: i64,
        now_ms: i64,
    ) -> Result<Option<Revision>, DrainError> {
        let mut after = 0;
        loop {
            let rows = self.0.store.pending(after, BATCH_ROWS).await?;
            if rows.first().is_none_or(|row| row.id > last) {
                return Ok(None);
            }
            after = rows.last().map_or(last, |row| row.id);
            let revision = self.move_batch(redis, rows, now_ms).await?;
            if after >= last {
                return Ok(revision);
            }
        }
    }

    /// Moves one batch and returns the last row's revision.
    async fn move_batch(
        &self,
        redis: &RedisLog,
        rows: Vec<OutboxRow>,
        now_ms: i64,
    ) -> Result<Option<Revision>, DrainError> {
        let Shared { store, feed, .. } = &*self.0;
        let log = feed.position().log.ok_or(DrainError::Unknown)?;
        let new: Vec<NewRecord> = rows.iter().map(|row| new_record(row, now_ms)).collect();
        let revisions = redis.append(log, &new).await?;
        let records: Vec<PurgeRecord> = (new.into_iter().zip(&revisions))
            .map(|(record, revision)| PurgeRecord {
                revision: *revision,
                tags: record.tags,
                kind: record.kind,
            })
            .collect();
        feed.heard(log, &records);
        if let Some(gone) = redis.missing(log, &revisions).await? {
            return Err(DrainError::Gone(gone));
        }
        let moved = (rows.into_iter().zip(records))
            .map(|(row, record)| Moved {
                id: row.id,
                told: AuditRow {
                    id: None,
                    at_ms: now_ms,
                    actor: row.purge.actor,
                    reason: row.purge.reason,
                    kind: record.kind,
                    tags: record.tags,
                    log: Some(log),
                    revision: Some(record.revision),
                },
            })
            .collect();
        let taken_out = store.take_out(log, moved).await?;
        if !taken_out {
            return Err(AppendError::OtherLog.into());
        }
        Ok(revisions.last().copied())
    }

    /// The end of the log in force, for when another server moved the outbox's rows: they lie at or
    /// before it.
    async fn end_of_redis(&self, redis: &RedisLog) -> Result<Revision, DrainError> {
        let store = &self.0.store;
        let begins_after = store.next_begins_after().await?;
        let opened = redis.open(None, begins_after).await?;
        if store.in_force().await? != Some(opened.log) {
            return Err(AppendError::OtherLog.into());
        }
        Ok(opened.head)
    }
}

fn new_record(row: &OutboxRow, now_ms: i64) -> NewRecord {
    NewRecord {
        tags: row.purge.tags.clone(),
        kind: row.purge.kind,
        // The current time, not the write's: a row that waited here for days must not be trimmed at
        // once.
        at_ms: now_ms.unsigned_abs(),
    }
}
