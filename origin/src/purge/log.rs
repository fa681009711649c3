//! The purge log as the origin uses it: in Redis, or without Redis in the embedded store.
//!
//! A purge is a row of the outbox first, in the transaction of the write that calls for it. It is
//! moved into the log at once, and by every server's next question to the log after a crash.

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use cache_core::{AsOf, LogId, PurgeKind, PurgeRecord, Revision};
use cache_tiered::{
    Extent, LogSource, Moment, NewRecord, PurgeFeed, RedisLog, SourceError,
    outbox::{Look, Outbox},
    redis_log::Opened,
};
use tokio::{
    sync::{Mutex, watch},
    time::{Instant, timeout},
};

use super::{
    audit::{self, AuditRow},
    embedded_log::{self, DRAIN_ROWS, Entry, KEEP_MS, KEEP_RECORDS},
    in_force,
};
use crate::{
    embedded::{
        EmbeddedDb, StoreError,
        outbox::{self, OutboxRow, PendingPurge, outbox_pending, outbox_push, outbox_remove},
    },
    telemetry::chain,
};

/// How often another process's appends to the embedded log are looked for.
const LOOK: Duration = Duration::from_millis(25);

/// Where the log is.
#[derive(Debug)]
pub enum Backend {
    /// In the embedded store.
    Embedded,
    /// In Redis.
    Redis(Box<RedisLog>),
}

/// Who opens the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A server: its log is put in force.
    Server,
    /// A command beside the servers: it leaves its purges to them when their log is another one.
    Tool,
}

