//! The purge feed: origins append records to one Durable Object, and isolates read its tail.
//!
//! An append is idempotent and leaves no gaps: it says which revision its records follow. The
//! object answers with its own head, so that the origin resumes from there.

use cache_core::{LogId, PurgeRecord, Revision};
use serde::{Deserialize, Serialize};

use crate::bounds::DISTRUST_MS;
use crate::usage::UsageRow;

/// The context of an append's signature, which is over the announcement of its body.
pub const CONTEXT: &str = "purge-log";
/// The most records in one append.
pub const MAX_APPEND_RECORDS: usize = 500;
/// The number of records in a page. A complete page never changes, so it may be cached for ever.
pub const PAGE_RECORDS: u64 = 256;

/// An append whose time is further in the future than this, in milliseconds, is refused.
pub const MAX_AHEAD_MS: u64 = 1_000;

/// What an origin sends to the Durable Object. An append without records is a heartbeat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Append {
    /// The log that the records belong to.
    pub log: LogId,
    /// The log has every record after this revision.
    pub horizon: Revision,
    /// The records follow this revision.
    pub after: Revision,
    /// The records: without gaps, at most [`MAX_APPEND_RECORDS`].
    pub records: Vec<PurgeRecord>,
    /// The revision of the log's last record, read after `sent_at_ms`.
    pub head: Revision,
    /// When the origin began to read `head`, in milliseconds since the Unix epoch, by its clock.
    pub sent_at_ms: u64,
    /// The origin takes the object's tally ([`crate::tally`]) with the answer. An origin of a version
    /// that does not know tallies must not get one.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub takes_tally: bool,
    /// The origin takes with the answer who asked for which document ([`crate::usage`]), likewise.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub takes_usage: bool,
}

/// The object's position after an append, whether accepted (200) or not (409).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppendAnswer {
    /// The log that the object holds, if any.
    pub log: Option<LogId>,
    /// The revision of the last record that it holds.
    pub head: Revision,
    /// It holds every record after this revision.
    pub horizon: Revision,
}

/// The object's answer to an append that it accepted. `R` is a row of the tally: an origin reads rows
/// one by one, because those of a newer version may have outcomes that it does not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppendReply<R> {
    /// The object's position.
    #[serde(flatten)]
    pub position: AppendAnswer,
    /// What became of requests since the tally was last taken.
    #[serde(default = "Vec::new")]
    pub tally: Vec<R>,
    /// Who asked for which document since that was last taken.
    #[serde(default)]
    pub usage: Vec<UsageRow>,
}

/// The object's state, besides its records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedState {
    /// The log that the object holds, if any.
    pub log: Option<LogId>,
    /// It holds every record after this revision.
    pub horizon: Revision,
    /// The revision of the last record that it holds.
    pub head: Revision,
    /// When its head was last known to be the log's head, in milliseconds since the Unix epoch; 0 is
    /// never. Not written to disk: after a restart it is unknown until the next heartbeat.
    #[serde(skip)]
    pub confirmed_at_ms: u64,
}

/// Why an append is refused.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum Refused {
    /// The records do not follow the object's head (409). The origin resumes from
    /// [`FeedState::answer`].
    #[error("the records do not follow the last record that is held")]
    Elsewhere,
    /// The records have gaps, are too many, or go beyond the append's own `head`.
    #[error("the records have gaps, are too many, or go beyond the head")]
    Malformed,
    /// The origin's clock is ahead of the edge's.
    #[error("the sender's clock is ahead by more than {MAX_AHEAD_MS} ms")]
    ClockAhead,
}

/// What an accepted append changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted<'a> {
    /// Whether to delete all records held so far: they belong to another log, or are too old to be
    /// continued.
    pub reset: bool,
    /// The records to write.
    pub records: &'a [PurgeRecord],
    /// The new state. Records at or before its horizon may be deleted.
    pub state: FeedState,
}

