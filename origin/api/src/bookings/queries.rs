//! Booking queries. Each field checks the policy: only the holder and the partner's team may read a
//! booking.

pub use access::qr::Ticket;
use async_graphql::{Context, ID, Object, Result};
use domain::{
    BookingId,
    bookings::{
        MAX_LISTED,
        store::{BookingCursor, BookingPage, BookingQuery, TimedCursor, TimedQuery},
    },
};

use crate::{
    nodes::{
        booking::{BookingConnection, BookingNode, BookingStatus, BookingTime, is_party},
        directives::{CacheControlScope, cache_control},
        page::{cursor, page_size},
    },
    request::{context::RequestContext, errors::failed},
};

#[derive(Debug, Default)]
pub struct BookingQueries;

#[Object]
impl BookingQueries {
    /// The signed-in user's bookings, newest first, at most 200.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn my_bookings(
        &self,
        ctx: &Context<'_>,
        status: Option<BookingStatus>,
    ) -> Result<Vec<BookingNode>> {
        let page = own(ctx, status, MAX_LISTED, None).await?;
        Ok(page.items.into_iter().map(BookingNode::from).collect())
    }

    /// The signed-in user's bookings, newest first, paginated. With `when` they are in the order of their
    /// times: `UPCOMING` are those that are open, the soonest first, and `PAST` those that have ended
    /// (used, cancelled, expired or missed), the latest first. A cursor belongs to its list.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn my_bookings_connection(
        &self,
        ctx: &Context<'_>,
        status: Option<BookingStatus>,
        #[graphql(desc = "1 to 100; 20 if it is not given.")] first: Option<i32>,
        after: Option<String>,
        when: Option<BookingTime>,
    ) -> Result<BookingConnection> {
        if let Some(when) = when {
            let after = cursor(after.as_deref(), |text| {
                TimedCursor::decode(text, when.into())
            })?;
            let has_previous_page = after.is_some();
            let request = RequestContext::of(ctx);
            let query = TimedQuery {
                user: request.signed_in()?.id.clone(),
                when: when.into(),
                status: status.map(Into::into),
                first: page_size(first)?,
                after,
            };
            let read = request.services.bookings.by_time(&query);
            let page = request.services.observer.read("bookings.by_time", read);
            let page = page.await.map_err(failed)?;
            return Ok(BookingConnection::by_time(
                page,
                has_previous_page,
                query.when,
            ));
        }
        let after = cursor(after.as_deref(), BookingCursor::decode)?;
        let has_previous_page = after.is_some();
        let page = own(ctx, status, page_size(first)?, after).await?;
        Ok(BookingConnection::new(page, has_previous_page))
    }

    /// A booking of the signed-in user, or of the partner they work for; null for anyone else.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn booking(&self, ctx: &Context<'_>, id: ID) -> Result<Option<BookingNode>> {
        let request = RequestContext::of(ctx);
        let Some(id) = BookingId::parse(&id) else {
            return Ok(None);
        };
        let found = request.loader.load_one(id).await.map_err(failed)?;
        match found {
            Some(booking) if is_party(request, &booking).await? => Ok(Some(booking.into())),
            Some(_) | None => Ok(None),
        }
    }
}

async fn own(
    ctx: &Context<'_>,
    status: Option<BookingStatus>,
    first: usize,
    after: Option<BookingCursor>,
) -> Result<BookingPage> {
    let request = RequestContext::of(ctx);
    let query = BookingQuery {
        user: request.signed_in()?.id.clone(),
        status: status.map(Into::into),
        first,
        after,
    };
    let read = request.services.bookings.list(&query);
    let page = request.services.observer.read("bookings.list", read).await;
    page.map_err(failed)
}
