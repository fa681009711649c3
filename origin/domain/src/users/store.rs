//! Where accounts are kept: what is asked of a store and what it answers.

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use async_trait::async_trait;

use super::{
    account::{Account, Consent, EmailKey, Post, Standing},
    change::AccountChange,
};
use crate::{OfferId, PartnerId, StoreError, UserId};

/// The most favourites of one user.
pub const MAX_FAVORITES: usize = 500;

/// What came of a new account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    Done,
    EmailTaken,
    PhoneTaken,
}

/// What came of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    NotFound,
    PhoneTaken,
    /// The account as it is now.
    Done(Box<Account>),
}

/// What came of a membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    NoUser,
    /// The user works for a partner already.
    Member,
    Done,
}

/// What came of another post, or of none any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostChanged {
    /// The user does not work for this partner.
    NotMember,
    /// The only owner stays it.
    LastOwner,
    Done,
}

/// What becomes of somebody's post in a team with so many owners; decided once for all backends.
pub fn post_change(before: Option<&Account>, owners: usize, post: Option<Post>) -> PostChanged {
    let Some(of) = before.and_then(|account| account.membership.as_ref()) else {
        return PostChanged::NotMember;
    };
    let stops_owning = of.post == Post::Owner && post != Some(Post::Owner);
    if stops_owning && owners <= 1 {
        PostChanged::LastOwner
    } else {
        PostChanged::Done
    }
}

/// What came of a favourite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Favored {
    Added,
    AlreadyThere,
    /// The user has [`MAX_FAVORITES`].
    Full,
}

/// The accounts of a backend.
#[async_trait]
pub trait UserStore: fmt::Debug + Send + Sync {
    /// Stores an account with the consents that came with it, all or nothing. No two accounts have
    /// one e-mail address, without regard to case, or one phone number.
    async fn create(&self, account: Account, consents: Vec<Consent>)
    -> Result<Created, StoreError>;

    async fn by_id(&self, id: &UserId) -> Result<Option<Account>, StoreError>;

    /// The accounts that exist among `ids`.
    async fn by_ids(&self, ids: &[UserId]) -> Result<HashMap<UserId, Account>, StoreError>;

    async fn by_email(&self, email: &EmailKey) -> Result<Option<Account>, StoreError>;

    /// As much of an account as every request of its user needs.
    async fn standing(&self, id: &UserId) -> Result<Option<Standing>, StoreError>;

    /// Reads, applies the change and writes, in one transaction.
    async fn change(
        &self,
        id: &UserId,
        change: AccountChange,
        now_ms: i64,
    ) -> Result<Changed, StoreError>;

    /// The accounts of those who work for a partner, the oldest first.
    async fn members(&self, partner: &PartnerId) -> Result<Vec<Account>, StoreError>;

    /// Gives somebody who works for the partner another post, or none any more. A team keeps one
    /// owner at least, also when two leave at once.
    async fn change_post(
        &self,
        partner: &PartnerId,
        user: &UserId,
        post: Option<Post>,
        now_ms: i64,
    ) -> Result<PostChanged, StoreError>;

    async fn record_consent(&self, id: &UserId, consent: Consent) -> Result<(), StoreError>;

    /// All records of a user, oldest first.
    async fn consents(&self, id: &UserId) -> Result<Vec<Consent>, StoreError>;

    async fn add_favorite(
        &self,
        id: &UserId,
        offer: &OfferId,
        now_ms: i64,
    ) -> Result<Favored, StoreError>;

    /// Whether it was one.
    async fn remove_favorite(&self, id: &UserId, offer: &OfferId) -> Result<bool, StoreError>;

    /// With the moment each was added; newest first.
    async fn favorites(&self, id: &UserId) -> Result<Vec<(OfferId, i64)>, StoreError>;

    /// Which of these are the user's favourites.
    async fn favorites_among(
        &self,
        id: &UserId,
        offers: &[OfferId],
    ) -> Result<HashSet<OfferId>, StoreError>;

    /// Removes the account and what belongs to it, all or nothing. What has to be kept, that there
    /// was consent, stays under `pseudonym`, which leads to nobody. Says whether there was one.
    async fn erase(&self, id: &UserId, pseudonym: &str, now_ms: i64) -> Result<bool, StoreError>;
}
