//! The query of the inbox.

use async_graphql::{Context, Object, Result};
use domain::{messages::kind::Kind, notifications::inbox::InboxCursor};

use crate::{
    nodes::{
        directives::{CacheControlScope, cache_control},
        notification::{NotificationConnection, SettingNode},
        page::{cursor, page_size},
    },
    request::{context::RequestContext, errors::failed},
};

#[derive(Debug, Default)]
pub struct NotificationQueries;

#[Object]
impl NotificationQueries {
    /// Which messages the signed-in user gets, by kind and channel.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn notification_settings(&self, ctx: &Context<'_>) -> Result<Vec<SettingNode>> {
        let account = RequestContext::of(ctx).account().await?;
        let settings = Kind::ALL.iter().flat_map(|kind| {
            let channels = kind.channels().iter();
            channels.map(|channel| SettingNode::of(&account.preferences, *kind, *channel))
        });
        Ok(settings.collect())
    }

    /// What the signed-in user was told, newest first: at most 200 entries of the last 90 days.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn notifications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "1 to 100; 20 if it is not given.")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<NotificationConnection> {
        let request = RequestContext::of(ctx);
        let after = cursor(after.as_deref(), InboxCursor::decode)?;
        let first = page_size(first)?;
        let account = request.account().await?;
        let has_previous_page = after.is_some();
        let services = &request.services;
        let read = services.notifications.page(&account.id, first, after);
        let page = services.observer.read("notifications.page", read).await;
        let page = page.map_err(failed)?;
        let language = account.preferences.language;
        Ok(NotificationConnection::new(
            &page,
            language,
            services,
            has_previous_page,
        ))
    }
}
