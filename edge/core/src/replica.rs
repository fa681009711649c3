//! An isolate's copy of the purge log: how it is updated, and when it must be refreshed.

use cache_core::{Allowance, AsOf, LogCopy, Revision, Tag};

use crate::bounds;
use crate::feed::{PAGE_RECORDS, Page, Tail};

/// Whether, and when, the copy must be refreshed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// Not now: the copy is young enough.
    No,
    /// In the background, while the request is answered.
    InBackground,
    /// Before the request is answered.
    First,
}

/// The shortest interval between refreshes for requests that demand a later revision than the
/// copy's head, in milliseconds. In between, such requests go to the origin.
const REFRESH_AGAIN_MS: u64 = 100;
/// For how long a revision learned from the origin counts, in milliseconds. By then the copy has
/// either reached it or is not trusted. Without this limit, a log that never reaches it (after the
/// restore of a database backup) would send every request to the origin for ever.
const LEARNED_FOR_MS: u64 = bounds::DISTRUST_MS;
/// The copy forgets down to this many records when it has twice as many. Entries from before that
/// count as misses.
const KEPT_RECORDS: u64 = 10_000;
/// The copy forgets down to this many tags when it has twice as many: a record may have thousands, and
/// each takes about 100 bytes of the isolate's 128 MB.
const KEPT_TAGS: usize = 50_000;
/// How many requests per second may demand a revision that the copy has not reached.
pub const BEYOND_HEAD_PER_S: u32 = 20;

#[derive(Clone, Copy, Debug)]
struct LearnedRevision {
    revision: Revision,
    at_ms: u64,
}

/// An isolate's copy of the purge log. All times are in milliseconds since the Unix epoch.
#[derive(Debug, Default)]
pub struct Replica {
    copy: Option<LogCopy>,
    feed_horizon: Revision,
    read_at_ms: u64,
    learned: Option<LearnedRevision>,
    beyond_head: Allowance,
    is_warming_due: bool,
}

impl Replica {
    /// The copy; `None` until the first tail was applied.
    pub const fn copy(&self) -> Option<&LogCopy> {
        self.copy.as_ref()
    }

    /// A revision that the origin returned less than 5 s ago and that the copy has not reached.
    pub fn learned(&self, now_ms: u64) -> Option<Revision> {
        let learned = self.learned?;
        let head = self.copy.as_ref()?.head();
        let counts = learned.revision > head && now_ms <= learned.at_ms + LEARNED_FOR_MS;
        counts.then_some(learned.revision)
    }

    /// Notes the revision in an answer of the origin. It still counts when a new log begins, because
    /// the revisions of a new log are greater than those of the logs before it.
    pub fn learn(&mut self, revision: Revision, now_ms: u64) {
        if self.learned.is_none_or(|known| known.revision <= revision)
            || self.learned(now_ms).is_none()
        {
            self.learned = Some(LearnedRevision {
                revision,
                at_ms: now_ms,
            });
        }
    }

    /// The minimum revision that is applied to a request which demands `minimum`.
    ///
    /// A revision that the copy has reached costs nothing. A later one may cost a read at the
    /// origin, so only [`BEYOND_HEAD_PER_S`] requests per second may demand one; for the others the
    /// result is `None`, and the copy's head is enough. (A client that wrote through this isolate
    /// does not need it: the isolate learned the revision from the answer to its write.)
    pub fn admit_minimum(&mut self, minimum: Option<Revision>, now_ms: u64) -> Option<Revision> {
        let minimum = minimum?;
        if self
            .copy
            .as_ref()
            .is_some_and(|copy| minimum <= copy.head())
        {
            return Some(minimum);
        }
        let admitted = self.beyond_head.admits(BEYOND_HEAD_PER_S, now_ms);
        admitted.then_some(minimum)
    }

    /// Whether to refresh the copy, for a request that demands `min_revision`.
    pub fn refresh(&self, now_ms: u64, min_revision: Option<Revision>) -> Refresh {
        let age_ms = now_ms.saturating_sub(self.read_at_ms);
        let Some(copy) = &self.copy else {
            return Refresh::First;
        };
        let behind = self.learned(now_ms).is_some()
            || min_revision.is_some_and(|minimum| minimum > copy.head());
        if age_ms > bounds::WAIT_FOR_REFRESH_MS || (behind && age_ms >= REFRESH_AGAIN_MS) {
            Refresh::First
        } else if age_ms > bounds::REFRESH_MS {
            Refresh::InBackground
        } else {
            Refresh::No
        }
    }

