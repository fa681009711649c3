//! Explains in words why an entry would be served or not. All tiers use the same words.
//!
//! The origin asks each edge about its tiers (`POST /_yousoon/explain`, signed) and adds its own.

use cache_core::{
    AsOf, EntryHead, FetchReason, InvalidReason, Lifetime, LogCopy, LogId, Revision, StaleReason,
    Tag, Verdict,
};
use serde::{Deserialize, Serialize};

/// The context of the signature of a question.
pub const CONTEXT: &str = "explain";
/// The longest question that is accepted, in bytes.
pub const MAX_QUESTION_BYTES: usize = 1_024;

/// The body of an origin's request to an edge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// A cache key, as 64 hexadecimal digits.
    pub key: String,
}

/// An edge's answer. It comes from the one isolate that received the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EdgeAnswer {
    /// The isolate's copy of the purge log.
    pub log: LogState,
    /// The tiers, in the order in which a request looks into them.
    pub tiers: Vec<TierReport>,
}

/// The state of a copy of the purge log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogState {
    /// The log's identity; `None` while no log is known.
    pub identity: Option<LogId>,
    /// The revision of the copy's last record.
    pub head: Revision,
    /// The copy knows every purge after this revision.
    pub horizon: Revision,
    /// How long ago the copy was last known to be complete, in milliseconds; `None` means never.
    pub age_ms: Option<u64>,
    /// A copy that is older than this, in milliseconds, is not trusted.
    pub distrust_ms: u64,
    /// Whether the copy is trusted.
    pub trusted: bool,
}

/// What one tier has stored under the cache key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierReport {
    /// The tier's name in `Cache-Status`.
    pub tier: String,
    /// What it has.
    #[serde(flatten)]
    pub found: Found,
}

/// What a tier has under a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum Found {
    /// The tier is not configured.
    Off,
    /// The tier cannot be read.
    Failed {
        /// Why, for people.
        error: String,
    },
    /// The tier has no entry.
    Absent,
    /// The tier has an entry.
    Stored(Box<Stored>),
}

/// An entry, and the verdict on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stored {
    /// What it depends on.
    pub tags: Vec<Tag>,
    /// The log and revision that were current before it was read, as `<log>:<revision>`.
    pub as_of: String,
    /// The latest revision at which it is known to have been valid.
    pub valid_up_to: Revision,
    /// Its age in milliseconds.
    pub age_ms: u64,
    /// How long it may be served.
    pub lifetime: Lifetime,
    /// What would happen to a request now, and why.
    #[serde(flatten)]
    pub judged: Judged,
}

/// What happens to a request that finds an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// The entry is served.
    Serve,
    /// The entry is served while it is refreshed.
    Stale,
    /// The tier below is asked.
    Fetch,
}

impl Fate {
    /// The name used in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Serve => "serve",
            Self::Stale => "stale",
            Self::Fetch => "fetch",
        }
    }
}

/// A verdict, explained for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// What happens to a request.
    pub verdict: Fate,
    /// The reason as headers and metrics name it; `None` if the entry is simply served.
    pub why: Option<String>,
    /// The purged tag, if a purge is the reason.
    pub tag: Option<Tag>,
    /// The revision of that purge.
    pub revision: Option<Revision>,
    /// The reason in one sentence.
    pub words: String,
}

impl LogState {
    /// The state of a copy that was last known to be complete `age_ms` milliseconds ago, on a
    /// server that distrusts copies older than `distrust_ms`.
    pub fn of(log: Option<&LogCopy>, age_ms: u64, distrust_ms: u64) -> Self {
        Self {
            identity: log.map(LogCopy::id),
            head: log.map_or(Revision::ZERO, LogCopy::head),
            horizon: log.map_or(Revision::ZERO, LogCopy::horizon),
            // `age_ms` means nothing for a copy that was never confirmed.
            age_ms: log.and_then(|log| (log.confirmed_at_ms() > 0).then_some(age_ms)),
            distrust_ms,
            trusted: log.is_some_and(|log| log.confirmed_at_ms() > 0) && age_ms <= distrust_ms,
        }
    }
}

impl Stored {
    /// Describes an entry that is `age_ms` milliseconds old and was last found valid at
    /// `valid_up_to`. `log` is the copy by which the verdict was made.
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
    /// Explains a verdict.
    pub fn of(verdict: &Verdict, head: &EntryHead, as_of: &AsOf, log: Option<&LogCopy>) -> Self {
        match verdict {
            Verdict::Serve { ttl_s } => Self {
                verdict: Fate::Serve,
                why: None,
                tag: None,
                revision: None,
                words: format!(
                    "fresh for {ttl_s} s more; no purge after revision {} names one of its tags",
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
                "`{tag}` was softly purged at revision {revision}; the entry was last known fresh at {}",
                as_of.revision
            )
        }
        None if why == StaleReason::SoftPurge => "it was softly purged".to_owned(),
        None => format!("older than its max-age of {} s", head.lifetime.max_age_s),
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
            "`{tag}` was purged at revision {revision}; the entry was last known valid at {}",
            as_of.revision
        ),
        FetchReason::Invalid(InvalidReason::OtherLog) => {
            "it was read under a purge log with another identity".to_owned()
        }
        FetchReason::Invalid(InvalidReason::BeforeHorizon) => format!(
            "it was read at revision {}, but the copy of the purge log begins after {}",
            as_of.revision,
            log.map_or(Revision::ZERO, LogCopy::horizon)
        ),
        FetchReason::Expired => format!(
            "older than its max-age of {} s plus the {} s of stale-while-revalidate",
            head.lifetime.max_age_s, head.lifetime.stale_while_revalidate_s
        ),
        FetchReason::Distrust if log.is_none() => {
            "there is no copy of the purge log yet".to_owned()
        }
        FetchReason::Distrust => "the copy of the purge log is too old to be trusted".to_owned(),
        FetchReason::MinRevision => {
            "the request demands a revision that is not known here yet".to_owned()
        }
    }
}

#[cfg(test)]
mod tests;
