//! Where invitations are kept, and how they make members.

use std::fmt;

use async_trait::async_trait;

pub use super::{Invitation, TokenHash};
use crate::{
    InvitationId, PartnerId, StoreError, UserId,
    users::account::{EmailKey, Membership},
};

/// What came of an invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invited {
    NoPartner,
    /// As many are invited as there can be.
    Full,
    /// A young one to the same address stands: it is the one that was sent.
    Sent(Box<Invitation>),
    /// Stored, in the place of an older one to the same address.
    Done,
}

/// What came of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// Unknown, over, used, withdrawn, or another address'.
    Invalid,
    /// The user works for a partner already.
    Member,
    /// As many people work there as can.
    Full,
    Done(Membership),
}

/// The invitations of a backend.
#[async_trait]
pub trait TeamStore: fmt::Debug + Send + Sync {
    /// Stores an invitation in the place of the one before to the same address, unless that is
    /// young.
    async fn invite(&self, invitation: Invitation) -> Result<Invited, StoreError>;

    /// The invitations of a partner that are good, oldest first.
    async fn invitations(
        &self,
        partner: &PartnerId,
        now_ms: i64,
    ) -> Result<Vec<Invitation>, StoreError>;

    /// Takes an invitation back; says whether there was one of this partner.
    async fn withdraw(&self, partner: &PartnerId, id: &InvitationId) -> Result<bool, StoreError>;

    /// Uses an invitation up: the user, whose address this is, works for the partner from now on.
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

/// What an invitation is worth to whoever shows this hash and has this address.
pub fn is_good(invitation: &Invitation, hash: &TokenHash, email: &EmailKey, now_ms: i64) -> bool {
    // All three are looked at: the time tells nothing.
    let proven = invitation.token_hash.is(hash);
    let own = invitation.email_key() == *email;
    let in_time = now_ms < invitation.expires_at_ms;
    proven & own & in_time
}
