//! Queries of identity checks.

use async_graphql::{Context, Object, Result};
use domain::identity::store::{VerificationCursor, VerificationQuery};

use crate::{
    nodes::{
        directives::{CacheControlScope, cache_control},
        identity::{IdentityCaseConnection, IdentityVerificationNode, VerificationState},
        page::{cursor, page_size},
    },
    request::{context::RequestContext, errors::failed},
};

#[derive(Debug, Default)]
pub struct IdentityQueries;

#[Object]
impl IdentityQueries {
    /// The signed-in user's newest identity check; null if there was none.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn my_identity_verification(
        &self,
        ctx: &Context<'_>,
    ) -> Result<Option<IdentityVerificationNode>> {
        let request = RequestContext::of(ctx);
        let user = &request.signed_in()?.id;
        let all = request.services.identities.of_user(user).await;
        let all = all.map_err(failed)?;
        Ok(IdentityVerificationNode::newest(&all, request.now_ms))
    }

    /// Identity checks, newest first; for administrators.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn identity_verifications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those in this state.")] state: Option<VerificationState>,
        #[graphql(desc = "1 to 100; 20 if it is not given.")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<IdentityCaseConnection> {
        let request = RequestContext::of(ctx);
        let query = VerificationQuery {
            state: state.map(Into::into),
            first: page_size(first)?,
            after: cursor(after.as_deref(), VerificationCursor::decode)?,
        };
        let has_previous_page = query.after.is_some();
        let page = request.services.identities.list(query).await;
        let page = page.map_err(failed)?;
        Ok(IdentityCaseConnection::new(page, has_previous_page))
    }
}
