//! Mutations that verify an e-mail address or phone number, or reset a password.

use async_graphql::{Context, Object, Result};

use crate::{
    auth::{
        changing_email::{self, EmailChangedNode},
        input::{ChangeEmailInput, ResetPasswordInput},
        proving,
    },
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

    /// Sends a link to another address of the signed-in user's, which counts once `confirmEmailChange` has
    /// its token, within a day. The answer does not tell whether another account has it. Asking again
    /// replaces the link before.
    /// Refusals: `CREDENTIALS_INVALID`, `EMAIL_CHANGED_LATELY`, `BAD_USER_INPUT`.
    async fn change_email(&self, ctx: &Context<'_>, input: ChangeEmailInput) -> Result<bool> {
        let input = input.read().map_err(broken)?;
        changing_email::request(RequestContext::of(ctx), input).await?;
        Ok(true)
    }

    /// Gives the account the address that the link of `changeEmail` was sent to. All sessions end; a caller
    /// who is signed in to this account gets the tokens of a new one. The address before is told, with a
    /// link for `undoEmailChange`.
    /// Refusals: `CODE_INVALID`, `EMAIL_TAKEN`.
    async fn confirm_email_change(
        &self,
        ctx: &Context<'_>,
        token: String,
    ) -> Result<EmailChangedNode> {
        changing_email::confirm(RequestContext::of(ctx), &token).await
    }

    /// Gives the account the address back that it had before, with the token of the link that was sent
    /// there, within seven days of the change. Ends all sessions and the password: `requestPasswordReset`
    /// sends a link for another.
    /// Refusals: `CODE_INVALID`, `EMAIL_TAKEN`.
    async fn undo_email_change(&self, ctx: &Context<'_>, token: String) -> Result<bool> {
        changing_email::undo(RequestContext::of(ctx), &token).await?;
        Ok(true)
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
