//! User queries. `id`, `firstName`, `avatar` are public; every other field requires that user.

use async_graphql::{ComplexObject, Context, ID, Object, Result, SimpleObject};

use crate::nodes::{consent::ConsentNode, user::UserNode};

pub use crate::nodes::preferences::{AppLanguage, PreferencesInput, PreferencesNode};

use domain::UserId;

use super::export::{self, Page};
use crate::{
    nodes::{
        directives::{CacheControlScope, cache_control},
        moment::{DateTime, timestamp},
    },
    request::{
        context::{RequestContext, gone},
        errors::failed,
    },
};

/// One page of all data stored about a user.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct DataExport {
    created_at: DateTime,
    /// The data of this page as JSON text.
    data: String,
    /// `after` for the next page; null on the last one.
    next: Option<String>,
}

impl DataExport {
    pub(crate) fn of(page: Page, now_ms: i64) -> Self {
        Self {
            created_at: timestamp(now_ms),
            data: page.data.to_string(),
            next: page.next,
        }
    }
}

#[ComplexObject]
impl DataExport {
    async fn media_type(&self) -> &'static str {
        "application/json"
    }
}

#[derive(Debug, Default)]
pub struct UserQueries;

#[Object]
impl UserQueries {
    /// The signed-in user. Null only with an error: what is asked for beside it is then answered all the same.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn me(&self, ctx: &Context<'_>) -> Result<Option<UserNode>> {
        let request = RequestContext::of(ctx);
        let user = request.signed_in()?.id.clone();
        let found = request.loader.load_one(user).await.map_err(failed)?;
        Ok(Some(found.ok_or_else(gone)?.into()))
    }

    /// A user. `id`, `firstName`, `avatar` are public; every other field requires that user.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn user(&self, ctx: &Context<'_>, id: ID) -> Result<Option<UserNode>> {
        let Some(id) = UserId::parse(&id) else {
            return Ok(None);
        };
        let found = RequestContext::of(ctx).loader.load_one(id).await;
        Ok(found.map_err(failed)?.map(UserNode::from))
    }

    /// The signed-in user's consents, granted and withdrawn, oldest first.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn my_consents(&self, ctx: &Context<'_>) -> Result<Vec<ConsentNode>> {
        let request = RequestContext::of(ctx);
        let user = request.signed_in()?;
        let consents = request.services.users.consents(&user.id).await;
        let consents = consents.map_err(failed)?.into_iter();
        Ok(consents.map(ConsentNode::from).collect())
    }

    /// All data stored about the signed-in user, page by page. The first page has all of it but
    /// older bookings and actions.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn export_my_data(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "`next` of the page before; absent for the first page.")] after: Option<
            String,
        >,
    ) -> Result<DataExport> {
        let request = RequestContext::of(ctx);
        let account = request.account().await?;
        let page = export::page(request, &account, after.as_deref()).await?;
        Ok(DataExport::of(page, request.now_ms))
    }
}
