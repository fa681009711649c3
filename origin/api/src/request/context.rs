//! What the fields of one request share.

use std::sync::Arc;

use access::caller::{Asker, Caller, SignedIn};
use async_graphql::{
    Context, Result,
    dataloader::{DataLoader, HashMapCache},
};
use domain::users::account::Account;
use pq_core::ErrorCode;

use super::{
    errors::{failed, refused},
    facts::AnswerFacts,
    loaders::Stores,
};
use crate::services::Services;

/// One per request: nothing that was read for one request answers another.
pub struct RequestContext {
    pub services: Services,
    pub facts: Arc<AnswerFacts>,
    /// One moment for the whole answer.
    pub now_ms: i64,
    /// Who asks. Fields of public documents do not look at it.
    pub asker: Asker,
    /// Whether a shared cache may keep the answer, so that its end is worth knowing.
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
    /// Of a field's context; `execute` puts it there.
    pub fn of<'a>(ctx: &Context<'a>) -> &'a Self {
        ctx.data_unchecked::<Self>()
    }

    /// The user who asks. The table lets nobody else to a field that needs one.
    pub fn signed_in(&self) -> Result<&SignedIn> {
        match &self.asker.caller {
            Caller::User(user) => Ok(user),
            Caller::Anonymous | Caller::Unknown(_) | Caller::Service(_) => Err(refused(
                ErrorCode::UNAUTHENTICATED,
                "this needs a user who is signed in",
            )),
        }
    }

    /// The account of the user who asks.
    pub async fn account(&self) -> Result<Account> {
        let user = self.signed_in()?;
        let found = self.services.users.by_id(&user.id).await.map_err(failed)?;
        found.ok_or_else(gone)
    }
}

/// The account was erased after its token was looked at.
pub fn gone() -> async_graphql::Error {
    refused(
        ErrorCode::TOKEN_INVALID,
        "there is no such account any more",
    )
}
