//! What a person is told of a check of their identity.

use super::verification::{State, Verification};
use crate::{
    UserId, VerificationId,
    messages::{
        kind::{Channel, Kind},
        letter::IdentityOutcome,
    },
    queue::{NewTask, Task, Work},
};

/// A notice to the person whose identity is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNotice {
    pub verification: VerificationId,
    pub user: UserId,
    pub outcome: IdentityOutcome,
    /// Of the decision, or of the end: each is told once.
    pub at_ms: i64,
}

impl NewNotice {
    /// The task that finds out by which channels it is told.
    pub fn task(self, now_ms: i64) -> NewTask {
        let kind = Kind::IdentityResult;
        let Self {
            verification,
            user,
            outcome,
            at_ms,
        } = self;
        let (what, told) = (kind.as_str(), outcome.as_str());
        NewTask {
            key: format!("{what}:{verification}:{told}:{at_ms}"),
            lane: kind.lane(),
            person: Some(user.clone()),
            created_at_ms: now_ms,
            due_at_ms: now_ms,
            expires_at_ms: kind.worth_until(now_ms, None),
            work: Work::Identity {
                verification,
                user,
                outcome,
                channel: None,
            },
        }
    }
}

impl NewTask {
    /// The task that tells it by one channel; `first` is the task that found the channel.
    pub fn of_identity(
        first: &Task,
        (verification, user, outcome): (&VerificationId, &UserId, IdentityOutcome),
        channel: Channel,
        now_ms: i64,
    ) -> Self {
        let key = format!("{}:{}", first.key, channel.as_str());
        let work = Work::Identity {
            verification: verification.clone(),
            user: user.clone(),
            outcome,
            channel: Some(channel),
        };
        Self::part_of(first, key, Some(user), work, now_ms)
    }
}

/// Whether it is still as it is told.
pub fn holds(outcome: IdentityOutcome, verification: &Verification) -> bool {
    match (outcome, verification.state) {
        (IdentityOutcome::Verified | IdentityOutcome::Expiring, State::Approved)
        | (IdentityOutcome::Rejected, State::Declined | State::Resubmission) => true,
        (
            IdentityOutcome::Verified | IdentityOutcome::Expiring | IdentityOutcome::Rejected,
            State::Created
            | State::Open
            | State::Approved
            | State::Declined
            | State::Resubmission
            | State::Expired
            | State::Abandoned
            | State::Lapsed,
        ) => false,
    }
}
