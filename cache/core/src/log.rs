//! A replica's copy of the purge log, and the one rule of coherence.
//!
//! *An entry is valid if and only if no hard purge of any of its tags has a revision greater than
//! its `as_of`; a later soft purge makes it stale.* The order in which fills and purges arrive
//! does not matter, and a purge costs O(tags).

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::revision::{AsOf, LogId, Revision};
use crate::tag::Tag;

/// Whether a purged answer may still be served while it is refreshed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PurgeKind {
    /// The answer is never served again.
    Hard,
    /// The answer is stale: it may be served while it is refreshed.
    Soft,
}

impl PurgeKind {
    /// The name used in logs, headers and stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hard => "hard",
            Self::Soft => "soft",
        }
    }

    /// The kind that a word names.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Hard, Self::Soft]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

/// One record of the purge log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurgeRecord {
    /// Its position in the log; revisions have no gaps.
    pub revision: Revision,
    /// The tags it purges.
    pub tags: Vec<Tag>,
    /// Hard or soft.
    pub kind: PurgeKind,
}

/// At least one record is missing between a copy and the records that were to be added.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("records are missing: the copy ends at {head}, the new records begin at {first}")]
pub struct Gap {
    /// Where the copy ends.
    pub head: Revision,
    /// Where the records begin.
    pub first: Revision,
}

/// Whether an entry is valid, judged by a copy of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Validity {
    /// None of its tags was purged since it was read.
    Valid,
    /// One of its tags was softly purged since it was read.
    Stale,
    /// It must not be served.
    Invalid(InvalidReason),
}

/// Why an entry must not be served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidReason {
    /// A hard purge of this tag came after the entry was read.
    Purged { tag: Tag, revision: Revision },
    /// The entry belongs to a log with another identity.
    OtherLog,
    /// The entry was read before the copy's first record, so purges of it may be unknown.
    BeforeHorizon,
}

impl InvalidReason {
    /// The name used in `Cache-Status`, logs and metrics.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Purged { .. } => "purged",
            Self::OtherLog => "other-log",
            Self::BeforeHorizon => "before-horizon",
        }
    }
}

/// The last purges of one tag.
#[derive(Clone, Copy, Debug, Default)]
struct LastPurges {
    hard: Revision,
    soft: Revision,
}

/// A copy of the purge log that knows every purge in `(horizon, head]`.
#[derive(Clone, Debug)]
pub struct LogCopy {
    id: LogId,
    horizon: Revision,
    head: Revision,
    confirmed_at_ms: u64,
    last: HashMap<Tag, LastPurges>,
}

impl LogCopy {
    /// An empty copy whose horizon and head are `start`. It must not be trusted until
    /// [`LogCopy::confirm`] has said when it was complete.
    pub fn starting_at(id: LogId, start: Revision) -> Self {
        Self {
            id,
            horizon: start,
            head: start,
            confirmed_at_ms: 0,
            last: HashMap::new(),
        }
    }

    /// The log's identity.
    pub const fn id(&self) -> LogId {
        self.id
    }

    /// The revision of the last record in the copy.
    pub const fn head(&self) -> Revision {
        self.head
    }

    /// The copy knows every purge after this revision.
    pub const fn horizon(&self) -> Revision {
        self.horizon
    }

    /// The number of tags whose purges it remembers.
    pub fn tags(&self) -> usize {
        self.last.len()
    }

    /// Appends records; those already known are skipped.
    ///
    /// # Errors
    /// [`Gap`] when a record is missing; the copy is left with what came before the gap.
    pub fn append(&mut self, records: &[PurgeRecord]) -> Result<(), Gap> {
        for record in records {
            if record.revision <= self.head {
                continue;
            }
            if record.revision != self.head.next() {
                return Err(Gap {
                    head: self.head,
                    first: record.revision,
                });
            }
            self.note(record);
            self.head = record.revision;
        }
        Ok(())
    }

    /// Adds older records, so that the copy's horizon moves back to `from`. `records` are those in
    /// `(from, horizon]`.
    ///
    /// # Errors
    /// [`Gap`] when one of them is missing; the copy is left unchanged.
    pub fn prepend(&mut self, from: Revision, records: &[PurgeRecord]) -> Result<(), Gap> {
        let mut expected = from;
        for record in records
            .iter()
            .filter(|record| record.revision <= self.horizon)
        {
            if record.revision != expected.next() {
                return Err(Gap {
                    head: expected,
                    first: record.revision,
                });
            }
            expected = record.revision;
        }
        if expected != self.horizon || from > self.horizon {
            return Err(Gap {
                head: expected,
                first: self.horizon,
            });
        }
        for record in records {
            self.note(record);
        }
        self.horizon = from;
        Ok(())
    }

