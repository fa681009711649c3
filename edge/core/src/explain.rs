//! Why what is stored is served or not, in words for people: the same from every tier.
//!
//! The origin asks each edge for its tiers (`POST /_yousoon/explain`, signed) and puts its own
//! beside them.

use cache_core::{
    AsOf, EntryHead, FetchReason, InvalidReason, Lifetime, LogCopy, LogId, Revision, StaleReason,
    Tag, Verdict,
};
use serde::{Deserialize, Serialize};

/// The context of a question's signature.
pub const CONTEXT: &str = "explain";
/// A question is never longer.
pub const MAX_QUESTION_BYTES: usize = 1_024;

/// What an edge is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// A cache key as text.
    pub key: String,
}

/// What an edge answers: one isolate speaks, the one that was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EdgeAnswer {
    /// Its copy of the purge log.
    pub log: LogState,
    /// In the order in which a request meets them.
    pub tiers: Vec<TierReport>,
}

/// A copy of the purge log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogState {
    /// The log's identity; none while no log is known.
    pub identity: Option<LogId>,
    /// The copy's last record.
    pub head: Revision,
    /// The copy knows every purge after this.
    pub horizon: Revision,
    /// How long ago it was known to be complete, milliseconds; none is never.
    pub age_ms: Option<u64>,
    /// A copy that is older than this, milliseconds, is not trusted.
    pub distrust_ms: u64,
    /// Whether it is.
    pub trusted: bool,
}

/// What one tier has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierReport {
    /// The tier's word in `Cache-Status`.
    pub tier: String,
    /// What is there.
    #[serde(flatten)]
    pub found: Found,
}

/// What is under a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum Found {
    /// This tier is not configured.
    Off,
    /// It cannot be read.
    Failed {
        /// For people.
        error: String,
    },
    /// Nothing.
    Absent,
    /// An entry.
    Stored(Box<Stored>),
}

/// An entry, and what is thought of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stored {
    /// What it depends on.
    pub tags: Vec<Tag>,
    /// `<log>:<revision>`: current before it was read.
    pub as_of: String,
    /// The latest revision at which it is known to have been valid.
    pub valid_up_to: Revision,
    /// Milliseconds since it was asked for.
    pub age_ms: u64,
    /// How long it lives.
    pub lifetime: Lifetime,
    /// What a request would get now, and why.
    #[serde(flatten)]
    pub judged: Judged,
}

/// What becomes of a request that finds an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// It is served.
    Serve,
    /// It is served while it is refreshed.
    Stale,
    /// The tier below is asked.
    Fetch,
}

impl Fate {
    /// The word in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Serve => "serve",
            Self::Stale => "stale",
            Self::Fetch => "fetch",
        }
    }
}

/// A verdict for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// What becomes of a request.
    pub verdict: Fate,
    /// The word of headers and metrics, unless it is simply served.
    pub why: Option<String>,
    /// The tag that was purged.
    pub tag: Option<Tag>,
    /// The revision of that purge.
    pub revision: Option<Revision>,
    /// One sentence.
    pub words: String,
}

impl LogState {
    /// Of a copy that is so old, milliseconds, by a server with this bound.
    pub fn of(log: Option<&LogCopy>, age_ms: u64, distrust_ms: u64) -> Self {
        Self {
            identity: log.map(LogCopy::id),
            head: log.map_or(Revision::ZERO, LogCopy::head),
            horizon: log.map_or(Revision::ZERO, LogCopy::horizon),
            // A copy that was never confirmed has the age of its clock, or no age at all.
            age_ms: log.and_then(|log| (log.confirmed_at_ms() > 0).then_some(age_ms)),
            distrust_ms,
            trusted: log.is_some_and(|log| log.confirmed_at_ms() > 0) && age_ms <= distrust_ms,
        }
    }
}

