//! The decision about a stored entry: serve it, serve it and refresh it, or fetch a new answer.
//! Every tier decides by this code.

use crate::cache_status::ForwardReason;
use crate::entry::EntryHead;
use crate::lifetime::Phase;
use crate::log::{InvalidReason, LogCopy, Validity};
use crate::revision::{AsOf, Revision};

/// What to do with an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Serve it. It stays fresh for `ttl_s` seconds.
    Serve { ttl_s: u32 },
    /// Serve it, and refresh it in the background.
    ServeAndRefresh { why: StaleReason },
    /// Ask the tier below. `cover_errors` says whether the entry may be served if that fails.
    Fetch {
        why: FetchReason,
        cover_errors: bool,
    },
}

/// Why an entry is served stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaleReason {
    /// It is older than its max-age, but within stale-while-revalidate.
    Age,
    /// One of its tags was softly purged.
    SoftPurge,
}

impl StaleReason {
    /// The name used in answers, logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Age => "age",
            Self::SoftPurge => "soft-purge",
        }
    }
}

/// Why a stored entry is not served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchReason {
    /// The rule of coherence forbids it.
    Invalid(InvalidReason),
    /// It is past max-age and stale-while-revalidate.
    Expired,
    /// The server's copy of the purge log is too old to be trusted, or there is none.
    Distrust,
    /// The request demands a revision that neither the entry nor the copy of the log has reached.
    MinRevision,
}

impl FetchReason {
    /// The name used in `Cache-Status` (as its `detail`), logs and metrics.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Invalid(reason) => reason.as_str(),
            Self::Expired => "expired",
            Self::Distrust => "purge-log-silent",
            Self::MinRevision => "min-revision",
        }
    }

    /// The corresponding `fwd` value of RFC 9211.
    pub const fn forward_reason(&self) -> ForwardReason {
        match self {
            Self::Expired => ForwardReason::Stale,
            Self::Invalid(_) | Self::Distrust | Self::MinRevision => ForwardReason::Miss,
        }
    }
}

/// What a server knows when it judges an entry. All times are in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Judge<'a> {
    /// The server's copy of the purge log; `None` until it has one.
    pub log: Option<&'a LogCopy>,
    /// How long ago the copy was last known to be complete; ignored without a copy.
    pub log_age_ms: u64,
    /// The server's staleness bound: an older copy is not trusted.
    pub distrust_ms: u64,
    /// The minimum revision that the answer must contain, if the request demands one.
    pub required: Option<Revision>,
    /// Whether the log itself still has the records before the copy's horizon.
    pub log_reaches: bool,
}

impl Judge<'_> {
    /// Decides what to do with an entry that is `age_ms` old.
    ///
    /// `as_of` is the entry's own, or a later revision at which it was found valid: until then it
    /// contains every write that concerns it. `seen_ago_ms` says that the entry contains every
    /// write that was committed longer ago than this, by the server's own clock; `u64::MAX` when
    /// unknown.
    pub fn judge(&self, entry: &EntryHead, as_of: &AsOf, age_ms: u64, seen_ago_ms: u64) -> Verdict {
        let covers_errors = entry.lifetime.covers_errors(age_ms);
        let fetch = |why, cover_errors| Verdict::Fetch { why, cover_errors };
        let Some(log) = self.log else {
            // Without a copy of the log no purge of the entry is known, and none can be ruled out.
            // It is served only when the tier below fails.
            return fetch(FetchReason::Distrust, covers_errors);
        };
        let stale = match log.judge(as_of, &entry.tags) {
            Validity::Invalid(reason) => {
                // The copy is too short to judge the entry; the missing records can still be read.
                let unknown = reason == InvalidReason::BeforeHorizon && self.log_reaches;
                return fetch(FetchReason::Invalid(reason), unknown && covers_errors);
            }
            Validity::Stale => true,
            Validity::Valid => false,
        };
        // An entry that was current less than the bound ago keeps the bound without any log.
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

    /// Whether an entry may be served because the tier below failed (stale-if-error). Takes the
    /// arguments of [`Judge::judge`]. Call it after the failure: the server may have learned of a
    /// purge in the meantime.
    ///
    /// An entry older than the revision that the request demands is never served, not even instead
    /// of an error.
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
