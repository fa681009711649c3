//! This server's copy of the purge log, and the judgement of entries by it.

pub mod news;
mod require;

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use cache_core::{AsOf, Judge, LogCopy, LogId, PurgeRecord, Revision, Verdict, log::Gap};
use tokio::sync::{Notify, watch};

use crate::{
    cached::Cached,
    clock::{Clock, Moment},
};

/// A copy that is older than this, in milliseconds, is not trusted.
pub const DISTRUST_MS: u64 = 2_000;
/// Records that a copy reaches back, at most twice as many: older entries are judged no more.
const KEPT_RECORDS: u64 = 20_000;

/// What the log said of itself when it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Its identity.
    pub log: LogId,
    /// It has every record after this.
    pub horizon: Revision,
    /// Its last record.
    pub head: Revision,
    /// Every write that was committed before this moment has its record at or before `head`.
    pub complete_at: Moment,
}

/// Where the copy stands, for whoever waits or relays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The log, once it is known.
    pub log: Option<LogId>,
    /// The copy's last record.
    pub head: Revision,
    /// The log had every record after this when it was last asked.
    pub log_horizon: Revision,
    /// Every write that was committed before this moment is in the copy; zero is never.
    pub complete_at: Moment,
    /// Questions to the log that were begun.
    checks_begun: u64,
    /// The number of the last question that was answered.
    checks_done: u64,
}

#[derive(Debug, Default)]
struct State {
    copy: Option<LogCopy>,
    position: Position,
}

/// The copy; shared by everything that judges, and kept current by [`crate::tail`].
#[derive(Debug)]
pub struct PurgeFeed {
    clock: Clock,
    state: RwLock<State>,
    moved: watch::Sender<Position>,
    /// Wakes the tail before its time.
    urgent: Notify,
    forced: require::Forced,
    news: news::Teller,
}

