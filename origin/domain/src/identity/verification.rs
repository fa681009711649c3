//! A check of somebody's identity document, as both backends store it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{UserId, VerificationId, users::account::IdentityStatus, words::words};

words! {
    State {
        /// The provider was not asked yet, or its answer was lost.
        Created = "created",
        /// The person may show a document, or the provider looks at it.
        Open = "open",
        Approved = "approved",
        Declined = "declined",
        /// The provider asks for other pictures, in the same session.
        Resubmission = "resubmission",
        /// The person never came.
        Expired = "expired",
        /// The person came and did not finish.
        Abandoned = "abandoned",
        /// It was approved, and that is too long ago.
        Lapsed = "lapsed",
    }
}

words! {
    /// Why a document was not accepted, as far as the person can do something about it.
    Reason {
        Unreadable = "unreadable",
        DocumentExpired = "document_expired",
        DocumentNotAccepted = "document_not_accepted",
        DocumentDamaged = "document_damaged",
        PictureMissing = "picture_missing",
        FaceDoesNotMatch = "face_does_not_match",
        /// The same person or document has another account.
        UsedBefore = "used_before",
        /// The provider does not believe it. It is not told why.
        NotTrusted = "not_trusted",
        TooManyTries = "too_many_tries",
        /// An operator decided.
        Operator = "operator",
        Other = "other",
    }
}

words! {
    /// Who decided last.
    Decider { Provider = "provider", Operator = "operator" }
}

impl State {
    /// Whether the person may go on with it: of these a user has one at most.
    pub const fn is_open(self) -> bool {
        match self {
            Self::Created | Self::Open | Self::Resubmission => true,
            Self::Approved | Self::Declined | Self::Expired | Self::Abandoned | Self::Lapsed => {
                false
            }
        }
    }

    /// What the account is while this is its newest check.
    pub const fn status(self) -> IdentityStatus {
        match self {
            Self::Created | Self::Open => IdentityStatus::Pending,
            Self::Approved => IdentityStatus::Verified,
            Self::Declined | Self::Resubmission => IdentityStatus::Rejected,
            Self::Expired | Self::Abandoned | Self::Lapsed => IdentityStatus::NotSubmitted,
        }
    }
}

/// The provider's name of a session: it stands in addresses and signatures, so it is plain.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SessionId(String);

/// The text was no name of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name of a session has 1 to 64 letters, digits or `-`")]
pub struct NotASession;

impl SessionId {
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        ((1..=64).contains(&text.len()) && text.bytes().all(is_plain))
            .then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SessionId {
    type Error = NotASession;

    fn try_from(text: String) -> Result<Self, NotASession> {
        Self::parse(&text).ok_or(NotASession)
    }
}

impl From<SessionId> for String {
    fn from(id: SessionId) -> Self {
        id.0
    }
}

/// The address at which the person shows the document. Who has it acts for that person, so it is kept only
/// while the session is open, and is never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionUrl(String);

impl SessionUrl {
    const MOST_BYTES: usize = 2_000;

    /// An https address; on developers' machines http as well, which the caller decides.
    pub fn parse(text: &str) -> Option<Self> {
        let has_scheme = text.starts_with("https://") || text.starts_with("http://");
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        (has_scheme && is_plain && text.len() <= Self::MOST_BYTES).then(|| Self(text.to_owned()))
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SessionUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionUrl(…)")
    }
}

/// A session with the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    /// None once it is over.
    pub url: Option<SessionUrl>,
}

/// What an operator decided last, and why. Every decision is in the purge audit as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// None once that account was erased.
    pub by: Option<UserId>,
    pub at_ms: i64,
    pub note: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    pub id: VerificationId,
    pub user: UserId,
    /// The version of the text that the person agreed to when they asked for it.
    pub consent_version: String,
    /// Counts from 1.
    pub attempt: i32,
    /// None until the provider has answered.
    pub session: Option<Session>,
    pub state: State,
    pub reason: Option<Reason>,
    /// Of an approved one, if the document says it.
    pub birth_year: Option<i32>,
    /// The moment of the newest decision, by the clock of who decided: an older one changes nothing.
    pub decided_at_ms: Option<i64>,
    pub decided_by: Option<Decider>,
    pub ruling: Option<Ruling>,
    /// Of an approved one: until when it counts.
    pub expires_at_ms: Option<i64>,
    /// How often the provider was asked without being told that there is something.
    pub polls: i32,
    /// When the job looks at it next.
    pub due_ms: i64,
    /// When the person agreed and asked for it.
    pub created_at_ms: i64,
    pub changed_at_ms: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_a_plain_name_and_a_secret_address() {
        assert!(SessionId::parse("12df6045-3846-3e45-946a-14fa6136d78b").is_some());
        for bad in ["", "a/b", "a.b", "é", " ", &"a".repeat(65)] {
            assert_eq!(SessionId::parse(bad), None, "{bad}");
        }
        let url = SessionUrl::parse("https://alchemy.veriff.com/v/secret").unwrap();
        assert_eq!(format!("{url:?}"), "SessionUrl(…)");
        for bad in ["", "javascript:alert(1)", "https://a b", "ftp://a"] {
            assert_eq!(SessionUrl::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_open_check_is_no_verified_identity() {
        for state in State::ALL {
            assert!(!state.is_open() || state.status() != IdentityStatus::Verified);
        }
    }
}
