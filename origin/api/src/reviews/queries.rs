//! Queries of reviews. A partner's reviews are a field of the partner.

use async_graphql::{Context, Object, Result};
use domain::reviews::store::{ReviewCursor, ReviewOrder};

use crate::{
    nodes::{
        directives::{CacheControlScope, cache_control},
        own_review::MyReviewConnection,
        page::{cursor, page_size},
    },
    request::{context::RequestContext, errors::failed},
};

#[derive(Debug, Default)]
pub struct ReviewQueries;

#[Object]
impl ReviewQueries {
    /// The signed-in user's reviews, newest first, also those that were removed.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn my_reviews(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "1 to 100; 20 if it is not given.")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<MyReviewConnection> {
        let request = RequestContext::of(ctx);
        let user = &request.signed_in()?.id;
        let decode = |text: &str| ReviewCursor::decode(text, ReviewOrder::Newest);
        let after = cursor(after.as_deref(), decode)?;
        let has_previous_page = after.is_some();
        let read = request
            .services
            .reviews
            .of_user(user, page_size(first)?, after);
        let page = request
            .services
            .observer
            .read("reviews.of_user", read)
            .await;
        Ok(MyReviewConnection::new(
            page.map_err(failed)?,
            has_previous_page,
        ))
    }
}
