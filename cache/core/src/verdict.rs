//! Serve what is stored, serve it and refresh it, or fetch: the same decision in every tier.

use crate::cache_status::ForwardReason;
use crate::entry::EntryHead;
use crate::lifetime::Phase;
use crate::log::{InvalidReason, LogCopy, Validity};
use crate::revision::{AsOf, Revision};

/// What to do with an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Serve it: so many seconds fresh.
    Serve { ttl_s: u32 },
    /// Serve it, and refresh it beside the request.
    ServeAndRefresh { why: StaleReason },
    /// Ask the tier below; if that fails, what is stored may be served in its place or not.
    Fetch {
        why: FetchReason,
        cover_errors: bool,
    },
}

/// Why an entry is served stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaleReason {
    /// Older than its max-age, inside stale-while-revalidate.
    Age,
    /// Softly purged.
    SoftPurge,
}

impl StaleReason {
    /// The word in answers, logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Age => "age",
            Self::SoftPurge => "soft-purge",
        }
    }
}

/// Why what is stored is not served as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchReason {
    /// The rule of coherence forbids it.
    Invalid(InvalidReason),
    /// Past what may be served without asking.
    Expired,
    /// The copy of the purge log is too old to be trusted, or there is none.
    Distrust,
    /// The client has seen a revision that neither the entry nor the copy of the log has.
    MinRevision,
}

impl FetchReason {
    /// The word in `Cache-Status`' detail, logs and metrics.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Invalid(reason) => reason.as_str(),
            Self::Expired => "expired",
            Self::Distrust => "purge-log-silent",
            Self::MinRevision => "min-revision",
        }
    }

    /// The reason in the words of RFC 9211.
    pub const fn forward_reason(&self) -> ForwardReason {
        match self {
            Self::Expired => ForwardReason::Stale,
            Self::Invalid(_) | Self::Distrust | Self::MinRevision => ForwardReason::Miss,
        }
    }
}

/// What a server knows when it judges an entry. Times are milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Judge<'a> {
    /// Its copy of the purge log, once it has one.
    pub log: Option<&'a LogCopy>,
    /// How old the copy is; without one it does not matter.
    pub log_age_ms: u64,
    /// The server's bound: a copy that is older is not trusted.
    pub distrust_ms: u64,
    /// The revision that the answer must have seen.
    pub required: Option<Revision>,
    /// Whether the log still has what the copy is too short for.
    pub log_reaches: bool,
}

impl Judge<'_> {
    /// Judges an entry of this age.
    ///
    /// `as_of` is the entry's own, or a later revision at which it was found valid: it then
    /// contains every write up to there that concerns it. Every write that was
    /// committed longer than `seen_ago_ms` ago, by the judge's own clock, is in it; `u64::MAX` when
    /// the judge does not know.
    pub fn judge(&self, entry: &EntryHead, as_of: &AsOf, age_ms: u64, seen_ago_ms: u64) -> Verdict {
        let covers_errors = entry.lifetime.covers_errors(age_ms);
        let fetch = |why, cover_errors| Verdict::Fetch { why, cover_errors };
        let Some(log) = self.log else {
            // Without any copy of the log nothing is known against the entry; only when the tier
            // below is gone as well is it better than nothing.
            return fetch(FetchReason::Distrust, covers_errors);
        };
        let stale = match log.judge(as_of, &entry.tags) {
            Validity::Invalid(reason) => {
                // Not known to be wrong: only the copy does not reach back that far yet.
                let unknown = reason == InvalidReason::BeforeHorizon && self.log_reaches;
                return fetch(FetchReason::Invalid(reason), unknown && covers_errors);
            }
            Validity::Stale => true,
            Validity::Valid => false,
        };
        // The licence: what was current less than the bound ago is within the bound whatever happened.
        if self.log_age_ms.min(seen_ago_ms) > self.distrust_ms {
            return fetch(FetchReason::Distrust, covers_errors);
        }
        let beyond = |minimum: Revision| minimum > log.head() && minimum > as_of.revision;
        if self.required.is_some_and(beyond) {
            return fetch(FetchReason::MinRevision, false);
        }
        match entry.lifetime.phase(age_ms) {
            Phase::Fresh { ttl_s } if !stale => Verdict::Serve { ttl_s },
            Phase::Fresh { .. } => Verdict::ServeAndRefresh {
                why: StaleReason::SoftPurge,
            },
            Phase::StaleWhileRevalidate => Verdict::ServeAndRefresh {
                why: StaleReason::Age,
            },
            Phase::StaleIfError | Phase::Expired => fetch(FetchReason::Expired, covers_errors),
        }
    }

    /// Whether an entry may be given in place of an answer that could not be had. Takes what
    /// [`Judge::judge`] takes, and is to be asked when the failure is known: while the tier below was
    /// failing, the server may have heard of a purge.
    ///
    /// Nobody is shown less than he has seen, not even instead of nothing.
    pub fn may_stand_in(
        &self,
        entry: &EntryHead,
        as_of: &AsOf,
        age_ms: u64,
        seen_ago_ms: u64,
    ) -> bool {
        let seen = self.log.map(LogCopy::head).max(Some(as_of.revision));
        if self.required > seen {
            return false;
        }
        match self.judge(entry, as_of, age_ms, seen_ago_ms) {
            Verdict::Serve { .. } | Verdict::ServeAndRefresh { .. } => true,
            Verdict::Fetch { cover_errors, .. } => cover_errors,
        }
    }
}
