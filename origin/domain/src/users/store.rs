//! The store trait of accounts, its queries and results.

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use async_trait::async_trait;

use super::{
    account::{Account, Consent, EmailKey, Post, Purpose, Standing},
    change::AccountChange,
    consents::Recorded,
    membership::NewPost,
};
use crate::{OfferId, PartnerId, StoreError, UserId, auth::codes::StoredCode, queue::NewTask};

/// The maximum number of favourites per user.
pub const MAX_FAVORITES: usize = 500;

/// The outcome of a new account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    Done,
    /// Another account has this e-mail address, or may still take it back.
    EmailTaken,
}

/// The outcome of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    NotFound,
    /// Another account has verified the number that this one would have verified.
    PhoneTaken,
    /// Another account has this e-mail address, or may still take it back.
    EmailTaken,
    /// The user is the only owner of this partner and has to stay one.
    LastOwner(PartnerId),
    /// The account after the change.
    Done(Box<Account>),
}

/// The outcome of joining a team.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// The account does not exist any more, or is disabled.
    NoUser,
    /// The user already works for this partner.
    Member,
    /// The user works for [`MOST_MEMBERSHIPS`](super::membership::MOST_MEMBERSHIPS) partners.
    TooMany,
    Done,
}

/// The outcome of changing or removing a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostChanged {
    /// The user does not work for this partner.
    NotMember,
    /// The user is the only owner and has to stay one.
    LastOwner,
    /// The partner has no such establishment, or it is archived; nothing was stored.
    NoPlace,
    Done,
}

impl From<Changed> for PostChanged {
    fn from(changed: Changed) -> Self {
        match changed {
            Changed::NotFound => Self::NotMember,
            Changed::LastOwner(_) => Self::LastOwner,
            // A post has no phone number and no address.
            Changed::PhoneTaken | Changed::EmailTaken | Changed::Done(_) => Self::Done,
        }
    }
}

/// The outcome of erasing an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Erased {
    NotFound,
    /// The user is the only owner of this partner and has to stay one.
    LastOwner(PartnerId),
    Done,
}

/// The partners that have one owner less after a change of an account; after its erasure there is no
/// `after`. A store refuses what takes a partner its only owner: nobody could hand it over any more.
pub fn lose_owner<'a>(
    before: &'a Account,
    after: Option<&'a Account>,
) -> impl Iterator<Item = &'a PartnerId> {
    let stays = move |partner| after.is_some_and(|after| owned(after).any(|of| of == partner));
    owned(before).filter(move |partner| !stays(*partner))
}

fn owned(account: &Account) -> impl Iterator<Item = &PartnerId> {
    let owned = account.memberships.all().iter();
    owned
        .filter(|of| of.post == Post::Owner)
        .map(|of| &of.partner)
}

/// The outcome of adding a favourite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Favored {
    /// The account does not exist any more, or is disabled; nothing was stored.
    NoAccount,
    Added,
    AlreadyThere,
    /// The user has [`MAX_FAVORITES`].
    Full,
}

/// The accounts in a database.
///
/// What belongs to a user is stored only while the account exists and is active. This is read in
/// the transaction that stores it, and the erasure writes what is read: of a write and an erasure
/// at the same moment the second one sees what the first one did.
#[async_trait]
pub trait UserStore: fmt::Debug + Send + Sync {
    /// Stores an account with its first consents, and its first code with the task that sends it, all
    /// or nothing. E-mail addresses, ignoring case, are unique.
    async fn create(
        &self,
        account: Account,
        consents: Vec<Consent>,
        code: Option<(StoredCode, NewTask)>,
    ) -> Result<Created, StoreError>;

    async fn by_id(&self, id: &UserId) -> Result<Option<Account>, StoreError>;

    /// The accounts that exist among `ids`.
    async fn by_ids(&self, ids: &[UserId]) -> Result<HashMap<UserId, Account>, StoreError>;

    async fn by_email(&self, email: &EmailKey) -> Result<Option<Account>, StoreError>;

    /// The part of an account that every request of its user needs.
    async fn standing(&self, id: &UserId) -> Result<Option<Standing>, StoreError>;

    /// Reads the account, applies the change and writes the result, in one transaction. Verified
    /// phone numbers are unique, and a partner keeps at least one owner, even when two leave at the
    /// same time.
    async fn change(
        &self,
        id: &UserId,
        change: AccountChange,
        now_ms: i64,
    ) -> Result<Changed, StoreError>;

    /// As [`Self::change`], for another address: what tells the owner of the one before is stored with it,
    /// if the change applies. Addresses are unique, as in [`Self::create`].
    async fn change_email(
        &self,
        id: &UserId,
        change: AccountChange,
        notice: (StoredCode, NewTask),
        now_ms: i64,
    ) -> Result<Changed, StoreError>;

    /// The accounts of a partner's members, oldest first.
    async fn members(&self, partner: &PartnerId) -> Result<Vec<Account>, StoreError>;

    /// Changes or removes a member's post, as [`Self::change`] does. Named establishments are the
    /// partner's, and none is archived: both are read in the same transaction.
    async fn change_post(
        &self,
        partner: &PartnerId,
        user: &UserId,
        to: Option<NewPost>,
        now_ms: i64,
    ) -> Result<PostChanged, StoreError>;

    /// Stores a consent unless the last one for its purpose says the same.
    async fn record_consent(&self, id: &UserId, consent: Consent) -> Result<Recorded, StoreError>;

    /// All consent records of a user, oldest first.
    async fn consents(&self, id: &UserId) -> Result<Vec<Consent>, StoreError>;

    /// Which of these users agree to this now.
    async fn agreeing(
        &self,
        ids: &[UserId],
        purpose: Purpose,
    ) -> Result<HashSet<UserId>, StoreError>;

    /// Stores product events that a user's app reported, if the user agrees to product events; returns
    /// whether it did.
    async fn record_events(&self, id: &UserId, events: Vec<NewTask>) -> Result<bool, StoreError>;

    async fn add_favorite(
        &self,
        id: &UserId,
        offer: &OfferId,
        now_ms: i64,
    ) -> Result<Favored, StoreError>;

    /// Removes a favourite; returns whether it was one.
    async fn remove_favorite(&self, id: &UserId, offer: &OfferId) -> Result<bool, StoreError>;

    /// The user's favourites, each with the moment it was added; newest first.
    async fn favorites(&self, id: &UserId) -> Result<Vec<(OfferId, i64)>, StoreError>;

    /// Which of these offers are the user's favourites.
    async fn favorites_among(
        &self,
        id: &UserId,
        offers: &[OfferId],
    ) -> Result<HashSet<OfferId>, StoreError>;

    /// Erases the account and everything that belongs to it, all or nothing. Proof of consent must
    /// be kept and stays under `pseudonym`, which cannot be traced to the user; the purge audit
    /// then names the pseudonym too.
    async fn erase(&self, id: &UserId, pseudonym: &str, now_ms: i64) -> Result<Erased, StoreError>;
}
