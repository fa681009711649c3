//! This server's copy of the purge log, and the decision whether an entry may be served.

pub mod news;
mod place;
mod require;

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use cache_core::{AsOf, Judge, LogCopy, LogId, PurgeRecord, Revision, Tip, Verdict, log::Gap};
use tokio::sync::{Notify, watch};

pub use place::Place;

use crate::{
    cached::Cached,
    chain::{Chain, Page},
    clock::{Clock, Moment},
};

/// A copy that was last known to be complete longer ago than this, in milliseconds, is not trusted.
pub const DISTRUST_MS: u64 = 2_000;
/// How many records a copy keeps at least; when it has twice as many it is trimmed. Entries from
/// before its first record are not valid any more.
const KEPT_RECORDS: u64 = 20_000;

/// Where the log begins and ends, as found by a check ([`crate::LogSource::check`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The log's identity.
    pub log: LogId,
    /// The log has every record after this revision.
    pub horizon: Revision,
    /// The position of its last record.
    pub tip: Tip,
    /// The database attests the log up to this revision, see [`Position::attested`].
    pub attested: Revision,
    /// The record of every write that was committed before this moment is at or before `attested`.
    pub complete_at: Moment,
}

/// Why records cannot be added to a copy.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Unfit {
    /// Records between the copy and these are missing.
    #[error(transparent)]
    Gap(#[from] Gap),
    /// They follow other records than the copy has: the log has lost some.
    #[error("the records follow others than those of the copy")]
    Forked,
}

/// The state of the copy, for tasks that wait for it or relay it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The log's identity, once it is known.
    pub log: Option<LogId>,
    /// The revision of the copy's last record.
    pub head: Revision,
    /// The database has noted that the log has all records up to here. If the log loses one of them,
    /// a new log begins. A later record can be lost unnoticed when all servers that had seen it are
    /// gone, and its revision is then given out again. So no revision after this one leaves the
    /// server: not with an answer, not into Redis, not to the edge.
    pub attested: Revision,
    /// The log's horizon at the last check: the log had every record after it.
    pub log_horizon: Revision,
    /// The copy has the record of every write that was committed before this moment; the default
    /// (zero) means never.
    pub complete_at: Moment,
    /// The number of checks that were begun.
    checks_begun: u64,
    /// The number of the last check that succeeded.
    checks_done: u64,
}

impl Position {
    /// Up to where the copy has the log and the database attests it.
    pub fn settled(&self) -> Revision {
        self.head.min(self.attested)
    }
}

/// What others are told of an entry, see [`PurgeFeed::told_of`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// The entry contains every write that was committed longer ago than this, in milliseconds;
    /// `u64::MAX` when unknown. An entry that was found valid contains what the copy knows of.
    pub seen_ago_ms: u64,
    /// The revision at which it was last found valid, see [`PurgeFeed::as_of_for_others`].
    pub as_of: AsOf,
}

#[derive(Debug, Default)]
struct State {
    copy: Option<LogCopy>,
    /// The digests of the copy's records.
    chain: Chain,
    position: Position,
    /// When a copy was last known to be complete, of this log or of the one before it; 0 is never.
    confirmed_at_ms: u64,
}

/// The copy of the log. All caches of the server share it; [`crate::tail`] keeps it current.
#[derive(Debug)]
pub struct PurgeFeed {
    clock: Clock,
    state: RwLock<State>,
    moved: watch::Sender<Position>,
    /// Makes the tail check the log at once.
    urgent: Notify,
    waiters: require::WaitLimit,
    news: news::Broadcaster,
}

