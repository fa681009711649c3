//! Mutations of identity checks.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use domain::{
    VerificationId,
    broken::Reading,
    identity::{
        input::{birth_year, no_birth_year, note},
        refusals::IdentityRefusal,
        rules::{NewRuling, RulingVerdict},
        store::Ruled,
    },
    offers::store::Purging,
};
use identity::NotSubmitted;

use super::{refuse, service};
use crate::{
    nodes::identity::{IdentityCaseNode, IdentityVerificationNode},
    request::{
        attempts::{Attempt, count_attempt},
        context::{RequestContext, gone},
        errors::{broken, failed},
        relaying::relay,
    },
};

/// What the user agreed to.
#[derive(Clone, Debug, InputObject)]
pub struct IdentityInput {
    /// The version of the text about identity checks that the user saw and agreed to.
    consent_version: String,
}

/// What an administrator decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum IdentityVerdict {
    Approved,
    Declined,
}

#[derive(Debug, Default)]
pub struct IdentityMutations;

#[Object]
impl IdentityMutations {
    /// Begins a check of the signed-in user's identity document, or goes on with the one that is open: the app
    /// opens `sessionUrl`. A repeated call returns the same check. The user's e-mail address has to be
    /// verified.
    /// Refusals: `IDENTITY_CONSENT_OUTDATED`, `EMAIL_NOT_VERIFIED`, `IDENTITY_VERIFIED_ALREADY`,
    /// `IDENTITY_ATTEMPTS_REACHED`, `IDENTITY_UNAVAILABLE`.
    async fn submit_identity_verification(
        &self,
        ctx: &Context<'_>,
        input: IdentityInput,
    ) -> Result<IdentityVerificationNode> {
        let request = RequestContext::of(ctx);
        let user = &request.signed_in()?.id;
        let identity = service(request)?;
        count_attempt(request, Attempt::VerifyIdentity(user)).await?;
        let submitted = match identity.submit(user, &input.consent_version).await {
            Ok(submitted) => submitted,
            Err(NotSubmitted::NoAccount) => return Err(gone()),
            Err(NotSubmitted::Refused(refusal)) => return Err(refuse(refusal)),
            Err(NotSubmitted::Provider(trouble)) => {
                tracing::warn!(%trouble, "no identity check was begun");
                return Err(refuse(IdentityRefusal::Unavailable));
            }
            Err(NotSubmitted::Store(error)) => return Err(failed(error)),
        };
        let all = request.services.identities.of_user(user).await;
        let all = all.map_err(failed)?;
        let now_ms = request.now_ms;
        Ok(IdentityVerificationNode::of(&submitted, &all, now_ms))
    }

    /// Decides on a user's newest identity check, whatever the provider decided before; for
    /// administrators, on nobody's own. `reason` is for other administrators and the user's data export.
    /// `birthYear` is for an approved one, where the provider did not tell it.
    /// Refusals: `VERIFICATION_NOT_FOUND`, `VERIFICATION_STATE_CONFLICT`, `VERIFICATION_IS_YOURS`,
    /// `IDENTITY_UNAVAILABLE`, `BAD_USER_INPUT`.
    async fn decide_identity(
        &self,
        ctx: &Context<'_>,
        id: ID,
        verdict: IdentityVerdict,
        #[graphql(desc = "3 to 500 characters on one line.")] reason: String,
        birth_year: Option<i32>,
    ) -> Result<IdentityCaseNode> {
        let request = RequestContext::of(ctx);
        let operator = request.signed_in()?.id.clone();
        let mut reading = Reading::default();
        let ruling = NewRuling {
            by: operator,
            actor: request.asker.caller.actor(),
            verdict: reading.take(ruling(verdict, birth_year, request.now_ms)),
            note: reading.take(note(&reason)),
        };
        let ruling = reading.end(ruling).map_err(broken)?;
        let identity = service(request)?;
        let id = VerificationId::parse(&id);
        let id = id.ok_or_else(|| refuse(IdentityRefusal::NotFound))?;
        match identity.ruled(&id, ruling).await.map_err(failed)? {
            Ruled::Refused(refusal) => Err(refuse(refusal)),
            Ruled::Done(decided) => {
                // The audit has who decided.
                relay(request, Purging::Pending).await;
                tracing::info!(
                    actor = request.asker.caller.actor(),
                    verification = %decided.id,
                    ?verdict,
                    "an identity was decided"
                );
                Ok(IdentityCaseNode(*decided))
            }
        }
    }
}

fn ruling(
    verdict: IdentityVerdict,
    year: Option<i32>,
    now_ms: i64,
) -> std::result::Result<RulingVerdict, domain::broken::BrokenRule> {
    match (verdict, year) {
        (IdentityVerdict::Approved, None) => Ok(RulingVerdict::Approve { birth_year: None }),
        (IdentityVerdict::Approved, Some(year)) => Ok(RulingVerdict::Approve {
            birth_year: Some(birth_year(year, now_ms)?),
        }),
        (IdentityVerdict::Declined, None) => Ok(RulingVerdict::Decline),
        (IdentityVerdict::Declined, Some(_)) => Err(no_birth_year()),
    }
}