impl FeedState {
    /// The object's position, as it is answered to an append.
    pub const fn answer(&self) -> AppendAnswer {
        AppendAnswer {
            log: self.log,
            head: self.head,
            horizon: self.horizon,
        }
    }

    /// Decides whether an append is accepted. `now_ms` is in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// [`Refused`] says what the sender has to change.
    pub fn accept<'a>(&self, append: &'a Append, now_ms: u64) -> Result<Accepted<'a>, Refused> {
        // An append with a time in the future could be delayed or replayed, and would then confirm
        // the head at a moment at which nobody had read it.
        if append.sent_at_ms > now_ms + MAX_AHEAD_MS {
            return Err(Refused::ClockAhead);
        }
        let mut end = Some(append.after.0);
        let contiguous = append.records.iter().all(|record| {
            end = end.and_then(|end| end.checked_add(1));
            end == Some(record.revision.0)
        });
        let end = end.map(Revision).filter(|end| *end <= append.head);
        let Some(end) = end.filter(|_| contiguous && append.records.len() <= MAX_APPEND_RECORDS)
        else {
            return Err(Refused::Malformed);
        };
        // If the log no longer has the record after ours, we must begin anew, as with another log.
        let reset = self.log != Some(append.log) || self.head < append.horizon;
        // A log with a lower horizon is an older log (every log begins after the ones before it).
        // It comes from an origin that does not know of the new log yet. It is accepted only when no
        // origin confirms the new log any more, as after the restore of a database backup.
        let spoken_for = now_ms <= self.confirmed_at_ms.saturating_add(DISTRUST_MS);
        if reset && append.horizon < self.horizon && spoken_for {
            return Err(Refused::Elsewhere);
        }
        let mut state = if reset {
            // A new log must begin at its horizon, or records would be missing.
            if append.after != append.horizon {
                return Err(Refused::Elsewhere);
            }
            Self {
                log: Some(append.log),
                horizon: append.horizon,
                head: append.after,
                confirmed_at_ms: 0,
            }
        } else {
            *self
        };
        if append.after > state.head || append.after < append.horizon {
            return Err(Refused::Elsewhere);
        }
        let known = usize::try_from(state.head.0 - append.after.0).unwrap_or(usize::MAX);
        let records = append.records.get(known..).unwrap_or_default();
        state.head = state.head.max(end);
        state.horizon = state.horizon.max(append.horizon.min(state.head));
        // The append says that the log ended at `head` at `sent_at_ms`. That confirms our copy only
        // if it ends there too. If ours is behind, records are missing; if ours is ahead, the log
        // has lost records.
        if state.head == append.head {
            state.confirmed_at_ms = state.confirmed_at_ms.max(append.sent_at_ms.min(now_ms));
        }
        Ok(Accepted {
            reset,
            records,
            state,
        })
    }

    /// The revision after which the tail begins. The tail has between one and two pages of records,
    /// or all of them if there are fewer.
    pub fn tail_from(&self) -> Revision {
        let page = (self.head.0 / PAGE_RECORDS).saturating_sub(1);
        Revision(page * PAGE_RECORDS).max(self.horizon)
    }
}

/// The end of the log, as isolates read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tail {
    /// The log's identity.
    pub log: LogId,
    /// The object holds every record after this revision.
    pub horizon: Revision,
    /// The records follow this revision.
    pub from: Revision,
    /// The revision of the last record.
    pub head: Revision,
    /// When `head` was last known to be the log's head, in milliseconds since the Unix epoch.
    pub confirmed_at_ms: u64,
    /// When the object gave this answer, in milliseconds since the Unix epoch, by its clock.
    pub read_at_ms: u64,
    /// The records in `(from, head]`.
    pub records: Vec<PurgeRecord>,
}

impl Tail {
    /// Whether an object may have given this. A tail that claims to be of the future would be believed for
    /// ever, and the isolate would read no other one.
    pub fn is_possible(&self, now_ms: u64) -> bool {
        let latest_ms = now_ms.saturating_add(MAX_AHEAD_MS);
        self.read_at_ms <= latest_ms
            && self.confirmed_at_ms <= self.read_at_ms
            && self.horizon <= self.from
            && self.from <= self.head
    }
}

