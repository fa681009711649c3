//! A pod's purge log. It makes the same calls in the same order as the origin's `PurgeLog` over
//! Redis.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use cache_core::{LogId, PurgeRecord, Revision, Tag, Tip};
use cache_tiered::{
    Extent, LogSource, Moment, Page, PurgeFeed, SourceError,
    outbox::{Look, Outbox},
    redis_log::{Looked, Opened},
};
use tokio::{
    sync::{Mutex, OwnedMutexGuard},
    time::{Instant, timeout, timeout_at},
};

use super::{
    database::{PAGE_ROWS, Row, TakenOut},
    world::{LOG_CALL_WITHIN, World},
};

const LOST: &str = "no answer";
/// As in the origin, but few, so that a proof often does not name the attested end.
const KNOWN_TIPS: usize = 2;
const ENDS: usize = 8;

/// The names of the calls, for their fates.
mod call {
    pub(super) const OPEN: u64 = 1;
    pub(super) const APPEND: u64 = 2;
    pub(super) const LOOK: u64 = 3;
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
    /// How many drains have begun.
    begun: AtomicU64,
    draining: Arc<Mutex<Drained>>,
    looked: Mutex<Found>,
}

/// The last drain that succeeded.
#[derive(Clone, Copy, Debug, Default)]
struct Drained {
    number: u64,
    revision: Revision,
}

/// What a check found.
#[derive(Debug, Default)]
struct Found {
    outbox: Look,
    tip: Tip,
}