impl PurgeFeed {
    /// A feed without a copy of the log yet, which is not trusted.
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            state: RwLock::default(),
            moved: watch::Sender::default(),
            urgent: Notify::new(),
            waiters: require::WaitLimit::default(),
            news: news::Broadcaster::default(),
        }
    }

    /// The clock that it uses.
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state of the copy.
    pub fn position(&self) -> Position {
        self.read().position
    }

    /// Receives every change of the position.
    pub fn subscribe(&self) -> watch::Receiver<Position> {
        self.moved.subscribe()
    }

    /// Receives every record from now on.
    pub fn listen(&self) -> news::Listener {
        self.news.listen()
    }

    /// The `as_of` of an answer that is read from now on; take it before the first read. If the copy
    /// is behind the log, the answer contains more than its `as_of` says, which is safe. `None` until
    /// the log is known.
    pub fn as_of(&self) -> Option<AsOf> {
        self.read().copy.as_ref().map(|copy| AsOf {
            log: copy.id(),
            revision: copy.head(),
        })
    }

    /// What an entry's `as_of` is to others: not later than what the database attests. (An earlier
    /// one is always true.) Of another log than the copy's nothing is known.
    pub fn as_of_for_others(&self, as_of: AsOf) -> AsOf {
        for_others(&self.read().position, as_of)
    }

    /// The log of the copy and the position where the copy ends, once that is known.
    pub fn tip(&self) -> Option<(LogId, Tip)> {
        let state = self.read();
        Some((state.copy.as_ref()?.id(), state.chain.tip()?))
    }

    /// The newest positions of the copy of this log, newest first; at most `most`.
    pub fn newest_tips(&self, log: LogId, most: usize) -> Vec<Tip> {
        let state = self.read();
        let is_same = state.copy.as_ref().is_some_and(|copy| copy.id() == log);
        if is_same {
            state.chain.newest(most)
        } else {
            Vec::new()
        }
    }

    /// Whether these records of `log` are those that the copy has, as far as the copy can tell.
    pub fn agrees(&self, log: LogId, page: &Page) -> bool {
        let state = self.read();
        let is_same = state.copy.as_ref().is_some_and(|copy| copy.id() == log);
        is_same && state.chain.agrees(page)
    }

    /// How long ago the copy was last known to be complete, in milliseconds; `u64::MAX` is never.
    pub fn age_ms(&self) -> u64 {
        self.inspect(|_copy, age_ms| age_ms)
    }

    /// For how long no check of the log has succeeded, in milliseconds: since the last one that did,
    /// or since the clock began.
    pub fn unconfirmed_ms(&self) -> u64 {
        let confirmed_at_ms = self.read().confirmed_at_ms;
        self.clock.steady_ms().saturating_sub(confirmed_at_ms)
    }

    /// Gives `look` the copy, if there is one, and its age in milliseconds. For `cache explain`.
    pub fn inspect<T>(&self, look: impl FnOnce(Option<&LogCopy>, u64) -> T) -> T {
        let state = self.read();
        let now_ms = self.clock.steady_ms();
        let copy = state.copy.as_ref();
        look(
            copy,
            copy.map_or(u64::MAX, |copy| copy_age_ms(copy, now_ms)),
        )
    }

    /// Decides whether an entry may be served, to a request that demands revision `required`.
    ///
    /// An entry that is found valid remembers the copy's head, so that the next call only has to
    /// look at later purges.
    pub fn judge(&self, entry: &Cached, required: Option<Revision>) -> Verdict {
        judge(&self.read(), self.clock.now(), entry, required)
    }

    /// Whether an entry may be served because the tier below failed, see [`Judge::may_stand_in`].
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

    /// Decides whether an entry may become part of an answer: `None` when it may not. Otherwise
    /// returns a moment of the steady clock, in milliseconds: the entry contains every write that was
    /// committed before it.
    ///
    /// The answer must not claim to be newer than its parts. Otherwise a part that is almost past
    /// the staleness bound would be trusted for another full bound as part of the answer.
    pub(crate) fn judge_part(&self, entry: &Cached, required: Option<Revision>) -> Option<u64> {
        let state = self.read();
        match judge(&state, self.clock.now(), entry, required) {
            Verdict::Serve { .. } => {
                let complete_at_ms = state.copy.as_ref().map(LogCopy::confirmed_at_ms);
                // Undoes [`never_zero`]; 0 means never.
                let complete_at_ms = complete_at_ms.unwrap_or(0).saturating_sub(1);
                Some(complete_at_ms.max(entry.current_at_ms().unwrap_or(0)))
            }
            Verdict::ServeAndRefresh { .. } | Verdict::Fetch { .. } => None,
        }
    }

    /// What others are told of an entry, at a moment of the steady clock.
    pub fn told_of(&self, entry: &Cached, steady_ms: u64) -> Told {
        let state = self.read();
        let as_of = entry.as_of();
        let copy = state
            .copy
            .as_ref()
            .filter(|copy| copy.id() == as_of.log && copy.head() <= as_of.revision);
        let copy_age_ms = copy.map_or(u64::MAX, |copy| copy_age_ms(copy, steady_ms));
        Told {
            seen_ago_ms: seen_ago_ms(steady_ms, entry).min(copy_age_ms),
            as_of: for_others(&state.position, as_of),
        }
    }

    /// Adds records that this server appended to the log itself, so that it applies its own purges
    /// at once.
    pub fn heard(&self, log: LogId, page: &Page) {
        if let Some(last) = page.records.last() {
            self.waiters.given_here(last.revision);
        }
        // The next check of the log repairs what does not fit.
        let _or_unfit = self.append(log, page);
    }

    /// Notes that the database attests this log up to `tip`, see [`Position::attested`]. Ignored if
    /// the copy does not have this position: it may have records there that the log has lost.
    pub fn attest(&self, log: LogId, tip: Tip) {
        self.change(|state| {
            let is_same = state.copy.as_ref().is_some_and(|copy| copy.id() == log);
            if is_same && state.chain.digest_at(tip.revision) == Some(tip.digest) {
                state.position.attested = state.position.attested.max(tip.revision);
            }
        });
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut guard = self.write();
        let state = &mut *guard;
        let outcome = change(state);
        if let Some(copy) = &state.copy {
            // Otherwise the digest of a record that the copy does not have would speak for it.
            debug_assert_eq!(state.chain.head(), copy.head(), "the chain ends elsewhere");
            state.position.log = Some(copy.id());
            state.position.head = copy.head();
        }
        // Sent while the lock is held, so that subscribers see the positions in order.
        self.moved.send_replace(state.position);
        outcome
    }

    /// Begins a copy of a log of which only the identity is known. Answers that are read now get
    /// the lowest `as_of`, and can be judged once the log can be read.
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

    /// Begins a new copy if the current one is of another log, or ends before this log's horizon.
    /// Returns the revision after which to read on.
    pub(crate) fn take_up(&self, extent: &Extent) -> Revision {
        self.change(|state| {
            state.position.log_horizon = extent.horizon;
            let continues = state
                .copy
                .as_ref()
                .is_some_and(|copy| copy.id() == extent.log && copy.head() >= extent.horizon);
            if !continues {
                let kept = Revision(extent.tip.revision.0.saturating_sub(KEPT_RECORDS));
                let start = extent.horizon.max(kept);
                let is_other = state
                    .copy
                    .as_ref()
                    .is_none_or(|copy| copy.id() != extent.log);
                state.copy = Some(LogCopy::starting_at(extent.log, start));
                state.chain = Chain::starting_at(start, None);
                state.position.complete_at = Moment::default();
                if is_other {
                    state.position.attested = Revision::ZERO;
                }
            }
            if state.chain.tip().is_none() && state.chain.head() == extent.tip.revision {
                state.chain = Chain::starting_at(extent.tip.revision, Some(extent.tip.digest));
            }
            state.copy.as_ref().map_or(Revision::ZERO, LogCopy::head)
        })
    }

    /// Appends records to the copy; records of another log are ignored.
    pub(crate) fn append(&self, log: LogId, page: &Page) -> Result<(), Unfit> {
        self.change(|state| {
            let Some(copy) = state.copy.as_mut().filter(|copy| copy.id() == log) else {
                return Ok(());
            };
            if !state.chain.agrees(page) {
                // A check finds out what happened.
                self.urgent.notify_one();
                return Err(Unfit::Forked);
            }
            let (before, records) = (copy.head(), &page.records);
            let appended = copy.append(records);
            state.chain.extend(page);
            // A copy that was never complete reads old records, which are no news. [`Self::confirm`]
            // announces `Missed` instead.
            if copy.confirmed_at_ms() > 0 {
                self.news.tell(between(records, before, copy.head()));
            }
            appended?;
            if copy.head().0 - copy.horizon().0 > 2 * KEPT_RECORDS {
                copy.trim(Revision(copy.head().0 - KEPT_RECORDS));
                state.chain.trim(copy.horizon());
            }
            Ok(())
        })
    }

    /// Notes that check number `check` succeeded, if the copy has reached the head that it found.
    pub(crate) fn confirm(&self, extent: &Extent, check: u64) {
        self.change(|state| {
            let head = extent.tip.revision;
            let has_it = (state.chain.digest_at(head)).is_some_and(|it| it == extent.tip.digest);
            let Some(copy) = state
                .copy
                .as_mut()
                .filter(|copy| has_it && copy.id() == extent.log && copy.head() >= head)
            else {
                return;
            };
            // The default moment means that the check could not tell when the log was complete.
            if extent.complete_at != Moment::default() {
                if copy.confirmed_at_ms() == 0 {
                    self.news.tell_missed();
                }
                copy.confirm(never_zero(extent.complete_at.steady_ms));
                state.confirmed_at_ms = state.confirmed_at_ms.max(extent.complete_at.steady_ms);
            }
            copy.trim(extent.horizon);
            state.chain.trim(copy.horizon());
            state.position.attested = state.position.attested.max(extent.attested);
            if extent.complete_at.steady_ms >= state.position.complete_at.steady_ms {
                state.position.complete_at = extent.complete_at;
            }
            state.position.checks_done = state.position.checks_done.max(check);
        });
    }
}

