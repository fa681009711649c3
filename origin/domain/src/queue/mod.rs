//! Work that is done after a request: messages, product events, and payments. A task is a row in the transaction that causes
//! it, and workers on any server do it: after a crash another worker does.
//!
//! A task says what happened, and not what is sent: a worker reads that when it sends, so that nothing
//! is sent that no longer holds, and the row has no address and no secret.

pub mod event;
pub mod notice;
pub mod payment;
pub mod retry;
pub mod store;

pub use crate::messages::kind::Lane;

use std::fmt;

use serde::{Deserialize, Serialize};

use notice::{BookingNotice, ReviewNotice};

use crate::{
    BookingId, InvitationId, PartnerId, PaymentId, RefundId, ReviewId, UserId, VerificationId,
    analytics::ProductEvent,
    announcements::Announcement,
    auth::purpose::CodePurpose,
    identity::verification::SessionId,
    messages::{
        kind::{Channel, Kind},
        letter::IdentityOutcome,
    },
    payments::work::PaymentWork,
    sentence::Language,
    words::words,
};

/// How long a task is kept after it ended, in milliseconds: so long no second one with its key is
/// stored, and so long a failed one can be tried again.
pub const KEPT_MS: i64 = 30 * 86_400_000;

words! {
    State {
        /// To be done, or being done.
        Waiting = "waiting",
        /// Done, or found to be needless.
        Done = "done",
        /// Given up. An operator may have it tried again.
        Dead = "dead",
    }
}

/// What a task does.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Work {
    /// Sends a one-time code to the address or number that it is for.
    Code {
        user: UserId,
        purpose: CodePurpose,
        nonce: Nonce,
    },
    /// Sends an invitation to a partner's team.
    Invitation {
        id: InvitationId,
        language: Language,
        nonce: Nonce,
    },
    /// Finds out by which channels the guest of a booking is told something.
    Booking {
        id: BookingId,
        user: UserId,
        notice: BookingNotice,
    },
    /// Tells the guest of a booking something by one channel.
    Message {
        notice: BookingNotice,
        booking: BookingId,
        user: UserId,
        channel: Channel,
    },
    /// Tells the owner of an account that somebody signed in from a new device.
    NewDevice {
        user: UserId,
        /// What the device is, in a few words.
        device: Option<String>,
        at_ms: i64,
        /// None: finds out by which channels.
        channel: Option<Channel>,
    },
    /// Finds out for a page of an audience by which channels each person is told something.
    Announcement {
        what: Announcement,
        /// The page begins after this person; none for the first one.
        after: Option<UserId>,
    },
    /// Tells one person of an audience something by one channel.
    Announced {
        what: Announcement,
        user: UserId,
        channel: Channel,
    },
    /// Sends a product event, if the person still agrees to that.
    Event(ProductEvent),
    /// Has an erased person forgotten by the taker of product events.
    Forget { user: UserId },
    /// Asks the provider of payments for something.
    Payment(PaymentWork),
    /// Tells a guest that the money of a payment has come, or that a refund is on its way.
    Receipt {
        payment: PaymentId,
        /// None: that the money has come.
        refund: Option<RefundId>,
        user: UserId,
        /// None: finds out by which channels.
        channel: Option<Channel>,
    },
    /// Asks the provider of identity checks what it decided.
    Look { verification: VerificationId },
    /// Has the provider of identity checks delete a session.
    ForgetSession { session: SessionId },
    /// Tells a person what became of the check of their identity.
    Identity {
        verification: VerificationId,
        user: UserId,
        outcome: IdentityOutcome,
        /// None: finds out by which channels.
        channel: Option<Channel>,
    },
    /// Ends what a partner had that has ended: offers, bookings, invitations, memberships.
    EndPartner { partner: PartnerId },
    /// Tells the author of a review what became of it.
    Review {
        notice: ReviewNotice,
        review: ReviewId,
        user: UserId,
        /// None: finds out by which channels.
        channel: Option<Channel>,
    },
}

impl Work {
    /// Its name in lists, logs and metrics.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Code { purpose, .. } => purpose.as_str(),
            Self::Invitation { .. } => "invitation",
            Self::Booking { notice, .. } | Self::Message { notice, .. } => notice.as_str(),
            Self::NewDevice { .. } => Kind::NewDevice.as_str(),
            Self::Announcement { what, .. } | Self::Announced { what, .. } => what.kind().as_str(),
            Self::Event(_) => "event",
            Self::Forget { .. } => "forget",
            Self::Payment(work) => work.kind(),
            Self::Receipt { .. } => Kind::PaymentResult.as_str(),
            Self::Look { .. } => "identity_look",
            Self::ForgetSession { .. } => "identity_forget",
            Self::Identity { .. } => Kind::IdentityResult.as_str(),
            Self::EndPartner { .. } => "partner_ending",
            Self::Review { notice, .. } => notice.as_str(),
        }
    }
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Work({}, …)", self.kind())
    }
}

