//! What an answer depends on, collected during execution.

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use cache_core::{AsOf, Lifetime, Revision, Tag};
use domain::{Establishment, Offer, Partner, tags};
use edge_core::nearest::Candidates;

/// Collects the facts of one query from all its fields, also when they run concurrently.
#[derive(Debug, Default)]
pub struct AnswerFacts(Mutex<Facts>);

/// The collected facts about an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    pub tags: BTreeSet<Tag>,
    /// When the answer may become wrong at the earliest, milliseconds since the epoch.
    pub ends_at_ms: Option<i64>,
    /// Whether the answer must not be cached, whatever its document's policy.
    pub uncacheable: bool,
    /// The revision of the purge that the request wrote.
    pub revision: Option<Revision>,
    /// Seconds until a rate-limited operation may be tried again.
    pub retry_after_s: Option<u64>,
    /// What the edge makes lists of, if it asks for that.
    pub candidates: Option<Candidates>,
    /// The least that a part of the answer knows of the purge log, if there is such a part.
    pub as_of: Option<AsOf>,
    /// Up to when the cached parts are current, see [`cache_tiered::Loaded::current_at_ms`].
    pub current_at_ms: Option<u64>,
}

impl AnswerFacts {
    fn lock(&self) -> MutexGuard<'_, Facts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that the answer depends on this tag.
    pub fn tag(&self, tag: Tag) {
        self.lock().tags.insert(tag);
    }

    /// Records that the answer depends on lists in these H3 cells.
    pub fn cells(&self, cells: Vec<u64>) {
        self.lock().tags.extend(cells.into_iter().map(Tag::geo));
    }

    /// Records when the answer may become wrong; a moment in the past is ignored.
    pub fn ends_at(&self, moment_ms: i64, now_ms: i64) {
        if moment_ms > now_ms {
            let mut facts = self.lock();
            facts.ends_at_ms = Some(
                facts
                    .ends_at_ms
                    .map_or(moment_ms, |known| known.min(moment_ms)),
            );
        }
    }

    /// Records that the answer must not be cached.
    pub fn uncacheable(&self) {
        self.lock().uncacheable = true;
    }

    /// Records the revision of the request's own purge.
    pub fn purged(&self, revision: Revision) {
        let mut facts = self.lock();
        facts.revision = facts.revision.max(Some(revision));
    }

    /// Records that an operation was rate-limited.
    pub fn retry_after(&self, seconds: u64) {
        let mut facts = self.lock();
        facts.retry_after_s = facts.retry_after_s.max(Some(seconds));
    }

    /// Records that parts came from a cache and include everything committed before `current_at_ms`;
    /// `None` if no part did.
    pub fn read_from_cache(&self, current_at_ms: Option<u64>) {
        let mut facts = self.lock();
        facts.current_at_ms = facts.current_at_ms.into_iter().chain(current_at_ms).min();
    }

    /// Records that a part of the answer has only the writes up to `as_of`; if that is not known, the
    /// answer must not be cached.
    pub fn knows(&self, as_of: Option<AsOf>) {
        let mut facts = self.lock();
        match (facts.as_of, as_of) {
            (None, Some(_)) => facts.as_of = as_of,
            (Some(known), Some(new)) if known.log == new.log => {
                facts.as_of = Some(AsOf {
                    log: known.log,
                    revision: known.revision.min(new.revision),
                });
            }
            (_, None) | (Some(_), Some(_)) => facts.uncacheable = true,
        }
    }

    pub fn shows_offer(&self, offer: &Offer, now_ms: i64) {
        self.tag(tags::offer(&offer.id));
        self.tag(tags::partner(&offer.partner_id));
        self.ends_at(offer.valid_from_ms, now_ms);
        self.ends_at(offer.valid_until_ms, now_ms);
    }

    pub fn shows_partner(&self, partner: &Partner) {
        self.tag(tags::partner(&partner.id));
    }

    pub fn shows_establishment(&self, place: &Establishment) {
        self.tag(tags::partner(&place.partner_id));
    }

    /// Records what the edge makes lists of.
    pub fn candidates(&self, candidates: Candidates) {
        self.lock().candidates = Some(candidates);
    }

    /// Takes the collected facts.
    pub fn take(&self) -> Facts {
        std::mem::take(&mut *self.lock())
    }
}

impl Facts {
    /// What the answer knows of the purge log, if its position was `as_of` before the first read.
    /// None if a part of it belongs to another log.
    pub fn at_most(&self, as_of: AsOf) -> Option<AsOf> {
        let Some(part) = self.as_of else {
            return Some(as_of);
        };
        (part.log == as_of.log).then(|| AsOf {
            log: as_of.log,
            revision: as_of.revision.min(part.revision),
        })
    }

    /// Shortens the policy's lifetime to the moment the answer may become wrong; `None` if less
    /// than a second remains. There is no stale-serving beyond that moment, because the answer
    /// would be wrong, not just old.
    pub fn shorten(&self, policy: Lifetime, now_ms: i64) -> Option<Lifetime> {
        let left_s = self
            .ends_at_ms
            .map_or(i64::MAX, |end_ms| (end_ms - now_ms) / 1_000);
        let left_s = u32::try_from(left_s.max(0)).unwrap_or(u32::MAX);
        if u64::from(left_s) >= policy.total_s() {
            return (policy.max_age_s > 0).then_some(policy);
        }
        let shortened = if left_s < policy.max_age_s {
            Lifetime {
                max_age_s: left_s,
                stale_while_revalidate_s: 0,
                stale_if_error_s: 0,
            }
        } else {
            let rest_s = left_s - policy.max_age_s;
            Lifetime {
                max_age_s: policy.max_age_s,
                stale_while_revalidate_s: policy.stale_while_revalidate_s.min(rest_s),
                stale_if_error_s: policy.stale_if_error_s.min(rest_s),
            }
        };
        (shortened.max_age_s > 0).then_some(shortened)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_ends_where_the_answer_may_turn_wrong() {
        let life = |max_age_s, stale_while_revalidate_s, stale_if_error_s| Lifetime {
            max_age_s,
            stale_while_revalidate_s,
            stale_if_error_s,
        };
        let table = [
            (None, Some(life(300, 60, 86_400))),
            (Some(1_000 + 90_000_000), Some(life(300, 60, 86_400))),
            (Some(1_000 + 310_000), Some(life(300, 10, 10))),
            (Some(1_000 + 300_000), Some(life(300, 0, 0))),
            (Some(1_000 + 20_999), Some(life(20, 0, 0))),
            (Some(1_999), None),
        ];
        for (ends_at_ms, expected) in table {
            let facts = Facts {
                ends_at_ms,
                ..Facts::default()
            };
            assert_eq!(
                facts.shorten(life(300, 60, 86_400), 1_000),
                expected,
                "{ends_at_ms:?}"
            );
        }
        assert_eq!(Facts::default().shorten(life(0, 60, 60), 0), None);
    }

    #[test]
    fn the_earliest_moment_to_come_counts() {
        let facts = AnswerFacts::default();
        for moment_ms in [5, 30, 20, 40] {
            facts.ends_at(moment_ms, 10);
        }
        assert_eq!(facts.take().ends_at_ms, Some(20));
    }
}