    /// Whether a tail that was read at this time is newer than the last one.
    pub fn is_news(&self, read_at_ms: u64) -> bool {
        self.copy.is_none() || read_at_ms > self.read_at_ms
    }

    /// Updates the copy from a tail. A tail that was read before the last one is ignored: it may
    /// come from a cache.
    pub fn apply(&mut self, tail: &Tail) {
        if !self.is_news(tail.read_at_ms) {
            return;
        }
        self.is_warming_due |= self.asks_for_warming(tail);
        let continues = self
            .copy
            .as_ref()
            .is_some_and(|copy| copy.id() == tail.log && copy.head() >= tail.from);
        if !continues {
            self.copy = Some(LogCopy::starting_at(tail.log, tail.from));
        }
        let Some(copy) = &mut self.copy else { return };
        // A tail has no gaps. If it had one, the copy would end before it and not be confirmed.
        if copy.append(&tail.records).is_ok() && copy.head() >= tail.head {
            copy.confirm(tail.confirmed_at_ms);
        }
        copy.trim(tail.horizon);
        if records_in(copy) > 2 * KEPT_RECORDS {
            copy.trim(Revision(copy.head().0 - KEPT_RECORDS));
        }
        if copy.tags() > 2 * KEPT_TAGS {
            while copy.tags() > KEPT_TAGS {
                copy.trim(Revision(copy.head().0 - records_in(copy) / 2));
            }
        }
        self.feed_horizon = tail.horizon;
        self.read_at_ms = tail.read_at_ms;
    }

    /// Whether a tail tells that most entries are not valid any more, or asks for warming. An isolate without
    /// a copy has nothing to make anew.
    fn asks_for_warming(&self, tail: &Tail) -> bool {
        let Some(copy) = &self.copy else { return false };
        let warm = Tag::warm();
        let mut new = (tail.records.iter()).filter(|record| record.revision > copy.head());
        copy.id() != tail.log
            || copy.head() < tail.from
            || new.any(|record| record.tags.contains(&warm))
    }

    /// Whether the hottest answers are to be made anew: a new log has begun, or somebody asked for it.
    pub const fn is_warming_due(&self) -> bool {
        self.is_warming_due
    }

    /// Notes that this begins.
    pub const fn warming_begins(&mut self) {
        self.is_warming_due = false;
    }

    /// The number of the page that must be read to judge an entry from before the copy's horizon, if
    /// the Durable Object has it and the copy has room for it. Page `n` has the records `(256 n, 256 (n + 1)]`.
    pub fn missing_page(&self, as_of: &AsOf) -> Option<u64> {
        let copy = self.copy.as_ref()?;
        let older = as_of.revision < copy.horizon() && self.feed_knows(as_of);
        let has_room = records_in(copy) < KEPT_RECORDS && copy.tags() < KEPT_TAGS;
        (older && has_room).then(|| (copy.horizon().0 - 1) / PAGE_RECORDS)
    }

    /// Whether the Durable Object has all records that are needed to judge an entry.
    pub fn feed_knows(&self, as_of: &AsOf) -> bool {
        let same_log = self
            .copy
            .as_ref()
            .is_some_and(|copy| copy.id() == as_of.log);
        same_log && as_of.revision >= self.feed_horizon
    }

    /// Extends the copy backwards by an older page; a page that does not fit is ignored.
    pub fn prepend(&mut self, page: &Page) {
        if let Some(copy) = self.copy.as_mut().filter(|copy| copy.id() == page.log) {
            // A page may not fit any more, because the copy was replaced or extended meanwhile.
            let _fits = copy.prepend(page.from, &page.records);
        }
    }
}

fn records_in(copy: &LogCopy) -> u64 {
    copy.head().0 - copy.horizon().0
}

#[cfg(test)]
mod tests {
    use cache_core::{LogId, PurgeKind, PurgeRecord, Validity};

    use super::*;

    const LOG: LogId = LogId::from_bytes([1; 16]);

    fn records(from: u64, to: u64) -> Vec<PurgeRecord> {
        (from + 1..=to)
            .map(|revision| PurgeRecord {
                revision: Revision(revision),
                tags: vec![format!("t{revision}").parse().unwrap()],
                kind: PurgeKind::Hard,
            })
            .collect()
    }

    fn tail(from: u64, head: u64, at_ms: u64) -> Tail {
        Tail {
            log: LOG,
            horizon: Revision::ZERO,
            from: Revision(from),
            head: Revision(head),
            confirmed_at_ms: at_ms,
            read_at_ms: at_ms,
            records: records(from, head),
        }
    }

