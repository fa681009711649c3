//! An isolate's copy of the purge log: how it grows, and when it must be refreshed.

use cache_core::{Allowance, AsOf, LogCopy, Revision};

use crate::bounds;
use crate::feed::{PAGE_RECORDS, Page, Tail};

/// Whether the copy must be refreshed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// Young enough.
    No,
    /// Beside the request.
    Beside,
    /// Before the request is answered.
    First,
}

/// A client that has seen more than the copy is worth a refresh, but not more often than this, in
/// milliseconds: until then the origin answers it.
const REFRESH_AGAIN_MS: u64 = 100;
/// How long what the origin gave counts, milliseconds: until then the copy has reached it or is not
/// trusted. A log that never reaches it (a database that was restored) must not cost the origin a
/// read a request for ever.
const LEARNED_FOR_MS: u64 = bounds::DISTRUST_MS;
/// How many requests a second may insist on a revision that the copy has not reached.
pub const FORCED_PER_S: u32 = 20;

#[derive(Clone, Copy, Debug)]
struct Learned {
    revision: Revision,
    at_ms: u64,
}

/// The copy, and what is known about it.
#[derive(Debug, Default)]
pub struct Replica {
    copy: Option<LogCopy>,
    feed_horizon: Revision,
    read_at_ms: u64,
    learned: Option<Learned>,
    forced: Allowance,
}

impl Replica {
    /// The copy, once there is one.
    pub const fn copy(&self) -> Option<&LogCopy> {
        self.copy.as_ref()
    }

    /// A revision that the origin gave a moment ago and that the copy has not reached.
    pub fn learned(&self, now_ms: u64) -> Option<Revision> {
        let learned = self.learned?;
        let head = self.copy.as_ref()?.head();
        let counts = learned.revision > head && now_ms <= learned.at_ms + LEARNED_FOR_MS;
        counts.then_some(learned.revision)
    }

    /// Notes a revision that an answer of the origin carried. It counts in another log as well:
    /// that begins after every revision of the logs before it.
    pub fn learn(&mut self, revision: Revision, now_ms: u64) {
        if self.learned.is_none_or(|known| known.revision <= revision)
            || self.learned(now_ms).is_none()
        {
            self.learned = Some(Learned {
                revision,
                at_ms: now_ms,
            });
        }
    }

    /// The revision that a request may insist on. What the copy has reached costs nothing; beyond
    /// it a request may cost a read at the origin, so only [`FORCED_PER_S`] may each second, and
    /// the others' numbers count as the head. (A client that wrote through this isolate needs
    /// none: the answer to its write taught the isolate.)
    pub fn admit_minimum(&mut self, minimum: Option<Revision>, now_ms: u64) -> Option<Revision> {
        let minimum = minimum?;
        if self
            .copy
            .as_ref()
            .is_some_and(|copy| minimum <= copy.head())
        {
            return Some(minimum);
        }
        let admitted = self.forced.admits(FORCED_PER_S, now_ms);
        admitted.then_some(minimum)
    }

    /// Whether to refresh, for a client that wants to see `min_revision`.
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
            Refresh::Beside
        } else {
            Refresh::No
        }
    }

    /// Whether a tail that was read at this time would tell something new.
    pub fn is_news(&self, read_at_ms: u64) -> bool {
        self.copy.is_none() || read_at_ms > self.read_at_ms
    }

    /// Takes up a tail. One that was read before the last one changes nothing: it may have lain in
    /// a cache on its way.
    pub fn apply(&mut self, tail: &Tail) {
        if !self.is_news(tail.read_at_ms) {
            return;
        }
        let continues = self
            .copy
            .as_ref()
            .is_some_and(|copy| copy.id() == tail.log && copy.head() >= tail.from);
        if !continues {
            self.copy = Some(LogCopy::starting_at(tail.log, tail.from));
        }
        let Some(copy) = &mut self.copy else { return };
        // A tail has no gaps; were there one, the copy ends before it and is not confirmed.
        if copy.append(&tail.records).is_ok() && copy.head() >= tail.head {
            copy.confirm(tail.confirmed_at_ms);
        }
        copy.trim(tail.horizon);
        self.feed_horizon = tail.horizon;
        self.read_at_ms = tail.read_at_ms;
    }

    /// The number of the page to read before an entry can be judged: it is older than the copy,
    /// and the feed knows more. Page `n` holds the records `(256 n, 256 (n + 1)]`.
    pub fn missing_page(&self, as_of: &AsOf) -> Option<u64> {
        let copy = self.copy.as_ref()?;
        let older = as_of.revision < copy.horizon() && self.feed_knows(as_of);
        older.then(|| (copy.horizon().0 - 1) / PAGE_RECORDS)
    }

    /// Whether the feed could still judge an entry that the copy is too short for.
    pub fn feed_knows(&self, as_of: &AsOf) -> bool {
        let same_log = self
            .copy
            .as_ref()
            .is_some_and(|copy| copy.id() == as_of.log);
        same_log && as_of.revision >= self.feed_horizon
    }

    /// Puts an older page before the copy; a page that does not fit changes nothing.
    pub fn prepend(&mut self, page: &Page) {
        if let Some(copy) = self.copy.as_mut().filter(|copy| copy.id() == page.log) {
            // A page that does not fit came late: the copy was replaced or grew in the meantime.
            let _fits = copy.prepend(page.from, &page.records);
        }
    }
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
    fn it_refreshes_beside_and_then_before_the_request() {
        let mut replica = Replica::default();
        assert_eq!(replica.refresh(0, None), Refresh::First);
        replica.apply(&tail(0, 3, 1_000));
        assert_eq!(replica.refresh(1_500, None), Refresh::No);
        assert_eq!(replica.refresh(1_501, None), Refresh::Beside);
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
        assert_eq!(admitted(&mut replica, 2_000), FORCED_PER_S as usize);
        assert_eq!(
            replica.admit_minimum(Some(Revision(5)), 2_000),
            Some(Revision(5))
        );
        assert_eq!(replica.admit_minimum(None, 2_000), None);
        assert_eq!(admitted(&mut replica, 2_999), 0);
        assert_eq!(admitted(&mut replica, 3_000), FORCED_PER_S as usize);
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