/// A page of older records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The log's identity.
    pub log: LogId,
    /// The records follow this revision.
    pub from: Revision,
    /// The records, without gaps.
    pub records: Vec<PurgeRecord>,
}

#[cfg(test)]
mod tests {
    use cache_core::PurgeKind;

    use super::*;

    const LOG: LogId = LogId::from_bytes([1; 16]);

    fn append(after: u64, count: u64, head: u64, sent_at_ms: u64) -> Append {
        let records = (after + 1..=after + count)
            .map(|revision| PurgeRecord {
                revision: Revision(revision),
                tags: vec![],
                kind: PurgeKind::Hard,
            })
            .collect();
        Append {
            log: LOG,
            horizon: Revision::ZERO,
            after: Revision(after),
            records,
            head: Revision(head),
            sent_at_ms,
            takes_tally: false,
            takes_usage: false,
        }
    }

    #[test]
    fn an_answer_without_a_tally_and_one_of_a_newer_version_are_read() {
        let read = |text| serde_json::from_str::<AppendReply<serde_json::Value>>(text);
        let position = state(5).answer();
        let old = serde_json::to_string(&position).unwrap();
        assert_eq!(
            read(&old).unwrap(),
            AppendReply {
                position,
                tally: vec![],
                usage: vec![]
            }
        );
        let newer = old.replace('{', r#"{"tally": [{"outcome": "of a newer version"}], "#);
        let newer = read(&newer).unwrap();
        assert_eq!((newer.position, newer.tally.len()), (position, 1));
    }

    fn state(head: u64) -> FeedState {
        FeedState {
            log: Some(LOG),
            horizon: Revision::ZERO,
            head: Revision(head),
            confirmed_at_ms: 10,
        }
    }

    #[test]
    fn records_are_taken_once_and_without_gaps() {
        let five = state(5);
        assert_eq!(
            five.accept(&append(6, 1, 7, 20), 20),
            Err(Refused::Elsewhere),
            "a gap"
        );
        let overlapping = append(3, 4, 7, 20);
        let accepted = five.accept(&overlapping, 20).unwrap();
        assert_eq!(
            accepted
                .records
                .iter()
                .map(|record| record.revision.0)
                .collect::<Vec<_>>(),
            [6, 7]
        );
        assert_eq!(
            (accepted.state.head, accepted.state.confirmed_at_ms),
            (Revision(7), 20)
        );
        let old = append(0, 3, 7, 20);
        let accepted = five.accept(&old, 20).unwrap();
        assert!(accepted.records.is_empty());
        assert_eq!(
            (accepted.state.head, accepted.state.confirmed_at_ms),
            (Revision(5), 10),
            "not confirmed: the log is at 7"
        );
        // The last revision that there can be.
        let last = Append {
            after: Revision(u64::MAX - 1),
            head: Revision(u64::MAX),
            records: vec![PurgeRecord {
                revision: Revision(u64::MAX),
                ..append(0, 1, 1, 20).records.remove(0)
            }],
            ..append(0, 0, 0, 20)
        };
        assert_eq!(five.accept(&last, 20), Err(Refused::Elsewhere));
        let mut holed = append(5, 2, 7, 20);
        holed.records.remove(0);
        assert_eq!(five.accept(&holed, 20), Err(Refused::Malformed));
    }

    #[test]
    fn a_heartbeat_confirms_and_an_old_one_does_not_make_older() {
        let accepted = |sent, now| {
            state(5)
                .accept(&append(5, 0, 5, sent), now)
                .unwrap()
                .state
                .confirmed_at_ms
        };
        assert_eq!(accepted(20, 30), 20);
        assert_eq!(accepted(5, 30), 10);
        assert_eq!(accepted(99, 30), 30, "a clock that is ahead");
    }

    #[test]
    fn a_log_that_forgot_what_it_gave_out_confirms_nothing() {
        let rewound = append(3, 1, 4, 20);
        let accepted = state(5).accept(&rewound, 20).unwrap();
        assert!(accepted.records.is_empty());
        assert_eq!(accepted.state.confirmed_at_ms, 10);
    }

    #[test]
    fn a_statement_from_the_future_is_refused() {
        let sent = |sent_at_ms| {
            let append = append(5, 0, 5, sent_at_ms);
            state(5)
                .accept(&append, 20)
                .map(|accepted| accepted.state.confirmed_at_ms)
        };
        assert_eq!(sent(20 + MAX_AHEAD_MS), Ok(20));
        assert_eq!(sent(21 + MAX_AHEAD_MS), Err(Refused::ClockAhead));
    }

    #[test]
    fn another_log_is_taken_up_at_its_horizon_only() {
        let other = LogId::from_bytes([2; 16]);
        let mut begin = append(4, 1, 9, 20);
        begin.log = other;
        assert_eq!(state(5).accept(&begin, 20), Err(Refused::Elsewhere));
        begin.horizon = Revision(4);
        let accepted = state(5).accept(&begin, 20).unwrap();
        assert!(accepted.reset);
        assert_eq!(
            accepted.state,
            FeedState {
                log: Some(other),
                horizon: Revision(4),
                head: Revision(5),
                confirmed_at_ms: 0
            }
        );
    }

    #[test]
    fn a_log_that_was_left_behind_is_not_taken_up_while_the_new_one_is_spoken_for() {
        let held = FeedState {
            horizon: Revision(4),
            ..state(5)
        };
        let mut old = append(0, 1, 1, 20);
        old.log = LogId::from_bytes([2; 16]);
        assert_eq!(held.accept(&old, 20), Err(Refused::Elsewhere));
        let silent_since = 10 + DISTRUST_MS;
        assert_eq!(held.accept(&old, silent_since), Err(Refused::Elsewhere));
        assert!(held.accept(&old, silent_since + 1).unwrap().reset);
    }

    #[test]
    fn a_log_that_forgot_what_is_missing_here_is_taken_up_at_its_horizon() {
        let mut late = append(7, 1, 8, 20);
        late.horizon = Revision(6);
        assert_eq!(
            state(5).accept(&late, 20),
            Err(Refused::Elsewhere),
            "not at its horizon"
        );
        let mut begin = append(6, 2, 8, 20);
        begin.horizon = Revision(6);
        let accepted = state(5).accept(&begin, 20).unwrap();
        assert!(accepted.reset);
        assert_eq!(
            (accepted.state.horizon, accepted.state.head),
            (Revision(6), Revision(8))
        );
    }

    #[test]
    fn a_tail_of_the_future_or_out_of_order_is_none() {
        let tail = Tail {
            log: LogId::from_bytes([1; 16]),
            horizon: Revision(2),
            from: Revision(7),
            head: Revision(7),
            confirmed_at_ms: 9_000,
            read_at_ms: 10_000,
            records: Vec::new(),
        };
        assert!(tail.is_possible(10_000));
        assert!(tail.is_possible(10_000 - MAX_AHEAD_MS), "clocks differ");
        assert!(!tail.is_possible(9_999 - MAX_AHEAD_MS));
        let wrong: [fn(&mut Tail); 3] = [
            |tail| tail.confirmed_at_ms = 10_001,
            |tail| tail.from = Revision(1),
            |tail| tail.head = Revision(6),
        ];
        for change in wrong {
            let mut changed = tail.clone();
            change(&mut changed);
            assert!(!changed.is_possible(10_000), "{changed:?}");
        }
    }

    #[test]
    fn the_tail_has_one_to_two_pages() {
        for (head, horizon, from) in [
            (0, 0, 0),
            (255, 0, 0),
            (511, 0, 0),
            (512, 0, 256),
            (1_000, 0, 512),
            (600, 300, 300),
        ] {
            let state = FeedState {
                horizon: Revision(horizon),
                ..state(head)
            };
            assert_eq!(state.tail_from(), Revision(from), "{head}");
        }
    }
}