    fn note(&mut self, record: &PurgeRecord) {
        for tag in &record.tags {
            let last = self.last.entry(tag.clone()).or_default();
            let slot = match record.kind {
                PurgeKind::Hard => &mut last.hard,
                PurgeKind::Soft => &mut last.soft,
            };
            *slot = (*slot).max(record.revision);
        }
    }

    /// Forgets purges at or before `horizon`. Entries with an older `as_of` can then not be judged
    /// any more and are invalid.
    pub fn trim(&mut self, horizon: Revision) {
        if horizon <= self.horizon {
            return;
        }
        self.horizon = horizon.min(self.head);
        let horizon = self.horizon;
        self.last
            .retain(|_, last| last.hard > horizon || last.soft > horizon);
    }

    /// Notes that the copy was complete at `at_ms`: the log had no record after `head` then.
    /// `at_ms` is in milliseconds by the caller's clock. An earlier time than the last one is
    /// ignored.
    pub fn confirm(&mut self, at_ms: u64) {
        self.confirmed_at_ms = self.confirmed_at_ms.max(at_ms);
    }

    /// When the copy was last known to be complete, in the milliseconds of [`LogCopy::confirm`]; 0
    /// means never.
    pub const fn confirmed_at_ms(&self) -> u64 {
        self.confirmed_at_ms
    }

    /// How long ago the copy was last known to be complete, in milliseconds.
    pub fn age_ms(&self, now_ms: u64) -> u64 {
        now_ms.saturating_sub(self.confirmed_at_ms)
    }

    /// The latest soft purge that makes an entry stale: its tag and its revision.
    pub fn soft_purge(&self, as_of: &AsOf, tags: &[Tag]) -> Option<(Tag, Revision)> {
        let everything = Tag::everything();
        let last = tags.iter().chain([&everything]).filter_map(|tag| {
            let soft = self.last.get(tag)?.soft;
            (soft > as_of.revision).then_some((tag, soft))
        });
        last.max_by_key(|(_, revision)| *revision)
            .map(|(tag, revision)| (tag.clone(), revision))
    }

