//! Moves the outbox into the log in Redis.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use cache_core::{LogId, Revision, Tip};
use cache_tiered::{AppendError, NewRecord, Page, RedisLog, redis_log};
use domain::purges::{AuditRow, Moved, OutboxRow, Proof, TakenOut};
use tokio::{
    sync::{Mutex, OwnedMutexGuard},
    time::{Instant, timeout_at},
};

use super::{DrainError, PurgeLog, Shared};

/// How many rows are appended, read back and removed together: three steps, however far away Redis
/// is.
const BATCH_ROWS: usize = 100;
/// How long a writer waits for other writers and for the log. After that its row is left to the
/// next check of the log.
const WRITER_WAITS: Duration = redis_log::CALL_WITHIN;
/// How many of the copy's newest positions a proof names. The log is attested up to one of them,
/// unless other servers have just moved more rows than this.
const KNOWN_TIPS: usize = 512;
/// How often other servers may move the log's attested end while rows are taken out.
const ENDS: usize = 8;

/// The drains of this server, one at a time.
#[derive(Debug, Default)]
pub(super) struct Drains {
    /// How many have begun.
    begun: AtomicU64,
    /// Held by the drain that runs; what the last one that succeeded did.
    turn: Arc<Mutex<Drained>>,
}

/// A drain: it moved everything that was in the outbox when it began.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Drained {
    /// Drains are counted from one.
    number: u64,
    /// At or after everything that was in the outbox.
    revision: Revision,
}

impl PurgeLog {
    /// Moves the outbox into the log without a time limit; returns a revision at or after its
    /// content.
    pub async fn drain_into_redis(
        &self,
        redis: &RedisLog,
        now_ms: i64,
    ) -> Result<Revision, DrainError> {
        let turn = Arc::clone(&self.0.drains.turn).lock_owned().await;
        self.drain_in_turn(redis, now_ms, turn).await
    }

    /// Like [`Self::drain_into_redis`], for a writer. A drain that began since then serves all who
    /// wait. It continues when the writer stops waiting: a cancelled call would not be recorded as
    /// failed.
    pub async fn drain_for_a_writer(
        &self,
        redis: &Arc<RedisLog>,
        now_ms: i64,
    ) -> Result<Revision, DrainError> {
        let deadline = Instant::now() + WRITER_WAITS;
        let begun = self.0.drains.begun.load(SeqCst);
        let turn = timeout_at(deadline, Arc::clone(&self.0.drains.turn).lock_owned())
            .await
            .map_err(|_elapsed| DrainError::Late)?;
        if turn.number > begun {
            return Ok(turn.revision);
        }
        let (log, redis) = (self.clone(), Arc::clone(redis));
        let work = tokio::spawn(async move { log.drain_in_turn(&redis, now_ms, turn).await });
        timeout_at(deadline, work)
            .await
            .map_err(|_elapsed| DrainError::Late)??
    }

    async fn drain_in_turn(
        &self,
        redis: &RedisLog,
        now_ms: i64,
        mut turn: OwnedMutexGuard<Drained>,
    ) -> Result<Revision, DrainError> {
        // Before the outbox is read.
        let number = self.0.drains.begun.fetch_add(1, SeqCst) + 1;
        let revision = match self.move_all(redis, now_ms).await? {
            Some(revision) => revision,
            None => self.attested_end().await?,
        };
        *turn = Drained { number, revision };
        Ok(revision)
    }

    /// Moves all rows that there are when it begins, and other rows only as far as they fill a batch.
    /// Each id is passed once, so rows that keep coming do not hold it up. None when others moved the
    /// last of the rows.
    async fn move_all(
        &self,
        redis: &RedisLog,
        now_ms: i64,
    ) -> Result<Option<Revision>, DrainError> {
        let store = &self.0.store;
        let mut rows = store.pending(0, BATCH_ROWS).await?;
        let last = if rows.len() < BATCH_ROWS {
            rows.last().map_or(0, |row| row.id)
        } else {
            store.last_pending().await?
        };
        while rows.first().is_some_and(|row| row.id <= last) {
            let after = rows.last().map_or(last, |row| row.id);
            let revision = self.move_batch(redis, rows, now_ms).await?;
            if after >= last {
                return Ok(revision);
            }
            rows = store.pending(after, BATCH_ROWS).await?;
        }
        Ok(None)
    }

    /// Moves one batch and returns the last row's revision.
    async fn move_batch(
        &self,
        redis: &RedisLog,
        rows: Vec<OutboxRow>,
        now_ms: i64,
    ) -> Result<Option<Revision>, DrainError> {
        let feed = &self.0.feed;
        let log = feed.position().log.ok_or(DrainError::Unknown)?;
        let new: Vec<NewRecord> = rows.iter().map(|row| new_record(row, now_ms)).collect();
        let page = redis.append(log, &new).await?;
        let Some(tip) = page.tip() else {
            return Ok(None);
        };
        feed.heard(log, &page);
        // A log that has the last record has all of them.
        if !redis.has(log, &[tip]).await? {
            return Err(DrainError::Gone(tip.revision));
        }
        let moved = (rows.into_iter().zip(&page.records))
            .map(|(row, record)| Moved {
                id: row.id,
                told: AuditRow {
                    id: None,
                    at_ms: now_ms,
                    actor: row.purge.actor,
                    reason: row.purge.reason,
                    kind: record.kind,
                    tags: record.tags.clone(),
                    log: Some(log),
                    revision: Some(record.revision),
                },
            })
            .collect();
        let proof = self.proof(log, tip, &page);
        self.take_out(redis, proof, moved).await?;
        Ok(Some(tip.revision))
    }

    /// What this server knows of the log that has `page`.
    fn proof(&self, log: LogId, tip: Tip, page: &Page) -> Proof {
        let mut known = self.0.feed.newest_tips(log, KNOWN_TIPS);
        // The copy may have other records than the log has now, which has lost some.
        if !known.contains(&tip) {
            known = page.before().into_iter().chain(page.tips()).collect();
        }
        Proof { log, tip, known }
    }

    /// Takes rows out of the outbox, and so attests the log up to their records.
    pub(super) async fn take_out(
        &self,
        redis: &RedisLog,
        mut proof: Proof,
        moved: Vec<Moved>,
    ) -> Result<(), DrainError> {
        let Shared { store, feed, .. } = &*self.0;
        for _ in 0..ENDS {
            match store.take_out(proof.clone(), moved.clone()).await? {
                TakenOut::Done => {
                    feed.attest(proof.log, proof.tip);
                    return Ok(());
                }
                TakenOut::OtherLog => return Err(AppendError::OtherLog.into()),
                TakenOut::Unproven(end) if redis.has(proof.log, &[proof.tip, end]).await? => {
                    proof.known.push(end);
                }
                TakenOut::Unproven(end) => return Err(DrainError::Gone(end.revision)),
            }
        }
        Err(DrainError::Overtaken)
    }

    /// For when another server moved the outbox's rows: their records lie at or before the attested
    /// end of the log in force.
    async fn attested_end(&self) -> Result<Revision, DrainError> {
        let in_force = self.0.store.in_force().await?;
        Ok(in_force.ok_or(DrainError::Unknown)?.end.revision)
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
