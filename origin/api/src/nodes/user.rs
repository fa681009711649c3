//! The `User` type. `id`, `firstName`, `avatar` and `avatarPicture` are public; every other field requires that user,
//! or an administrator who opened the account by a field for administrators.

#![expect(clippy::unused_async, reason = "fields of async-graphql are async")]

use access::caller::{Caller, SignedIn};
use async_graphql::{Context, Enum, ID, Object, Result};
use domain::{
    auth::sessions::SessionId,
    users::{
        account::{self, Account},
        profile::Profile,
    },
};

use crate::{
    nodes::{
        booking::BookingNode,
        directives::{CacheControlScope, cache_control},
        moment::{DateTime, timestamp},
        offer::OfferNode,
        partner::public_offers,
        picture::{PictureNode, shown_at},
        preferences::PreferencesNode,
    },
    request::{
        authorise::{self, About, Opened},
        context::RequestContext,
        errors::failed,
        loaders::{BookingsOf, FavoritesOf, IdentityOf},
    },
};

/// What is known of a user's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "account::IdentityStatus")]
pub enum IdentityStatus {
    NotSubmitted,
    Pending,
    Verified,
    Rejected,
}

/// A user, and who reads it.
#[derive(Clone, Debug)]
pub struct UserNode(Profile, Reader);

#[derive(Clone, Debug)]
enum Reader {
    /// The request's caller.
    Caller(Opened),
    /// The new session's user after login: the request itself came without a token.
    SignedInNow(Box<Caller>),
}

impl From<Profile> for UserNode {
    fn from(profile: Profile) -> Self {
        Self::new(profile, Opened::No)
    }
}

impl From<Account> for UserNode {
    fn from(account: Account) -> Self {
        Self::from(Profile::from(account))
    }
}

impl UserNode {
    /// Whether an administrator opened it decides who reads its fields.
    pub const fn new(profile: Profile, opened: Opened) -> Self {
        Self(profile, Reader::Caller(opened))
    }

    /// The account as read by the session that was just created for it.
    pub fn of_signed_in(account: Account, session: SessionId) -> Self {
        let reader = SignedIn {
            id: account.id.clone(),
            role: account.role,
            memberships: account.memberships.clone(),
            chosen: None,
            session,
        };
        let reader = Caller::User(Box::new(reader));
        Self(account.into(), Reader::SignedInNow(Box::new(reader)))
    }

    /// Checks the policy for a field of this user.
    fn may_see(&self, ctx: &Context<'_>, field: &str) -> Result<()> {
        let about = About::User(&self.0.id);
        let asker = &RequestContext::of(ctx).asker.caller;
        let reader = match &self.1 {
            Reader::Caller(_) => asker,
            Reader::SignedInNow(reader) => reader,
        };
        authorise::field_of(reader, "User", field, about, self.opened())
    }

    const fn opened(&self) -> Opened {
        match self.1 {
            Reader::Caller(opened) => opened,
            Reader::SignedInNow(_) => Opened::No,
        }
    }
}

/// `id`, `firstName`, `avatar` and `avatarPicture` are public; every other field requires that user, or an
/// administrator who reads `UserForOperator`. Of the guest of a booking for operators: `lastName`, `email` and `phone`.
#[Object(name = "User", directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
impl UserNode {
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    async fn first_name(&self) -> &str {
        &self.0.first_name
    }

    async fn avatar(&self) -> Option<&str> {
        self.0.avatar.as_deref()
    }

    /// The avatar, if it was uploaded to Yousoon, with its sizes.
    async fn avatar_picture(&self, ctx: &Context<'_>) -> Result<Option<PictureNode>> {
        Ok(shown_at(ctx, self.0.avatar.as_slice()).await?.pop())
    }

    async fn email(&self, ctx: &Context<'_>) -> Result<&str> {
        self.may_see(ctx, "email")?;
        Ok(&self.0.email)
    }

    async fn last_name(&self, ctx: &Context<'_>) -> Result<&str> {
        self.may_see(ctx, "lastName")?;
        Ok(&self.0.last_name)
    }

    async fn phone(&self, ctx: &Context<'_>) -> Result<Option<&str>> {
        self.may_see(ctx, "phone")?;
        Ok(self.0.phone.as_deref())
    }

    /// Whether the e-mail address is verified.
    async fn is_verified(&self, ctx: &Context<'_>) -> Result<bool> {
        self.may_see(ctx, "isVerified")?;
        Ok(self.0.email_verified_at_ms.is_some())
    }

    async fn is_phone_verified(&self, ctx: &Context<'_>) -> Result<bool> {
        self.may_see(ctx, "isPhoneVerified")?;
        Ok(self.0.phone_verified_at_ms.is_some())
    }

    async fn identity_status(&self, ctx: &Context<'_>) -> Result<IdentityStatus> {
        self.may_see(ctx, "identityStatus")?;
        let request = RequestContext::of(ctx);
        let key = IdentityOf(self.0.id.clone());
        let found = request.loader.load_one(key).await.map_err(failed)?;
        // Of an account that is gone there is none.
        Ok(found.unwrap_or_default().status_at(request.now_ms).into())
    }

    async fn preferences(&self, ctx: &Context<'_>) -> Result<PreferencesNode> {
        self.may_see(ctx, "preferences")?;
        Ok(self.0.preferences.clone().into())
    }

    async fn created_at(&self, ctx: &Context<'_>) -> Result<DateTime> {
        self.may_see(ctx, "createdAt")?;
        Ok(timestamp(self.0.created_at_ms))
    }

    /// The user's favourite offers, newest first; offers that no longer exist are left out.
    async fn favorites(&self, ctx: &Context<'_>) -> Result<Vec<OfferNode>> {
        self.may_see(ctx, "favorites")?;
        let request = RequestContext::of(ctx);
        let key = FavoritesOf(self.0.id.clone());
        let ids = request.loader.load_one(key).await.map_err(failed)?;
        let ids = ids.unwrap_or_default();
        // The others come back when their partner is approved again.
        let offers = public_offers(request, ids).await?;
        Ok(offers.into_iter().map(OfferNode::from).collect())
    }

    /// The user's newest bookings, at most 200.
    async fn bookings(&self, ctx: &Context<'_>) -> Result<Vec<BookingNode>> {
        self.may_see(ctx, "bookings")?;
        let key = BookingsOf(self.0.id.clone());
        let found = RequestContext::of(ctx).loader.load_one(key).await;
        let bookings = found.map_err(failed)?.unwrap_or_default();
        let node = |booking| BookingNode::new(booking, self.opened());
        Ok(bookings.into_iter().map(node).collect())
    }
}
