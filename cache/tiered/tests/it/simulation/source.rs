//! A pod's purge log. It makes the same calls in the same order as the origin's `PurgeLog` over
//! Redis.

use std::{sync::Arc, time::Duration};

use cache_core::{LogId, PurgeRecord, Revision, Tag};
use cache_tiered::{
    Extent, LogSource, Moment, PurgeFeed, SourceError,
    outbox::{Look, Outbox},
    redis_log::Opened,
};
use tokio::{
    sync::{Mutex, OwnedMutexGuard},
    time::{Instant, timeout, timeout_at},
};

use super::{
    database::{PAGE_ROWS, Row},
    world::{LOG_CALL_WITHIN, World},
};

const LOST: &str = "no answer";

/// The names of the calls, for their fates.
mod call {
    pub(super) const OPEN: u64 = 1;
    pub(super) const APPEND: u64 = 2;
    pub(super) const HAS: u64 = 3;
    pub(super) const READ: u64 = 4;
    pub(super) const FOLLOW: u64 = 5;
    pub(super) const PENDING: u64 = 6;
    pub(super) const TAKE_OUT: u64 = 7;
    pub(super) const IN_FORCE: u64 = 8;
    pub(super) const PUT_IN_FORCE: u64 = 9;
    pub(super) const BEGINS_AFTER: u64 = 11;
    pub(super) const LAST: u64 = 12;
}

/// The log as one pod reaches it.
#[derive(Debug)]
pub(super) struct Source {
    world: Arc<World>,
    pod: usize,
    feed: Arc<PurgeFeed>,
    draining: Arc<Mutex<()>>,
    looked: Mutex<Look>,
}

pub(super) fn tag(key: usize) -> Result<Tag, SourceError> {
    Ok(format!("offer:{key}").parse()?)
}

const fn extent(opened: &Opened, complete_at: Moment) -> Extent {
    Extent {
        log: opened.log,
        horizon: opened.horizon,
        head: opened.head,
        complete_at,
    }
}

impl Source {
    pub(super) fn new(world: Arc<World>, pod: usize, feed: Arc<PurgeFeed>) -> Self {
        Self {
            world,
            pod,
            feed,
            draining: Arc::default(),
            looked: Mutex::default(),
        }
    }

    async fn open(&self, wrong: Option<LogId>) -> Result<Opened, SourceError> {
        let read = |world: &World| world.database().next_begins_after();
        let begins_after = self.world.transact(call::BEGINS_AFTER, read).await;
        let (pod, begins_after) = (self.pod, begins_after.ok_or(LOST)?);
        let open = move |world: &World| world.servers().open(pod, wrong, begins_after);
        let opened = self.world.call_log(pod, call::OPEN, open).await;
        opened.ok_or_else(|| LOST.into())
    }

    async fn in_force(&self) -> Result<Option<LogId>, SourceError> {
        let read = |world: &World| world.database().in_force();
        let in_force = self.world.transact(call::IN_FORCE, read).await;
        in_force.ok_or_else(|| LOST.into())
    }

    async fn pending(&self, after: i64) -> Result<Vec<Row>, SourceError> {
        let read = move |world: &World| world.database().pending(after);
        let rows = self.world.transact(call::PENDING, read).await;
        rows.ok_or_else(|| LOST.into())
    }

    async fn put_in_force(&self, opened: &Opened) -> Result<bool, SourceError> {
        let (log, head) = (opened.log, opened.head);
        let put = move |world: &World| world.database().put_in_force(log, head);
        let put = self.world.transact(call::PUT_IN_FORCE, put).await;
        put.ok_or_else(|| LOST.into())
    }

    async fn open_in_force(&self, known: Option<(LogId, Revision)>) -> Result<Opened, SourceError> {
        let mut opened = self.open(None).await?;
        if known.is_some_and(|(log, head)| log == opened.log && head > opened.head) {
            opened = self.open(Some(opened.log)).await?;
        }
        if self.in_force().await? == Some(opened.log) || self.put_in_force(&opened).await? {
            return Ok(opened);
        }
        opened = self.open(Some(opened.log)).await?;
        if self.put_in_force(&opened).await? {
            return Ok(opened);
        }
        Err("the new purge log cannot be put in force".into())
    }

    async fn append(&self, log: LogId, rows: &[Row]) -> Result<Vec<PurgeRecord>, SourceError> {
        let mut new = Vec::with_capacity(rows.len());
        for row in rows {
            let record = PurgeRecord {
                revision: Revision::ZERO,
                tags: vec![tag(row.key)?],
                kind: row.kind,
            };
            new.push((*row, record));
        }
        let pod = self.pod;
        // One step, as the script.
        let append = move |world: &World| {
            let mut records = Vec::with_capacity(new.len());
            for (row, record) in new {
                let revision = world.servers().append(pod, log, record.clone())?;
                // What a log says that is not in force any more is no promise to anybody.
                if world.database().in_force() == Some(log) {
                    let mut oracle = world.oracle();
                    oracle.appended(row.key, row.version, log, revision);
                }
                records.push(PurgeRecord { revision, ..record });
            }
            world.appended.send_replace(());
            Some(records)
        };
        let appended = self.world.call_log(pod, call::APPEND, append).await;
        appended.ok_or(LOST)?.ok_or_else(|| "another log".into())
    }

