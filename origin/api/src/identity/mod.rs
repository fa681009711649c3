//! Identity checks: asking for one, and what operators decide.

pub mod mutations;
pub mod queries;

use async_graphql::Error;
use domain::identity::refusals::IdentityRefusal;
use identity::Identity;

use crate::request::{context::RequestContext, errors::refused};

/// Converts a store's refusal into a GraphQL error.
pub fn refuse(refusal: IdentityRefusal) -> Error {
    refused(refusal.code(), refusal.sentence())
}

/// The checks of identities, unless no provider is configured.
fn service(request: &RequestContext) -> Result<&Identity, Error> {
    let identity = request.services.identity.as_ref();
    identity.ok_or_else(|| refuse(IdentityRefusal::Unavailable))
}