    #[test]
    fn it_refreshes_in_the_background_and_then_before_the_request() {
        let mut replica = Replica::default();
        assert_eq!(replica.refresh(0, None), Refresh::First);
        replica.apply(&tail(0, 3, 1_000));
        assert_eq!(replica.refresh(1_500, None), Refresh::No);
        assert_eq!(replica.refresh(1_501, None), Refresh::InBackground);
        assert_eq!(replica.refresh(2_001, None), Refresh::First);
        assert_eq!(replica.refresh(1_100, Some(Revision(4))), Refresh::First);
        assert_eq!(
            replica.refresh(1_000, Some(Revision(4))),
            Refresh::No,
            "was read just now: there is no more"
        );
        replica.learn(Revision(4), 1_000);
        assert_eq!(replica.refresh(1_100, None), Refresh::First);
        replica.apply(&tail(0, 4, 1_100));
        assert_eq!(replica.refresh(1_100, None), Refresh::No);
    }

    #[test]
    fn what_the_origin_gave_counts_in_the_next_log_and_not_for_ever() {
        let mut replica = Replica::default();
        replica.apply(&tail(0, 5, 1_000));
        replica.learn(Revision(9), 1_000);
        replica.learn(Revision(7), 1_200);
        let mut other = tail(0, 6, 1_300);
        other.log = LogId::from_bytes([2; 16]);
        replica.apply(&other);
        assert_eq!(replica.learned(1_300), Some(Revision(9)));
        assert_eq!(replica.learned(1_000 + LEARNED_FOR_MS), Some(Revision(9)));
        assert_eq!(replica.learned(1_001 + LEARNED_FOR_MS), None);
        replica.learn(Revision(8), 1_001 + LEARNED_FOR_MS);
        assert_eq!(
            replica.learned(1_001 + LEARNED_FOR_MS),
            Some(Revision(8)),
            "a lower one counts when the higher one does not any more"
        );
    }

    #[test]
    fn only_so_many_requests_a_second_insist_on_what_the_copy_has_not_reached() {
        let mut replica = Replica::default();
        replica.apply(&tail(0, 5, 1_000));
        let beyond = Some(Revision(6));
        let admitted = |replica: &mut Replica, now_ms: u64| {
            (0..100)
                .filter(|_| replica.admit_minimum(beyond, now_ms).is_some())
                .count()
        };
        assert_eq!(admitted(&mut replica, 2_000), BEYOND_HEAD_PER_S as usize);
        assert_eq!(
            replica.admit_minimum(Some(Revision(5)), 2_000),
            Some(Revision(5))
        );
        assert_eq!(replica.admit_minimum(None, 2_000), None);
        assert_eq!(admitted(&mut replica, 2_999), 0);
        assert_eq!(admitted(&mut replica, 3_000), BEYOND_HEAD_PER_S as usize);
    }

    #[test]
    fn a_tail_from_a_cache_does_not_take_the_copy_back() {
        let mut replica = Replica::default();
        replica.apply(&tail(0, 5, 1_000));
        let mut other = tail(0, 2, 900);
        other.log = LogId::from_bytes([2; 16]);
        replica.apply(&other);
        assert_eq!(replica.copy().unwrap().id(), LOG);
        assert_eq!(replica.copy().unwrap().head(), Revision(5));
    }

    #[test]
    fn answers_are_made_anew_when_the_log_asks_for_it_and_when_a_new_one_begins() {
        let mut replica = Replica::default();
        let asking = |from: u64, head: u64, at_ms: u64| {
            let mut tail = tail(from, head, at_ms);
            tail.records.last_mut().unwrap().tags.push(Tag::warm());
            tail
        };
        replica.apply(&asking(0, 3, 1_000));
        assert!(!replica.is_warming_due(), "a new isolate has nothing");
        replica.apply(&tail(0, 4, 1_001));
        assert!(!replica.is_warming_due());
        replica.apply(&asking(2, 5, 1_002));
        assert!(replica.is_warming_due());
        replica.warming_begins();
        replica.apply(&asking(3, 5, 1_003));
        assert!(!replica.is_warming_due(), "it is known already");
        let mut other = tail(7, 8, 1_004);
        other.log = LogId::from_bytes([2; 16]);
        replica.apply(&other);
        assert!(replica.is_warming_due());
        replica.warming_begins();
        replica.apply(&Tail {
            log: other.log,
            ..tail(20, 21, 1_005)
        });
        assert!(replica.is_warming_due(), "records between were not seen");
    }