impl Stored {
    /// An entry of this age, milliseconds, that was found valid up to `valid_up_to`, and what its
    /// judge said by a copy of the log.
    pub fn of(
        head: &EntryHead,
        valid_up_to: &AsOf,
        age_ms: u64,
        verdict: &Verdict,
        log: Option<&LogCopy>,
    ) -> Self {
        Self {
            tags: head.tags.clone(),
            as_of: head.as_of.to_string(),
            valid_up_to: valid_up_to.revision,
            age_ms,
            lifetime: head.lifetime,
            judged: Judged::of(verdict, head, valid_up_to, log),
        }
    }
}

impl Judged {
    /// Puts a verdict into words.
    pub fn of(verdict: &Verdict, head: &EntryHead, as_of: &AsOf, log: Option<&LogCopy>) -> Self {
        match verdict {
            Verdict::Serve { ttl_s } => Self {
                verdict: Fate::Serve,
                why: None,
                tag: None,
                revision: None,
                words: format!(
                    "fresh for {ttl_s} s more, and no purge since {} names its tags",
                    as_of.revision
                ),
            },
            Verdict::ServeAndRefresh { why } => stale(*why, head, as_of, log),
            Verdict::Fetch { why, .. } => fetch(why, head, as_of, log),
        }
    }
}

fn stale(why: StaleReason, head: &EntryHead, as_of: &AsOf, log: Option<&LogCopy>) -> Judged {
    let purge = match why {
        StaleReason::Age => None,
        StaleReason::SoftPurge => log.and_then(|log| log.soft_purge(as_of, &head.tags)),
    };
    let because = match &purge {
        Some((tag, revision)) => {
            format!(
                "`{tag}` was softly purged at revision {revision}; last known fresh at {}",
                as_of.revision
            )
        }
        None if why == StaleReason::SoftPurge => "it was softly purged".to_owned(),
        None => format!("older than its {} s", head.lifetime.max_age_s),
    };
    let (tag, revision) = purge.unzip();
    Judged {
        verdict: Fate::Stale,
        why: Some(why.as_str().to_owned()),
        tag,
        revision,
        words: format!("{because}: served while it is refreshed"),
    }
}

fn fetch(why: &FetchReason, head: &EntryHead, as_of: &AsOf, log: Option<&LogCopy>) -> Judged {
    let (tag, revision) = match why {
        FetchReason::Invalid(InvalidReason::Purged { tag, revision }) => {
            (Some(tag.clone()), Some(*revision))
        }
        FetchReason::Invalid(InvalidReason::OtherLog | InvalidReason::BeforeHorizon)
        | FetchReason::Expired
        | FetchReason::Distrust
        | FetchReason::MinRevision => (None, None),
    };
    Judged {
        verdict: Fate::Fetch,
        why: Some(why.as_str().to_owned()),
        tag,
        revision,
        words: fetch_words(why, head, as_of, log),
    }
}

fn fetch_words(why: &FetchReason, head: &EntryHead, as_of: &AsOf, log: Option<&LogCopy>) -> String {
    match why {
        FetchReason::Invalid(InvalidReason::Purged { tag, revision }) => format!(
            "`{tag}` was purged at revision {revision}; last known valid at {}",
            as_of.revision
        ),
        FetchReason::Invalid(InvalidReason::OtherLog) => {
            "it was read under a purge log with another identity".to_owned()
        }
        FetchReason::Invalid(InvalidReason::BeforeHorizon) => format!(
            "it was read at {}, and the copy of the purge log begins after {}",
            as_of.revision,
            log.map_or(Revision::ZERO, LogCopy::horizon)
        ),
        FetchReason::Expired => format!(
            "older than its {} s and the {} s in which it may be served stale",
            head.lifetime.max_age_s, head.lifetime.stale_while_revalidate_s
        ),
        FetchReason::Distrust if log.is_none() => {
            "there is no copy of the purge log yet".to_owned()
        }
        FetchReason::Distrust => "the copy of the purge log is too old to be trusted".to_owned(),
        FetchReason::MinRevision => {
            "the client has seen a revision that is not known here".to_owned()
        }
    }
}

#[cfg(test)]
mod tests;