impl PurgeFeed {
    /// A feed that knows nothing and is trusted by nobody.
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            state: RwLock::default(),
            moved: watch::Sender::default(),
            urgent: Notify::new(),
            forced: require::Forced::default(),
            news: news::Teller::default(),
        }
    }

    /// Its clock.
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the copy stands.
    pub fn position(&self) -> Position {
        self.read().position
    }

    /// Hears of every change of the position.
    pub fn subscribe(&self) -> watch::Receiver<Position> {
        self.moved.subscribe()
    }

    /// Hears of every record from now on.
    pub fn listen(&self) -> news::Listener {
        self.news.listen()
    }

    /// The position of what is read from now on; to be taken before the first read. The copy may
    /// be behind the log: then the answer contains more than it claims, which is safe.
    pub fn as_of(&self) -> Option<AsOf> {
        self.read().copy.as_ref().map(|copy| AsOf {
            log: copy.id(),
            revision: copy.head(),
        })
    }

    /// How long ago the copy was known to be complete, milliseconds.
    pub fn age_ms(&self) -> u64 {
        self.inspect(|_copy, age_ms| age_ms)
    }

    /// Looks at the copy, if there is one, and at its age in milliseconds: for people who ask why.
    pub fn inspect<T>(&self, look: impl FnOnce(Option<&LogCopy>, u64) -> T) -> T {
        let state = self.read();
        let now_ms = self.clock.steady_ms();
        let copy = state.copy.as_ref();
        look(
            copy,
            copy.map_or(u64::MAX, |copy| copy_age_ms(copy, now_ms)),
        )
    }

    /// Judges an entry for a client that insists on `required`.
    ///
    /// What is found valid is remembered to be so up to the copy's head, so that the next judge
    /// looks only at what came later.
    pub fn judge(&self, entry: &Cached, required: Option<Revision>) -> Verdict {
        judge(&self.read(), self.clock.now(), entry, required)
    }

    /// Whether an entry may be given in place of an answer that could not be had, see
    /// [`Judge::may_stand_in`].
    pub fn may_stand_in(&self, entry: &Cached, required: Option<Revision>) -> bool {
        let (state, now) = (self.read(), self.clock.now());
        let (age_ms, seen_ago_ms) = ages_ms(now, entry);
        judge_of(&state, now, required).may_stand_in(
            &entry.head,
            &entry.as_of(),
            age_ms,
            seen_ago_ms,
        )
    }

    /// Judges an entry that is to be a part of an answer. None when it may not; else every write
    /// that was committed before this moment, by the steady clock, is in it.
    ///
    /// The answer is judged again for as long as it is kept, and must not be taken for newer than
    /// its parts: else a part that is almost too old would be trusted once more for as long.
    pub(crate) fn vouch(&self, entry: &Cached, required: Option<Revision>) -> Option<u64> {
        let state = self.read();
        match judge(&state, self.clock.now(), entry, required) {
            Verdict::Serve { .. } => {
                let complete_at_ms = state.copy.as_ref().map(LogCopy::confirmed_at_ms);
                // See [`stored`]; 0 is never.
                let complete_at_ms = complete_at_ms.unwrap_or(0).saturating_sub(1);
                Some(complete_at_ms.max(entry.seen_at_ms().unwrap_or(0)))
            }
            Verdict::ServeAndRefresh { .. } | Verdict::Fetch { .. } => None,
        }
    }

    /// Every write that was committed longer ago than this, milliseconds, is in the entry: what was
    /// found valid has seen what the copy has. `u64::MAX` is not known.
    pub fn seen_ago_ms(&self, entry: &Cached) -> u64 {
        let state = self.read();
        let now_ms = self.clock.steady_ms();
        let as_of = entry.as_of();
        let copy = state
            .copy
            .as_ref()
            .filter(|copy| copy.id() == as_of.log && copy.head() <= as_of.revision);
        seen_ago_ms(now_ms, entry).min(copy.map_or(u64::MAX, |copy| copy_age_ms(copy, now_ms)))
    }

    /// Takes up records that this server appended itself: whoever wrote sees it here at once.
    pub fn heard(&self, log: LogId, records: &[PurgeRecord]) {
        if let Some(last) = records.last() {
            self.forced.given_here(last.revision);
        }
        // A gap is repaired by the next question to the log.
        let _or_a_gap = self.append(log, records);
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut guard = self.write();
        let state = &mut *guard;
        let outcome = change(state);
        if let Some(copy) = &state.copy {
            state.position.log = Some(copy.id());
            state.position.head = copy.head();
        }
        // Under the lock: positions are told in the order in which they were.
        self.moved.send_replace(state.position);
        outcome
    }

    /// Begins with a log of which nothing is known but its identity: what is read now claims the
    /// least, and is judged once the log can be read.
    pub fn begin(&self, log: LogId) {
        self.change(|state| {
            if state.copy.is_none() {
                state.copy = Some(LogCopy::starting_at(log, Revision::ZERO));
            }
        });
    }

    pub(crate) fn begin_check(&self) -> u64 {
        self.change(|state| {
            state.position.checks_begun += 1;
            state.position.checks_begun
        })
    }

    /// Begins anew where the copy does not continue in this log; gives where to read on.
    pub(crate) fn take_up(&self, extent: &Extent) -> Revision {
        self.change(|state| {
            state.position.log_horizon = extent.horizon;
            let continues = state
                .copy
                .as_ref()
                .is_some_and(|copy| copy.id() == extent.log && copy.head() >= extent.horizon);
            if !continues {
                let kept = Revision(extent.head.0.saturating_sub(KEPT_RECORDS));
                let start = extent.horizon.max(kept);
                state.copy = Some(LogCopy::starting_at(extent.log, start));
                state.position.complete_at = Moment::default();
            }
            state.copy.as_ref().map_or(Revision::ZERO, LogCopy::head)
        })
    }

    /// Appends records of a log; those of another log than the copy's change nothing.
    pub(crate) fn append(&self, log: LogId, records: &[PurgeRecord]) -> Result<(), Gap> {
        self.change(|state| {
            let Some(copy) = state.copy.as_mut().filter(|copy| copy.id() == log) else {
                return Ok(());
            };
            let before = copy.head();
            let appended = copy.append(records);
            // A copy that was never complete reads what is old: see [`Self::confirm`].
            if copy.confirmed_at_ms() > 0 {
                self.news.tell(between(records, before, copy.head()));
            }
            appended?;
            if copy.head().0 - copy.horizon().0 > 2 * KEPT_RECORDS {
                copy.trim(Revision(copy.head().0 - KEPT_RECORDS));
            }
            Ok(())
        })
    }

    /// Notes what a question found, once the copy has reached it.
    pub(crate) fn confirm(&self, extent: &Extent, check: u64) {
        self.change(|state| {
            let Some(copy) = state
                .copy
                .as_mut()
                .filter(|copy| copy.id() == extent.log && copy.head() >= extent.head)
            else {
                return;
            };
            // The default is never: the clock's own beginning is no moment at which it was complete.
            if extent.complete_at != Moment::default() {
                if copy.confirmed_at_ms() == 0 {
                    self.news.tell_missed();
                }
                copy.confirm(stored(extent.complete_at.steady_ms));
            }
            copy.trim(extent.horizon);
            if extent.complete_at.steady_ms >= state.position.complete_at.steady_ms {
                state.position.complete_at = extent.complete_at;
            }
            state.position.checks_done = state.position.checks_done.max(check);
        });
    }
}