    #[test]
    fn a_cold_isolate_reads_older_pages_when_an_entry_needs_them() {
        let mut replica = Replica::default();
        replica.apply(&tail(512, 1_000, 1_000));
        let as_of = AsOf {
            log: LOG,
            revision: Revision(10),
        };
        let tag = ["t400".parse().unwrap()];
        assert_eq!(replica.missing_page(&as_of), Some(1));
        replica.prepend(&Page {
            log: LOG,
            from: Revision(256),
            records: records(256, 512),
        });
        assert_eq!(replica.missing_page(&as_of), Some(0));
        replica.prepend(&Page {
            log: LOG,
            from: Revision(0),
            records: records(0, 256),
        });
        assert_eq!(replica.missing_page(&as_of), None);
        let log = replica.copy().unwrap();
        assert!(matches!(log.judge(&as_of, &tag), Validity::Invalid(_)));
        assert_eq!(
            log.judge(
                &AsOf {
                    log: LOG,
                    revision: Revision(400)
                },
                &tag
            ),
            Validity::Valid
        );
    }

    /// E6. A copy that was never restarted grew with the log, up to a million records.
    #[test]
    fn a_copy_forgets_what_is_old_and_does_not_read_it_back() {
        let mut replica = Replica::default();
        for (step, from) in (0..5 * KEPT_RECORDS).step_by(256).enumerate() {
            replica.apply(&tail(from, from + 256, 1_000 + step as u64));
            let copy = replica.copy().unwrap();
            assert!(records_in(copy) <= 2 * KEPT_RECORDS);
            assert!(copy.tags() as u64 <= 2 * KEPT_RECORDS);
        }
        let copy = replica.copy().unwrap();
        let (head, horizon) = (copy.head(), copy.horizon());
        let as_of = |revision| AsOf { log: LOG, revision };
        // What it has forgotten it does not take for valid, and what it knows it still judges.
        let before = Revision(horizon.0 - 1);
        let judged = |revision| replica.copy().unwrap().judge(&as_of(revision), &[]);
        assert!(matches!(judged(before), Validity::Invalid(_)));
        assert_eq!(judged(horizon), Validity::Valid);
        assert_eq!(replica.missing_page(&as_of(before)), None);
        assert!(head.0 - horizon.0 >= KEPT_RECORDS);
    }

    #[test]
    fn a_copy_forgets_when_its_records_have_many_tags() {
        const TAGS: u64 = 700;
        let mut replica = Replica::default();
        for from in 0..400 {
            let mut one = tail(from, from + 1, 1_000 + from);
            one.records[0].tags = (0..TAGS)
                .map(|tag| format!("r{from}:{tag}").parse().unwrap())
                .collect();
            replica.apply(&one);
            assert!(replica.copy().unwrap().tags() <= 2 * KEPT_TAGS);
        }
        let copy = replica.copy().unwrap();
        assert!(
            records_in(copy) < 2 * KEPT_TAGS as u64 / TAGS,
            "it forgot records"
        );
        let before = AsOf {
            log: LOG,
            revision: Revision(copy.horizon().0 - 1),
        };
        assert!(matches!(copy.judge(&before, &[]), Validity::Invalid(_)));
        let tag = ["r399:0".parse().unwrap()];
        let newest = AsOf {
            log: LOG,
            revision: Revision(399),
        };
        assert!(
            matches!(copy.judge(&newest, &tag), Validity::Invalid(_)),
            "it knows the last"
        );
    }

    /// One record alone has more tags than are kept: nothing is left to forget but that record.
    #[test]
    fn a_record_with_too_many_tags_is_forgotten_as_a_whole() {
        let mut replica = Replica::default();
        let mut one = tail(0, 1, 1_000);
        one.records[0].tags = (0..=2 * KEPT_TAGS)
            .map(|tag| format!("t:{tag}").parse().unwrap())
            .collect();
        replica.apply(&one);
        let copy = replica.copy().unwrap();
        assert_eq!((copy.tags(), copy.horizon()), (0, Revision(1)));
    }

    #[test]
    fn a_copy_that_fell_behind_starts_anew_and_forgets_nothing_silently() {
        let mut replica = Replica::default();
        replica.apply(&tail(0, 5, 1_000));
        replica.apply(&tail(512, 1_000, 2_000));
        let as_of = AsOf {
            log: LOG,
            revision: Revision(5),
        };
        assert!(matches!(
            replica.copy().unwrap().judge(&as_of, &[]),
            Validity::Invalid(_)
        ));
        assert_eq!(replica.missing_page(&as_of), Some(1));
    }
}
