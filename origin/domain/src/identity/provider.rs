//! Who looks at documents: a third party that knows pseudonyms only. Its answers are read into these types,
//! so that another provider fits.

use std::fmt;

use async_trait::async_trait;

use super::verification::{Reason, SessionId, SessionUrl};

/// A session that the provider began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    pub session: SessionId,
    pub url: SessionUrl,
}

/// What a document came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Approved {
        /// If the document says it.
        birth_year: Option<i32>,
    },
    Declined(Reason),
    Resubmission(Reason),
    Expired,
    Abandoned,
}

impl Verdict {
    /// Its name in logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approved { .. } => "approved",
            Self::Declined(_) => "declined",
            Self::Resubmission(_) => "resubmission",
            Self::Expired => "expired",
            Self::Abandoned => "abandoned",
        }
    }
}

/// What the provider says of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// It has no such session: it was deleted.
    Unknown,
    Undecided,
    Decided {
        verdict: Verdict,
        /// By the provider's clock. None: it does not say, as of sessions that nobody used.
        at_ms: Option<i64>,
    },
}

/// Why the provider did not do something. It says nothing of the person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    #[error("not now: {why}")]
    Later { why: String, after_ms: Option<i64> },
    /// Our request or our account is wrong.
    #[error("refused: {why}")]
    Refused { why: String },
}

/// What a report of the provider is about. It is a hint and no more: the truth is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    pub session: SessionId,
    /// The same each time that the report comes.
    pub key: String,
}

/// Why a report is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HintError {
    #[error("it is not signed")]
    Unsigned,
    #[error("the signature is wrong")]
    Signature,
    /// Of another environment.
    #[error("it is for another account")]
    Client,
    #[error("it is too old, or of the future")]
    Old,
    #[error("it cannot be read")]
    Malformed,
}

#[async_trait]
pub trait IdentityProvider: fmt::Debug + Send + Sync {
    /// Its name in logs and metrics.
    fn name(&self) -> &'static str;

    /// Begins a session for a person, whom it knows by a pseudonym. `key` is the same when it is tried again:
    /// a provider that knows keys begins one session.
    async fn start(&self, key: &str, person: &str) -> Result<Started, Trouble>;

    async fn look(&self, session: &SessionId) -> Result<Sight, Trouble>;

    /// Has all data of a session deleted; one that it does not know is no error.
    async fn forget(&self, session: &SessionId) -> Result<(), Trouble>;

    /// The provider's own page of a session, for operators.
    fn page(&self, session: &SessionId) -> String;
}
