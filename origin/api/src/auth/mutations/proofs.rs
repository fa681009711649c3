//! Mutations that verify an e-mail address or phone number, or reset a password.

use async_graphql::{Context, Object, Result};

use crate::{
    auth::{input::ResetPasswordInput, proving},
    nodes::user::UserNode,
    request::{context::RequestContext, errors::broken},
};

#[derive(Debug, Default)]
pub struct ProofMutations;

#[Object]
impl ProofMutations {
    /// Sends a verification link to the signed-in user's own address, at most one a minute; `register`
    /// sends the first one.
    async fn request_email_verification(&self, ctx: &Context<'_>) -> Result<bool> {
        proving::request_email_verification(RequestContext::of(ctx)).await?;
        Ok(true)
    }

    /// Verifies the e-mail address with the token of the link that `register` or
    /// `requestEmailVerification` sent. The link is valid for a day.
    async fn verify_email(&self, ctx: &Context<'_>, token: String) -> Result<bool> {
        proving::verify_email(RequestContext::of(ctx), &token).await?;
        Ok(true)
    }

    /// Sends a six-digit code to the signed-in user's own phone, at most one a minute.
    async fn request_phone_code(&self, ctx: &Context<'_>) -> Result<bool> {
        proving::request_phone_code(RequestContext::of(ctx)).await?;
        Ok(true)
    }

    /// Verifies the phone number with the code that `requestPhoneCode` sends. The code is valid for
    /// ten minutes and five tries.
    async fn verify_phone(&self, ctx: &Context<'_>, code: String) -> Result<UserNode> {
        let account = proving::verify_phone(RequestContext::of(ctx), &code).await?;
        Ok(account.into())
    }

    /// Sends a reset link to this address if an account has it. The answer does not reveal whether
    /// one does.
    async fn request_password_reset(&self, ctx: &Context<'_>, email: String) -> Result<bool> {
        proving::request_password_reset(RequestContext::of(ctx), &email).await?;
        Ok(true)
    }

    /// Sets a new password with the token of the link that `requestPasswordReset` sends. The link
    /// is valid for half an hour. Ends all sessions.
    async fn reset_password(&self, ctx: &Context<'_>, input: ResetPasswordInput) -> Result<bool> {
        let request = RequestContext::of(ctx);
        let input = input.read().map_err(broken)?;
        proving::reset_password(request, input).await?;
        Ok(true)
    }
}
