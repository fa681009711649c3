//! What came of a write.

use super::{refusals::ReviewRefusal, review::Review};

/// The outcome of a write of a review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// The account does not exist any more, or is disabled; nothing was written.
    NoAccount,
    /// Nothing was written.
    Refused(ReviewRefusal),
    /// It is so already; nothing was written.
    Before(Box<Review>),
    /// The review after the write, or the one that was deleted. Its purge, if any, is in the outbox.
    Done(Box<Review>),
}

impl From<ReviewRefusal> for Written {
    fn from(refusal: ReviewRefusal) -> Self {
        Self::Refused(refusal)
    }
}

/// The outcome of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reported {
    NoAccount,
    Refused(ReviewRefusal),
    /// The same report was stored before.
    Before,
    Done,
}

impl From<ReviewRefusal> for Reported {
    fn from(refusal: ReviewRefusal) -> Self {
        Self::Refused(refusal)
    }
}