pub(super) fn tag(key: usize) -> Result<Tag, SourceError> {
    Ok(format!("item:{key}").parse()?)
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

impl Source {
    pub(super) fn new(world: Arc<World>, pod: usize, feed: Arc<PurgeFeed>) -> Self {
        Self {
            world,
            pod,
            feed,
            begun: AtomicU64::new(0),
            draining: Arc::default(),
            looked: Mutex::default(),
        }
    }

    async fn look(&self, known: Vec<(LogId, Tip)>) -> Result<Option<Looked>, SourceError> {
        let pod = self.pod;
        let look = move |world: &World| world.servers().look(pod, &known);
        let looked = self.world.call_log(pod, call::LOOK, look).await;
        looked.ok_or_else(|| LOST.into())
    }

    async fn has(&self, log: LogId, tips: &[Tip]) -> Result<bool, SourceError> {
        let looked = self
            .look(tips.iter().map(|tip| (log, *tip)).collect())
            .await?;
        Ok(looked.is_some_and(|looked| looked.opened.log == log && !looked.has_lost))
    }

    async fn begin(&self, wrong: Option<LogId>) -> Result<Opened, SourceError> {
        let read = |world: &World| world.database().next_begins_after();
        let begins_after = self.world.transact(call::BEGINS_AFTER, read).await;
        let (pod, begins_after) = (self.pod, begins_after.ok_or(LOST)?);
        let open = move |world: &World| world.servers().open(pod, wrong, begins_after);
        let opened = self.world.call_log(pod, call::OPEN, open).await;
        opened.flatten().ok_or_else(|| LOST.into())
    }

    async fn in_force(&self) -> Result<Option<(LogId, Tip)>, SourceError> {
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
        let (log, tip) = (opened.log, opened.tip);
        let put = move |world: &World| world.database().put_in_force(log, tip);
        let put = self.world.transact(call::PUT_IN_FORCE, put).await;
        put.ok_or_else(|| LOST.into())
    }

    async fn open_in_force(
        &self,
        known: Option<(LogId, Tip)>,
    ) -> Result<(Opened, Tip), SourceError> {
        let attested = self.in_force().await?;
        let looked = self
            .look(known.into_iter().chain(attested).collect())
            .await?;
        let opened = match looked {
            Some(looked) if !looked.has_lost => looked.opened,
            Some(lost) => self.begin(Some(lost.opened.log)).await?,
            None => self.begin(None).await?,
        };
        if self
            .in_force()
            .await?
            .is_some_and(|(log, _)| log == opened.log)
        {
            let before = attested.filter(|(log, _)| *log == opened.log);
            let (_, end) = before.ok_or("another pod has just begun this log")?;
            return Ok((opened, end));
        }
        if self.put_in_force(&opened).await? {
            return Ok((opened, opened.tip));
        }
        let fresh = self.begin(Some(opened.log)).await?;
        if self.put_in_force(&fresh).await? {
            return Ok((fresh, fresh.tip));
        }
        Err("the new purge log cannot be put in force".into())
    }

    async fn append(&self, log: LogId, rows: &[Row]) -> Result<Page, SourceError> {
        let mut new = Vec::with_capacity(rows.len());
        for row in rows {
            new.push(PurgeRecord {
                revision: Revision::ZERO,
                tags: vec![tag(row.key)?],
                kind: row.kind,
            });
        }
        let pod = self.pod;
        // One step, as the script.
        let append = move |world: &World| {
            let page = world.servers().append(pod, log, new)?;
            world.appended.send_replace(());
            Some(page)
        };
        let appended = self.world.call_log(pod, call::APPEND, append).await;
        appended.ok_or(LOST)?.ok_or_else(|| "another log".into())
    }

    async fn attested_end(&self) -> Result<Revision, SourceError> {
        let (_, end) = self.in_force().await?.ok_or("no log is known")?;
        Ok(end.revision)
    }

    async fn last(&self) -> Result<i64, SourceError> {
        let read = |world: &World| world.database().last();
        let last = self.world.transact(call::LAST, read).await;
        last.ok_or_else(|| LOST.into())
    }

    async fn drain(&self) -> Result<Revision, SourceError> {
        let turn = Arc::clone(&self.draining).lock_owned().await;
        self.drain_in_turn(turn).await
    }

    /// Moves the outbox into the log; returns a revision at or after everything that was in it.
    pub(super) async fn drain_for_a_writer(self: &Arc<Self>) -> Result<Revision, SourceError> {
        let deadline = Instant::now() + LOG_CALL_WITHIN;
        let begun = self.begun.load(SeqCst);
        let turn = timeout_at(deadline, Arc::clone(&self.draining).lock_owned()).await?;
        if turn.number > begun {
            return Ok(turn.revision);
        }
        let source = Arc::clone(self);
        let work = tokio::spawn(async move { source.drain_in_turn(turn).await });
        timeout_at(deadline, work).await??
    }

    async fn drain_in_turn(
        &self,
        mut turn: OwnedMutexGuard<Drained>,
    ) -> Result<Revision, SourceError> {
        let number = self.begun.fetch_add(1, SeqCst) + 1;
        let revision = match self.move_all().await? {
            Some(revision) => revision,
            None => self.attested_end().await?,
        };
        *turn = Drained { number, revision };
        Ok(revision)
    }

    async fn move_all(&self) -> Result<Option<Revision>, SourceError> {
        let mut rows = self.pending(0).await?;
        let last = if rows.len() < PAGE_ROWS {
            rows.last().map_or(0, |row| row.id)
        } else {
            self.last().await?
        };
        while rows.first().is_some_and(|row| row.id <= last) {
            let after = rows.last().map_or(last, |row| row.id);
            let revision = self.move_batch(rows).await?;
            if after >= last {
                return Ok(revision);
            }
            rows = self.pending(after).await?;
        }
        Ok(None)
    }

    async fn move_batch(&self, rows: Vec<Row>) -> Result<Option<Revision>, SourceError> {
        let log = self.feed.position().log.ok_or("no log is known")?;
        let page = self.append(log, &rows).await?;
        let tip = page.tip().ok_or("no rows")?;
        self.feed.heard(log, &page);
        if !self.has(log, &[tip]).await? {
            return Err("a record is gone".into());
        }
        let mut known = self.feed.newest_tips(log, KNOWN_TIPS);
        if !known.contains(&tip) {
            known = page.before().into_iter().chain(page.tips()).collect();
        }
        let moved = rows.into_iter().zip(page.tips()).collect();
        self.take_out(log, tip, known, moved).await?;
        Ok(Some(tip.revision))
    }

    /// Takes rows out of the outbox whose records are at these positions.
    async fn take_out(
        &self,
        log: LogId,
        tip: Tip,
        mut known: Vec<Tip>,
        moved: Vec<(Row, Tip)>,
    ) -> Result<(), SourceError> {
        for _ in 0..ENDS {
            let (tips, moved) = (known.clone(), moved.clone());
            let take_out = move |world: &World| {
                let rows: Vec<Row> = moved.iter().map(|(row, _)| *row).collect();
                let taken = world.database().take_out(log, tip, &tips, &rows);
                if taken == TakenOut::Done {
                    // From now on the log promises these records.
                    for (row, tip) in &moved {
                        let mut oracle = world.oracle();
                        oracle.appended(row.key, row.version, log, tip.revision);
                    }
                }
                taken
            };
            let taken = self.world.transact(call::TAKE_OUT, take_out).await;
            match taken.ok_or(LOST)? {
                TakenOut::Done => {
                    self.feed.attest(log, tip);
                    return Ok(());
                }
                TakenOut::OtherLog => return Err("another log is in force".into()),
                TakenOut::Unproven(end) if self.has(log, &[tip, end]).await? => known.push(end),
                TakenOut::Unproven(_) => return Err("records were lost".into()),
            }
        }
        Err("others are faster".into())
    }
}

impl LogSource for Source {
    async fn check(&self, known: Option<(LogId, Tip)>) -> Result<Extent, SourceError> {
        let mut looked = self.looked.lock().await;
        let began = self.feed.clock().now();
        let rows = self.pending(0).await?;
        let look = Look::new(began, rows.iter().map(|row| row.id), PAGE_ROWS);
        let (mut opened, mut attested) = self.open_in_force(known).await?;
        let complete_at = match look.after(&looked.outbox) {
            Outbox::Moving(complete_at) => complete_at,
            Outbox::Stuck if self.feed.position().log != Some(opened.log) => {
                *looked = Found::default();
                return Ok(extent(&opened, attested.revision, Moment::default()));
            }
            Outbox::Stuck => {
                self.drain().await?;
                (opened, attested) = self.open_in_force(known).await?;
                began
            }
        };
        if rows.is_empty() && opened.tip == looked.tip && attested.revision < opened.tip.revision {
            let known = vec![attested];
            self.take_out(opened.log, opened.tip, known, Vec::new())
                .await?;
            attested = opened.tip;
        }
        *looked = Found {
            outbox: look,
            tip: opened.tip,
        };
        Ok(extent(&opened, attested.revision, complete_at))
    }

    async fn records_after(
        &self,
        log: LogId,
        after: Revision,
        limit: usize,
        wait: Duration,
    ) -> Result<Page, SourceError> {
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
            let page = self.world.call_log(pod, what, read).await.ok_or(LOST)?;
            let left = deadline.saturating_duration_since(Instant::now());
            if !page.records.is_empty() || left.is_zero() {
                return Ok(page);
            }
            // Time or an append ends this.
            let _elapsed = timeout(left, appended.changed()).await;
        }
    }
}