/// Those after one revision and up to another, of records in their order.
fn between(records: &[PurgeRecord], after: Revision, last: Revision) -> &[PurgeRecord] {
    let known = records.partition_point(|record| record.revision <= after);
    let end = records.partition_point(|record| record.revision <= last);
    &records[known..end.max(known)]
}

fn judge(state: &State, now: Moment, entry: &Cached, required: Option<Revision>) -> Verdict {
    let (age_ms, seen_ago_ms) = ages_ms(now, entry);
    let verdict =
        judge_of(state, now, required).judge(&entry.head, &entry.as_of(), age_ms, seen_ago_ms);
    if let (Verdict::Serve { .. }, Some(copy)) = (&verdict, &state.copy) {
        entry.found_valid_at(copy.head());
    }
    verdict
}

fn judge_of(state: &State, now: Moment, required: Option<Revision>) -> Judge<'_> {
    let log = state.copy.as_ref();
    Judge {
        log,
        log_age_ms: log.map_or(u64::MAX, |copy| copy_age_ms(copy, now.steady_ms)),
        distrust_ms: DISTRUST_MS,
        required,
        // The copy reaches back as far as it ever will.
        log_reaches: false,
    }
}

/// How long ago an entry was made, and how long ago it was known to be current.
fn ages_ms(now: Moment, entry: &Cached) -> (u64, u64) {
    let seen_ago_ms = seen_ago_ms(now.steady_ms, entry);
    (entry.head.age_ms(now.wall_ms), seen_ago_ms)
}

/// By the entry itself; `u64::MAX` when another server read it.
fn seen_ago_ms(steady_ms: u64, entry: &Cached) -> u64 {
    let seen_at_ms = entry.seen_at_ms();
    seen_at_ms.map_or(u64::MAX, |at_ms| steady_ms.saturating_sub(at_ms))
}

/// [`LogCopy`] reads 0 as never, which the steady clock's first millisecond is not.
const fn stored(steady_ms: u64) -> u64 {
    steady_ms.saturating_add(1)
}

fn copy_age_ms(copy: &LogCopy, steady_ms: u64) -> u64 {
    match copy.confirmed_at_ms() {
        0 => u64::MAX,
        _ => copy.age_ms(stored(steady_ms)),
    }
}
