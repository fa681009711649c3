//! The store trait of invitations and of how they create members.

use std::fmt;

use async_trait::async_trait;

pub use super::{Invitation, TokenHash};
use crate::{
    InvitationId, PartnerId, StoreError, UserId,
    queue::NewTask,
    users::account::{EmailKey, Membership},
};

/// The outcome of an invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invited {
    NoPartner,
    /// The partner has no such establishment, or it is archived.
    NoPlace,
    /// The partner has the maximum number of valid invitations.
    Full,
    /// A recent invitation to the same address exists and was already sent; nothing was stored.
    Sent(Box<Invitation>),
    /// A recent invitation to the same address was withdrawn: the next one may be sent when this
    /// time, in milliseconds, has passed. Nothing was stored.
    Withdrawn {
        wait_ms: i64,
    },
    /// Stored; it replaced any older invitation to the same address.
    Done,
}

/// The outcome of accepting a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// The token is unknown, expired, used, withdrawn, or for another address.
    Invalid,
    /// The user already works for this partner.
    Member,
    /// The user works for the maximum number of partners.
    TooMany,
    /// The partner has the maximum number of members.
    Full,
    Done(Membership),
}

/// The invitations in a database.
#[async_trait]
pub trait TeamStore: fmt::Debug + Send + Sync {
    /// Stores an invitation, in place of the previous one to the same address, and the task that sends
    /// it, unless the previous one is recent.
    async fn invite(&self, invitation: Invitation, task: NewTask) -> Result<Invited, StoreError>;

    async fn invitation(&self, id: &InvitationId) -> Result<Option<Invitation>, StoreError>;

    /// The valid invitations of a partner that were not accepted, oldest first.
    async fn invitations(
        &self,
        partner: &PartnerId,
        now_ms: i64,
    ) -> Result<Vec<Invitation>, StoreError>;

    /// The invitations to an address that are not over, also accepted ones, oldest first, for the
    /// data export.
    async fn invitations_to(
        &self,
        email: &EmailKey,
        now_ms: i64,
    ) -> Result<Vec<Invitation>, StoreError>;

    /// Withdraws an invitation; returns whether this partner had it, open and not accepted.
    async fn withdraw(
        &self,
        partner: &PartnerId,
        id: &InvitationId,
        now_ms: i64,
    ) -> Result<bool, StoreError>;

    /// Uses an invitation: the user, who owns the address, becomes a member of the partner's team. A
    /// repeat finds it done.
    /// All in one transaction.
    async fn accept(
        &self,
        id: InvitationId,
        hash: TokenHash,
        user: UserId,
        email: EmailKey,
        now_ms: i64,
    ) -> Result<Accepted, StoreError>;
}