/// What a secret is derived from, together with the servers' key: alone it is worth nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Nonce(String);

impl Nonce {
    pub fn new(random: [u8; 32]) -> Self {
        Self(hex::encode(random))
    }

    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce(…)")
    }
}

/// A task to store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTask {
    /// What happened, to whom, and by which channel it is told. While a task is kept no other one with
    /// its key is stored. Providers that can tell repeats get it as well.
    pub key: String,
    pub lane: Lane,
    pub work: Work,
    /// Whom it is about. Erasing the account removes the task.
    pub person: Option<UserId>,
    pub created_at_ms: i64,
    pub due_at_ms: i64,
    /// When it is too late to do it.
    pub expires_at_ms: i64,
}

/// How long a task that was given up is worth doing once it is tried again, in milliseconds.
pub const REVIVED_FOR_MS: i64 = 86_400_000;

/// A stored task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    pub key: String,
    pub lane: Lane,
    pub kind: String,
    /// A [`Work`] in JSON; empty when it is done.
    pub work: String,
    pub person: Option<UserId>,
    pub state: State,
    /// How often a worker took it.
    pub attempts: i32,
    pub created_at_ms: i64,
    /// When it may be taken. While a worker has it, this is when another one may.
    pub due_at_ms: i64,
    pub expires_at_ms: i64,
    pub ended_at_ms: Option<i64>,
    /// Why it was not done the last time.
    pub error: Option<String>,
    /// The provider's name of the message.
    pub provider_id: Option<String>,
}

impl NewTask {
    /// A task that does a part of another one's work: at once, and until that one would have ended.
    pub fn part_of(
        whole: &Task,
        key: String,
        person: Option<&UserId>,
        work: Work,
        now_ms: i64,
    ) -> Self {
        Self {
            key,
            lane: whole.lane,
            work,
            person: person.cloned(),
            created_at_ms: now_ms,
            due_at_ms: now_ms,
            expires_at_ms: whole.expires_at_ms,
        }
    }

    /// As it is stored.
    pub fn stored(&self) -> Task {
        Task {
            key: self.key.clone(),
            lane: self.lane,
            kind: self.work.kind().to_owned(),
            work: serde_json::to_string(&self.work).unwrap_or_default(),
            person: self.person.clone(),
            state: State::Waiting,
            attempts: 0,
            created_at_ms: self.created_at_ms,
            due_at_ms: self.due_at_ms,
            expires_at_ms: self.expires_at_ms,
            ended_at_ms: None,
            error: None,
            provider_id: None,
        }
    }
}

impl Task {
    /// What it does; none if another version of the program stored what this one does not know.
    pub fn work(&self) -> Option<Work> {
        serde_json::from_str(&self.work).ok()
    }
}

/// Texts of errors are cut to this many characters: they are for operators.
const MOST_ERROR: usize = 300;

/// An error as it is stored.
pub fn error_text(error: &str) -> String {
    error.chars().take(MOST_ERROR).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_reads_back_and_shows_no_nonce() {
        let user = UserId::derive("user", "ana");
        let work = Work::Code {
            user: user.clone(),
            purpose: CodePurpose::ResetPassword,
            nonce: Nonce::new([7; 32]),
        };
        let task = NewTask {
            key: "k".into(),
            lane: Lane::Codes,
            work: work.clone(),
            person: Some(user),
            created_at_ms: 1,
            due_at_ms: 2,
            expires_at_ms: 3,
        };
        let stored = task.stored();
        assert_eq!(stored.kind, "reset_password");
        assert_eq!(stored.work(), Some(work));
        assert!(!format!("{task:?}").contains("0707"), "{task:?}");
        for unknown in ["", "{}", r#"{"kind":"later"}"#] {
            let work = unknown.to_owned();
            let other = Task {
                work,
                ..stored.clone()
            };
            assert_eq!(other.work(), None, "{unknown}");
        }
    }

    #[test]
    fn an_error_is_cut_between_characters() {
        assert_eq!(error_text(&"é".repeat(1_000)), "é".repeat(MOST_ERROR));
    }
}
