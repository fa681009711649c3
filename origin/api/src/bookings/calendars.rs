//! The calendar feed of the signed-in user: an address with a secret that their calendar reads.

use async_graphql::{Context, Object, Result, SimpleObject};
use domain::bookings::calendar_feed::FeedSecret;

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

/// A calendar feed. Its address was shown when it was made, and cannot be shown again.
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct CalendarFeed {
    created_at: DateTime,
}

#[derive(Debug, Default)]
pub struct CalendarQueries;

#[Object]
impl CalendarQueries {
    /// The calendar feed of the signed-in user; null if there is none.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn calendar_feed(&self, ctx: &Context<'_>) -> Result<Option<CalendarFeed>> {
        let request = RequestContext::of(ctx);
        let user = request.signed_in()?;
        let since = request.services.bookings.feed_since(&user.id).await;
        let feed = |since_ms| CalendarFeed {
            created_at: timestamp(since_ms),
        };
        Ok(since.map_err(failed)?.map(feed))
    }
}

#[derive(Debug, Default)]
pub struct CalendarMutations;

#[Object]
impl CalendarMutations {
    /// Makes a calendar feed of the signed-in user's bookings: those to come and those of the last 90 days.
    /// Returns its path at this API, which a calendar reads without signing in, for example as
    /// `webcal://<host><path>`. Whoever knows it reads the bookings, and it is shown only here. An
    /// earlier feed of the user ends. A feed also ends with a new password, and with the account.
    async fn create_calendar_feed(&self, ctx: &Context<'_>) -> Result<String> {
        let request = RequestContext::of(ctx);
        let user = request.signed_in()?;
        let secret = FeedSecret::new(access::random::bytes());
        let (bookings, hash) = (&request.services.bookings, secret.hash());
        let put = bookings.put_feed(&user.id, &hash, request.now_ms);
        if put.await.map_err(failed)? {
            Ok(format!("/calendar/{}.ics", secret.expose()))
        } else {
            Err(gone())
        }
    }

    /// Ends the calendar feed of the signed-in user; false if there was none.
    async fn revoke_calendar_feed(&self, ctx: &Context<'_>) -> Result<bool> {
        let request = RequestContext::of(ctx);
        let user = request.signed_in()?;
        let revoked = request.services.bookings.revoke_feed(&user.id).await;
        revoked.map_err(failed)
    }
}