    /// Applies the rule of coherence (see the module) to an entry with this `as_of` and these tags.
    pub fn judge(&self, as_of: &AsOf, tags: &[Tag]) -> Validity {
        if as_of.log != self.id {
            return Validity::Invalid(InvalidReason::OtherLog);
        }
        if as_of.revision < self.horizon {
            return Validity::Invalid(InvalidReason::BeforeHorizon);
        }
        if self.last.is_empty() || as_of.revision >= self.head {
            return Validity::Valid;
        }
        let everything = Tag::everything();
        let mut stale = false;
        for tag in tags.iter().chain([&everything]) {
            let Some(last) = self.last.get(tag) else {
                continue;
            };
            if last.hard > as_of.revision {
                return Validity::Invalid(InvalidReason::Purged {
                    tag: tag.clone(),
                    revision: last.hard,
                });
            }
            stale |= last.soft > as_of.revision;
        }
        if stale {
            Validity::Stale
        } else {
            Validity::Valid
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: LogId = LogId::from_bytes([1; 16]);

    fn record(revision: u64, tag: &str, kind: PurgeKind) -> PurgeRecord {
        PurgeRecord {
            revision: Revision(revision),
            tags: vec![tag.parse().unwrap()],
            kind,
        }
    }

    fn as_of(revision: u64) -> AsOf {
        AsOf {
            log: LOG,
            revision: Revision(revision),
        }
    }

    fn copy(records: &[PurgeRecord]) -> LogCopy {
        let mut copy = LogCopy::starting_at(LOG, Revision::ZERO);
        copy.append(records).unwrap();
        copy
    }

    #[test]
    fn only_a_later_purge_of_its_own_tag_makes_an_entry_invalid() {
        let log = copy(&[
            record(1, "a", PurgeKind::Hard),
            record(2, "b", PurgeKind::Soft),
        ]);
        let [a, b, c] = ["a", "b", "c"].map(|tag| tag.parse::<Tag>().unwrap());
        let purged = Validity::Invalid(InvalidReason::Purged {
            tag: a.clone(),
            revision: Revision(1),
        });
        let table = [
            (0, &a, purged),
            (1, &a, Validity::Valid),
            (0, &b, Validity::Stale),
            (1, &b, Validity::Stale),
            (2, &b, Validity::Valid),
            (0, &c, Validity::Valid),
            (9, &a, Validity::Valid),
        ];
        for (revision, tag, expected) in table {
            assert_eq!(
                log.judge(&as_of(revision), std::slice::from_ref(tag)),
                expected,
                "{revision} {tag}"
            );
        }
    }

    #[test]
    fn the_soft_purge_that_makes_an_entry_stale_is_named() {
        let log = copy(&[
            record(1, "a", PurgeKind::Soft),
            record(2, "b", PurgeKind::Soft),
            record(3, "a", PurgeKind::Hard),
            record(4, "*", PurgeKind::Soft),
        ]);
        let [a, b, c] = ["a", "b", "c"].map(|tag| tag.parse::<Tag>().unwrap());
        let both = [a, b.clone()];
        assert_eq!(
            log.soft_purge(&as_of(4), &both),
            None,
            "it has seen all of them"
        );
        let everything = Some((Tag::everything(), Revision(4)));
        assert_eq!(log.soft_purge(&as_of(3), &[c]), everything);
        let mut earlier = copy(&[record(1, "a", PurgeKind::Soft)]);
        earlier.append(&[record(2, "b", PurgeKind::Soft)]).unwrap();
        assert_eq!(
            earlier.soft_purge(&as_of(0), &both),
            Some((b, Revision(2))),
            "the latest"
        );
    }

    #[test]
    fn a_purge_of_everything_reaches_entries_that_do_not_name_it() {
        let log = copy(&[record(1, "*", PurgeKind::Hard)]);
        let tag: Tag = "a".parse().unwrap();
        assert!(matches!(
            log.judge(&as_of(0), std::slice::from_ref(&tag)),
            Validity::Invalid(_)
        ));
        assert!(matches!(log.judge(&as_of(0), &[]), Validity::Invalid(_)));
        assert_eq!(log.judge(&as_of(1), &[]), Validity::Valid);
    }

    #[test]
    fn an_entry_of_another_log_or_before_the_horizon_is_not_valid() {
        let mut log = copy(&[
            record(1, "a", PurgeKind::Hard),
            record(2, "b", PurgeKind::Hard),
        ]);
        let other = AsOf {
            log: LogId::from_bytes([2; 16]),
            revision: Revision(2),
        };
        assert_eq!(
            log.judge(&other, &[]),
            Validity::Invalid(InvalidReason::OtherLog)
        );
        log.trim(Revision(2));
        assert_eq!(
            log.judge(&as_of(1), &[]),
            Validity::Invalid(InvalidReason::BeforeHorizon)
        );
        assert_eq!(log.judge(&as_of(2), &[]), Validity::Valid);
        assert_eq!(log.tags(), 0);
    }

    #[test]
    fn records_are_taken_once_and_without_gaps() {
        let mut log = copy(&[record(1, "a", PurgeKind::Hard)]);
        log.append(&[
            record(1, "a", PurgeKind::Hard),
            record(2, "b", PurgeKind::Hard),
        ])
        .unwrap();
        assert_eq!(log.head(), Revision(2));
        assert_eq!(
            log.append(&[record(4, "c", PurgeKind::Hard)]),
            Err(Gap {
                head: Revision(2),
                first: Revision(4)
            })
        );
        assert_eq!(log.head(), Revision(2));
    }

    #[test]
    fn older_records_move_the_horizon_back_only_without_a_hole() {
        let mut log = LogCopy::starting_at(LOG, Revision(2));
        log.append(&[record(3, "c", PurgeKind::Hard)]).unwrap();
        assert!(
            log.prepend(Revision::ZERO, &[record(1, "a", PurgeKind::Hard)])
                .is_err()
        );
        assert!(
            log.prepend(Revision::ZERO, &[record(2, "b", PurgeKind::Hard)])
                .is_err()
        );
        assert_eq!(log.horizon(), Revision(2));
        log.prepend(
            Revision::ZERO,
            &[
                record(1, "a", PurgeKind::Hard),
                record(2, "b", PurgeKind::Hard),
            ],
        )
        .unwrap();
        let a: Tag = "a".parse().unwrap();
        assert!(matches!(
            log.judge(&as_of(0), std::slice::from_ref(&a)),
            Validity::Invalid(InvalidReason::Purged { .. })
        ));
        assert_eq!(
            log.judge(&as_of(1), std::slice::from_ref(&a)),
            Validity::Valid
        );
    }

    #[test]
    fn an_older_confirmation_does_not_make_a_copy_older() {
        let mut log = copy(&[]);
        log.confirm(1_000);
        log.confirm(500);
        assert_eq!(log.age_ms(1_200), 200);
    }
}
