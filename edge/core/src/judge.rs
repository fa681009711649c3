//! Serve what is stored, serve it and refresh it, or fetch.

use cache_core::{EntryHead, ForwardReason, InvalidReason, Phase, Revision, Validity};

use crate::bounds;
use crate::replica::Replica;

/// What to do with an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Serve it: so many seconds fresh.
    Serve { ttl_s: u32 },
    /// Serve it, and ask the origin beside the request.
    ServeAndRefresh { why: StaleReason },
    /// Ask the origin; if it cannot be reached, what is stored may be served in its place or not.
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
    /// The word in `Cache-Status`' detail.
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

/// Judges an entry by an isolate's copy of the purge log, for a client that may insist on
/// `min_revision` (see [`Replica::admit_minimum`]).
pub fn judge(
    entry: &EntryHead,
    replica: &Replica,
    now_ms: u64,
    min_revision: Option<Revision>,
) -> Verdict {
    let age_ms = entry.age_ms(now_ms);
    let covers_errors = entry.lifetime.covers_errors(age_ms);
    let Some(log) = replica.copy() else {
        // Without any copy of the log nothing is known against the entry; only when the origin is
        // gone as well is it better than nothing.
        return Verdict::Fetch {
            why: FetchReason::Distrust,
            cover_errors: covers_errors,
        };
    };
    let stale = match log.judge(&entry.as_of, &entry.tags) {
        Validity::Invalid(reason) => {
            // Not known to be wrong: only the copy does not reach back that far yet.
            let unknown =
                reason == InvalidReason::BeforeHorizon && replica.feed_knows(&entry.as_of);
            return Verdict::Fetch {
                why: FetchReason::Invalid(reason),
                cover_errors: unknown && covers_errors,
            };
        }
        Validity::Stale => true,
        Validity::Valid => false,
    };
    // The licence: what was read less than the bound ago is within the bound whatever happened.
    if log.age_ms(now_ms).min(age_ms) > bounds::DISTRUST_MS {
        return Verdict::Fetch {
            why: FetchReason::Distrust,
            cover_errors: covers_errors,
        };
    }
    let required = min_revision.max(replica.learned());
    if required.is_some_and(|minimum| minimum > log.head() && minimum > entry.as_of.revision) {
        return Verdict::Fetch {
            why: FetchReason::MinRevision,
            cover_errors: false,
        };
    }
    match entry.lifetime.phase(age_ms) {
        Phase::Fresh { ttl_s } if !stale => Verdict::Serve { ttl_s },
        Phase::Fresh { .. } => Verdict::ServeAndRefresh {
            why: StaleReason::SoftPurge,
        },
        Phase::StaleWhileRevalidate => Verdict::ServeAndRefresh {
            why: StaleReason::Age,
        },
        Phase::StaleIfError | Phase::Expired => Verdict::Fetch {
            why: FetchReason::Expired,
            cover_errors: covers_errors,
        },
    }
}

#[cfg(test)]
mod tests;
