//! Proofs of an address or a number, and forgotten passwords, in GraphQL.

use async_graphql::{Context, Object, Result};

use crate::{
    auth::{input::ResetPasswordInput, proving},
    nodes::user::UserNode,
    request::{context::RequestContext, validation::check},
};

#[derive(Debug, Default)]
pub struct ProofMutations;

#[Object]
impl ProofMutations {
    /// Sends a link to one's own address, at most one a minute.
    async fn request_email_verification(&self, ctx: &Context<'_>) -> Result<bool> {
        proving::request_email_verification(RequestContext::of(ctx)).await?;
        Ok(true)
    }

    /// With the token of that link, within a day.
    async fn verify_email(&self, ctx: &Context<'_>, token: String) -> Result<bool> {
        proving::verify_email(RequestContext::of(ctx), &token).await?;
        Ok(true)
    }

    /// Sends six digits to one's own phone, at most once a minute.
    async fn request_phone_code(&self, ctx: &Context<'_>) -> Result<bool> {
        proving::request_phone_code(RequestContext::of(ctx)).await?;
        Ok(true)
    }

    /// With these digits, within ten minutes and five tries.
    async fn verify_phone(&self, ctx: &Context<'_>, code: String) -> Result<UserNode> {
        let account = proving::verify_phone(RequestContext::of(ctx), &code).await?;
        Ok(account.into())
    }

    /// Sends a link to this address if an account has it, which is not told.
    async fn request_password_reset(&self, ctx: &Context<'_>, email: String) -> Result<bool> {
        proving::request_password_reset(RequestContext::of(ctx), &email).await?;
        Ok(true)
    }

    /// With the token of that link, within half an hour. Ends every session.
    async fn reset_password(&self, ctx: &Context<'_>, input: ResetPasswordInput) -> Result<bool> {
        let request = RequestContext::of(ctx);
        check(&input, request.asker.language)?;
        proving::reset_password(request, input).await?;
        Ok(true)
    }
}