/// Why purges are not in the log yet. They stay in the outbox.
#[derive(Debug, thiserror::Error)]
pub enum DrainError {
    #[error("the outbox cannot be read")]
    Store(#[from] StoreError),
    #[error("the purge log takes nothing")]
    Append(#[from] cache_tiered::AppendError),
    #[error("the purge log cannot be read back")]
    ReadBack(#[from] cache_tiered::LinkError),
    #[error("record {0} was appended and is not there")]
    Gone(Revision),
    #[error("no purge log is known yet")]
    Unknown,
}

#[derive(Debug)]
struct Shared {
    db: EmbeddedDb,
    backend: Backend,
    role: Role,
    feed: Arc<PurgeFeed>,
    /// The embedded log's identity.
    own: LogId,
    /// One drain at a time: the others find their rows moved.
    draining: Mutex<()>,
    /// What the last question saw in the outbox.
    looked: Mutex<Look>,
    /// Wakes who reads the embedded log. Another process's appends are found by looking.
    appended: watch::Sender<()>,
}

/// A handle on the log; clones share it.
#[derive(Clone, Debug)]
pub struct PurgeLog(Arc<Shared>);

impl PurgeLog {
    /// Opens the log. Nothing is asked of Redis yet.
    pub async fn open(
        db: EmbeddedDb,
        backend: Backend,
        role: Role,
        feed: Arc<PurgeFeed>,
    ) -> Result<Self, StoreError> {
        let mut fresh = [0; 16];
        getrandom::fill(&mut fresh)
            .map_err(|error| StoreError::Io(std::io::Error::other(error.to_string())))?;
        let fresh = LogId::from_bytes(fresh);
        let now_ms = wall_ms(feed.clock().now());
        let serves_embedded = role == Role::Server && matches!(backend, Backend::Embedded);
        let (own, current) = db
            .write(move |tx| {
                let mut own = embedded_log::identity(tx, fresh)?;
                let head = embedded_log::extent(tx)?.head;
                if serves_embedded && !in_force::put_in_force(tx, own, head, now_ms)? {
                    // It was left behind: entries under its revisions may still be around.
                    let begins_after = in_force::next_begins_after(tx)?;
                    own = embedded_log::begin_anew(tx, fresh, begins_after)?;
                    in_force::put_in_force(tx, own, begins_after, now_ms)?;
                }
                Ok((own, in_force::in_force(tx)?))
            })
            .await?;
        if let Some(current) = current {
            feed.begin(current);
        }
        Ok(Self(Arc::new(Shared {
            db,
            backend,
            role,
            feed,
            own,
            draining: Mutex::default(),
            looked: Mutex::default(),
            appended: watch::Sender::default(),
        })))
    }

    /// This server's copy of the log.
    pub fn feed(&self) -> &Arc<PurgeFeed> {
        &self.0.feed
    }

    /// The position of what is read from now on; to be taken before the first read. None while no
    /// log is known: what is read then cannot be kept.
    pub fn as_of(&self) -> Option<AsOf> {
        self.0.feed.as_of()
    }

    /// Purges, and says at which revision; none when the log cannot be reached: then the purge
    /// waits in the outbox, and is not lost.
    pub async fn append(&self, entry: Entry, now_ms: i64) -> Result<Option<Revision>, StoreError> {
        let purge = PendingPurge {
            tags: entry.tags.into_iter().map(String::from).collect(),
            kind: match entry.kind {
                PurgeKind::Hard => outbox::PurgeKind::Hard,
                PurgeKind::Soft => outbox::PurgeKind::Soft,
            },
            reason: entry.reason,
            actor: entry.actor,
        };
        self.0
            .db
            .write(move |tx| outbox_push(tx, &purge, now_ms))
            .await?;
        self.drain_outbox(now_ms).await
    }

    /// Moves the outbox into the log; gives a revision at or after everything that was in it.
    /// None when that is left to later: the log cannot be reached, or is the servers'.
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
        match &self.0.backend {
            Backend::Embedded => Ok(self.drain_into_store(now_ms).await?),
            Backend::Redis(redis) => self.drain_into_redis(redis, now_ms).await.map(Some),
        }
    }

    async fn drain_into_store(&self, now_ms: i64) -> Result<Option<Revision>, StoreError> {
        let Shared { db, own, role, .. } = &*self.0;
        let in_force = db.read(in_force::in_force).await?;
        if *role == Role::Tool && in_force.is_some_and(|log| log != *own) {
            return Ok(None);
        }
        // A look on a reader first: the writer is not taken for nothing.
        while !db.read(|c| outbox_pending(c, 1)).await?.is_empty() {
            db.write(move |tx| embedded_log::drain(tx, now_ms)).await?;
            self.0.appended.send_replace(());
        }
        let at = self.0.feed.position();
        let (records, extent) = db
            .read(move |connection| {
                let records = embedded_log::records_after(connection, at.head, DRAIN_ROWS)?;
                Ok((records, embedded_log::extent(connection)?))
            })
            .await?;
        self.0.feed.heard(*own, &records);
        Ok(Some(extent.head))
    }

    async fn drain_into_redis(
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

    /// Forgets what no entry can need any more.
    pub async fn trim(&self, now_ms: i64) -> Result<(), SourceError> {
        self.0.db.write(move |tx| audit::trim(tx, now_ms)).await?;
        match &self.0.backend {
            Backend::Embedded => {
                let gone = self
                    .0
                    .db
                    .write(move |tx| embedded_log::trim(tx, now_ms))
                    .await?;
                if gone > 0 {
                    tracing::info!(records = gone, "purge log trimmed");
                }
            }
            Backend::Redis(redis) => {
                if let Some(log) = self.0.feed.position().log {
                    let before_ms = (now_ms - KEEP_MS).unsigned_abs();
                    let keep = usize::try_from(KEEP_RECORDS).unwrap_or(usize::MAX);
                    redis.trim(log, before_ms, keep).await?;
                }
            }
        }
        Ok(())
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

    async fn check_redis(
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

    async fn check_store(&self) -> Result<Extent, SourceError> {
        let Shared { db, feed, own, .. } = &*self.0;
        let complete_at = feed.clock().now();
        let own = *own;
        let (log, pending) = db
            .read(|c| Ok((in_force::in_force(c)?, outbox_pending(c, 1)?)))
            .await?;
        if log != Some(own) {
            return Err("another server put another purge log in force".into());
        }
        if !pending.is_empty() {
            self.drain_into_store(wall_ms(complete_at)).await?;
        }
        let embedded_log::Extent { horizon, head } = db.read(embedded_log::extent).await?;
        Ok(Extent {
            log: own,
            horizon,
            head,
            complete_at,
        })
    }

    async fn stored_after(
        &self,
        after: Revision,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<PurgeRecord>, StoreError> {
        let deadline = Instant::now() + wait;
        let mut appended = self.0.appended.subscribe();
        loop {
            let records = self
                .0
                .db
                .read(move |c| embedded_log::records_after(c, after, limit))
                .await?;
            let left = deadline.saturating_duration_since(Instant::now());
            if !records.is_empty() || left.is_zero() {
                return Ok(records);
            }
            // The sender lives as long as the log: only the time or an append ends this.
            let _elapsed = timeout(left.min(LOOK), appended.changed()).await;
        }
    }
}

impl LogSource for PurgeLog {
    async fn check(&self, known: Option<(LogId, Revision)>) -> Result<Extent, SourceError> {
        match &self.0.backend {
            Backend::Embedded => self.check_store().await,
            Backend::Redis(redis) => self.check_redis(redis, known).await,
        }
    }

    async fn records_after(
        &self,
        log: LogId,
        after: Revision,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<PurgeRecord>, SourceError> {
        match &self.0.backend {
            Backend::Embedded if log == self.0.own => {
                Ok(self.stored_after(after, limit, wait).await?)
            }
            Backend::Embedded => Err("another server's purge log".into()),
            Backend::Redis(redis) => Ok(redis.records_after(log, after, limit, wait).await?),
        }
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

fn wall_ms(now: Moment) -> i64 {
    i64::try_from(now.wall_ms).unwrap_or(i64::MAX)
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