/// The records in `(after, last]`; `records` are sorted by revision.
fn between(records: &[PurgeRecord], after: Revision, last: Revision) -> &[PurgeRecord] {
    let known = records.partition_point(|record| record.revision <= after);
    let end = records.partition_point(|record| record.revision <= last);
    &records[known..end.max(known)]
}

fn for_others(position: &Position, as_of: AsOf) -> AsOf {
    let is_same = position.log == Some(as_of.log);
    let last = if is_same {
        position.attested
    } else {
        Revision::ZERO
    };
    AsOf {
        revision: as_of.revision.min(last),
        ..as_of
    }
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
        // The copy is never extended backwards.
        log_reaches: false,
    }
}

/// How long ago an entry was made, and how long ago it was last known to be current.
fn ages_ms(now: Moment, entry: &Cached) -> (u64, u64) {
    let seen_ago_ms = seen_ago_ms(now.steady_ms, entry);
    (entry.head.age_ms(now.wall_ms), seen_ago_ms)
}

/// How long ago the entry was current by its own `current_at_ms`; `u64::MAX` when another server read
/// it.
fn seen_ago_ms(steady_ms: u64, entry: &Cached) -> u64 {
    let current_at_ms = entry.current_at_ms();
    current_at_ms.map_or(u64::MAX, |at_ms| steady_ms.saturating_sub(at_ms))
}

/// [`LogCopy`] uses 0 for "never", but the steady clock begins at 0: so times are stored plus 1.
const fn never_zero(steady_ms: u64) -> u64 {
    steady_ms.saturating_add(1)
}

fn copy_age_ms(copy: &LogCopy, steady_ms: u64) -> u64 {
    match copy.confirmed_at_ms() {
        0 => u64::MAX,
        _ => copy.age_ms(never_zero(steady_ms)),
    }
}
