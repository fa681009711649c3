//! The context that the fields of one request share.

use std::{
    borrow::Cow,
    sync::{Arc, OnceLock},
};

use access::caller::{Asker, Caller, SignedIn};
use async_graphql::{
    Context, Result,
    dataloader::{DataLoader, HashMapCache},
};
use domain::{
    UserId,
    auth::sessions::SessionId,
    sentence::Sentence,
    users::{
        account::{Account, Role},
        codes::EMAIL_NOT_VERIFIED,
        membership::Membership,
    },
};
use pq_core::ErrorCode;

use super::{
    errors::{failed, refused},
    facts::AnswerFacts,
    loaders::Stores,
};
use crate::services::Services;

/// For fields: the H3 cell for whose candidates the edge asks, see [`edge_core::nearest`].
#[derive(Clone, Copy, Debug)]
pub struct CandidatesOf(pub u64);

/// Created for each request, so that data read for one request never answers another.
pub struct RequestContext {
    pub services: Services,
    pub facts: Arc<AnswerFacts>,
    /// The time of the request, the same for the whole answer.
    pub now_ms: i64,
    /// The caller. Fields of public documents do not read it.
    pub asker: Asker,
    /// The team that this request's mutation put the caller into: its answer may show what the team sees.
    pub joined: OnceLock<Membership>,
    /// Whether a shared cache may keep the answer; only then must its expiry be computed.
    pub shared: bool,
    pub loader: DataLoader<Stores, HashMapCache>,
}

impl std::fmt::Debug for RequestContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestContext")
            .field("now_ms", &self.now_ms)
            .finish_non_exhaustive()
    }
}

impl RequestContext {
    /// Gets it from a field's context, where `execute` puts it.
    pub fn of<'a>(ctx: &Context<'a>) -> &'a Self {
        ctx.data_unchecked::<Self>()
    }

    /// The caller, with the membership that this request gave them.
    pub fn caller_now(&self) -> Cow<'_, Caller> {
        match (&self.asker.caller, self.joined.get()) {
            (Caller::User(user), Some(joined)) => {
                let mut user = user.clone();
                user.memberships.join(joined.clone());
                if user.role == Role::User {
                    user.role = Role::Partner;
                }
                Cow::Owned(Caller::User(user))
            }
            (caller, _) => Cow::Borrowed(caller),
        }
    }

    /// The signed-in user. The policy table admits no other caller to fields that need one.
    pub fn signed_in(&self) -> Result<&SignedIn> {
        match &self.asker.caller {
            Caller::User(user) => Ok(user),
            Caller::Anonymous | Caller::Unknown(_) | Caller::Service(_) => Err(refused(
                ErrorCode::UNAUTHENTICATED,
                Sentence::new(
                    "il faut pour cela être connecté",
                    "this needs a signed-in user",
                ),
            )),
        }
    }

    /// The user and the session of the access token, even if it has expired or its session has
    /// ended.
    pub fn session(&self) -> Result<(&UserId, &SessionId)> {
        let session = self.asker.caller.session();
        session.ok_or_else(|| {
            refused(
                ErrorCode::UNAUTHENTICATED,
                Sentence::new(
                    "il faut pour cela un jeton d’accès",
                    "this needs an access token",
                ),
            )
        })
    }

    /// The signed-in user's account.
    pub async fn account(&self) -> Result<Account> {
        let user = self.signed_in()?;
        let found = self.services.users.by_id(&user.id).await.map_err(failed)?;
        found.ok_or_else(gone)
    }

    /// Refuses users who have not verified their e-mail address: anybody can sign up with one of
    /// somebody else. Services have none.
    pub async fn with_verified_email(&self) -> Result<()> {
        if let Caller::User(_) = &self.asker.caller
            && self.account().await?.email_verified_at_ms.is_none()
        {
            return Err(refused(
                EMAIL_NOT_VERIFIED,
                Sentence::new(
                    "vérifiez d’abord votre adresse e-mail, avec le lien qui vous a été envoyé",
                    "first verify your e-mail address, with the link that was sent to you",
                ),
            ));
        }
        Ok(())
    }
}

/// The error when the account was erased after its token was checked.
pub fn gone() -> async_graphql::Error {
    refused(
        ErrorCode::TOKEN_INVALID,
        Sentence::new("le compte n’existe plus", "the account no longer exists"),
    )
}
