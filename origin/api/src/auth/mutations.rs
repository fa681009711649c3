//! Authentication mutations: check the input, run one step of [`super::sign_in`], return its
//! result.

pub mod proofs;

use async_graphql::{Context, ID, Object, Result};

pub use crate::{
    auth::input::{
        ChangeEmailInput, ChangePasswordInput, LoginInput, RegisterInput, ResetPasswordInput,
    },
    nodes::consent::{ConsentInput, ConsentPurpose},
};

use domain::auth::sessions::SessionId;

use super::sign_in;
use crate::{
    auth::queries::AuthPayload,
    request::{
        context::RequestContext,
        errors::{broken, failed_with},
    },
};

#[derive(Debug, Default)]
pub struct AuthMutations;

#[Object]
impl AuthMutations {
    /// Creates an account, sends its address a verification link and signs in.
    async fn register(&self, ctx: &Context<'_>, input: RegisterInput) -> Result<AuthPayload> {
        let request = RequestContext::of(ctx);
        let input = input.read().map_err(broken)?;
        sign_in::register(request, input).await
    }

    /// Signs in. The answer does not reveal whether an account with this address exists.
    async fn login(&self, ctx: &Context<'_>, input: LoginInput) -> Result<AuthPayload> {
        sign_in::login(RequestContext::of(ctx), input).await
    }

    /// Exchanges a refresh token for new tokens. Sent again within half a minute, because no answer
    /// came or by two tabs at once, it gets the same next one; later its reuse ends the session.
    async fn refresh_token(&self, ctx: &Context<'_>, token: String) -> Result<AuthPayload> {
        sign_in::refresh(RequestContext::of(ctx), &token).await
    }

    /// Ends the session of the access token, and the token with it. Also takes a token that has
    /// expired. With a refresh token, ends its session, and needs no access token.
    /// Refusals: `UNAUTHENTICATED`, `REFRESH_TOKEN_INVALID` if it is no refresh token at all.
    async fn logout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The last one, or one before it.")] refresh_token: Option<String>,
    ) -> Result<bool> {
        sign_in::logout(RequestContext::of(ctx), refresh_token.as_deref()).await?;
        Ok(true)
    }

    /// Changes the password and ends all sessions; the answer contains the tokens of a new one.
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        input: ChangePasswordInput,
    ) -> Result<AuthPayload> {
        let request = RequestContext::of(ctx);
        let input = input.read().map_err(broken)?;
        sign_in::change_password(request, input).await
    }

    /// Ends one of the signed-in user's sessions, with its access tokens. False if there is no such session.
    async fn end_session(&self, ctx: &Context<'_>, id: ID) -> Result<bool> {
        let request = RequestContext::of(ctx);
        let (user, id) = (request.signed_in()?, SessionId::new(id.0));
        sign_in::end(request, &user.id, &id).await
    }

    /// Ends all of the signed-in user's sessions except the current one; returns how many.
    async fn end_other_sessions(&self, ctx: &Context<'_>) -> Result<i32> {
        let request = RequestContext::of(ctx);
        let user = request.signed_in()?;
        let others = sign_in::sessions(request).await?.into_iter();
        let others = others.filter(|session| session.id != user.session).count();
        let auth = &request.services.auth;
        let ended = auth.sessions.end_all(&user.id, Some(&user.session)).await;
        auth.standings.forget(&user.id);
        ended.map_err(failed_with)?;
        Ok(i32::try_from(others).unwrap_or(i32::MAX))
    }
}