    async fn end(&self) -> Result<Revision, SourceError> {
        let opened = self.open(None).await?;
        if self.in_force().await? != Some(opened.log) {
            return Err("another log is in force".into());
        }
        Ok(opened.head)
    }

    async fn last(&self) -> Result<i64, SourceError> {
        let read = |world: &World| world.database().last();
        let last = self.world.transact(call::LAST, read).await;
        last.ok_or_else(|| LOST.into())
    }

    async fn drain(&self) -> Result<Revision, SourceError> {
        let last = self.last().await?;
        let turn = Arc::clone(&self.draining).lock_owned().await;
        self.drain_in_turn(last, turn).await
    }

    /// Moves the outbox into the log; returns a revision at or after everything that was in it.
    pub(super) async fn drain_for_a_writer(self: &Arc<Self>) -> Result<Revision, SourceError> {
        let deadline = Instant::now() + LOG_CALL_WITHIN;
        let last = self.last().await?;
        let turn = timeout_at(deadline, Arc::clone(&self.draining).lock_owned()).await?;
        let source = Arc::clone(self);
        let work = tokio::spawn(async move { source.drain_in_turn(last, turn).await });
        timeout_at(deadline, work).await??
    }

    async fn drain_in_turn(
        &self,
        last: i64,
        turn: OwnedMutexGuard<()>,
    ) -> Result<Revision, SourceError> {
        let moved = self.move_up_to(last).await?;
        drop(turn);
        match moved {
            Some(revision) => Ok(revision),
            None => self.end().await,
        }
    }

    async fn move_up_to(&self, last: i64) -> Result<Option<Revision>, SourceError> {
        let mut after = 0;
        loop {
            let rows = self.pending(after).await?;
            if rows.first().is_none_or(|row| row.id > last) {
                return Ok(None);
            }
            after = rows.last().map_or(last, |row| row.id);
            let revision = self.move_batch(rows).await?;
            if after >= last {
                return Ok(revision);
            }
        }
    }

    async fn move_batch(&self, rows: Vec<Row>) -> Result<Option<Revision>, SourceError> {
        let log = self.feed.position().log.ok_or("no log is known")?;
        let records = self.append(log, &rows).await?;
        self.feed.heard(log, &records);
        let revisions: Vec<Revision> = records.iter().map(|record| record.revision).collect();
        let last = revisions.last().copied();
        let pod = self.pod;
        let has = move |world: &World| {
            let servers = world.servers();
            revisions
                .into_iter()
                .all(|revision| servers.has(pod, log, revision))
        };
        if !self.world.call_log(pod, call::HAS, has).await.ok_or(LOST)? {
            return Err("a record is gone".into());
        }
        let take_out = move |world: &World| world.database().take_out(log, &rows);
        let taken = self.world.transact(call::TAKE_OUT, take_out).await;
        if !taken.ok_or(LOST)? {
            return Err("another log is in force".into());
        }
        Ok(last)
    }
}

impl LogSource for Source {
    async fn check(&self, known: Option<(LogId, Revision)>) -> Result<Extent, SourceError> {
        let mut looked = self.looked.lock().await;
        let began = self.feed.clock().now();
        let rows = self.pending(0).await?;
        let look = Look::new(began, rows.iter().map(|row| row.id), PAGE_ROWS);
        let mut opened = self.open_in_force(known).await?;
        let complete_at = match look.after(&looked) {
            Outbox::Moving(complete_at) => complete_at,
            Outbox::Stuck if self.feed.position().log != Some(opened.log) => {
                *looked = Look::default();
                return Ok(extent(&opened, Moment::default()));
            }
            Outbox::Stuck => {
                self.drain().await?;
                opened = self.open_in_force(known).await?;
                began
            }
        };
        *looked = look;
        Ok(extent(&opened, complete_at))
    }

    async fn records_after(
        &self,
        log: LogId,
        after: Revision,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<PurgeRecord>, SourceError> {
        let pod = self.pod;
        let deadline = Instant::now() + wait;
        let what = if wait.is_zero() {
            call::READ
        } else {
            call::FOLLOW
        };
        let mut appended = self.world.appended.subscribe();
        loop {
            appended.mark_unchanged();
            let read = move |world: &World| world.servers().records_after(pod, log, after, limit);
            let records = self.world.call_log(pod, what, read).await.ok_or(LOST)?;
            let left = deadline.saturating_duration_since(Instant::now());
            if !records.is_empty() || left.is_zero() {
                return Ok(records);
            }
            // Time or an append ends this.
            let _elapsed = timeout(left, appended.changed()).await;
        }
    }
}
