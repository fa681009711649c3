//! The query for partner statistics.

use std::collections::HashMap;

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use domain::{PartnerId, bookings::store::DayCount};

use crate::{
    nodes::{
        directives::{CacheControlScope, cache_control},
        partner::no_partner,
    },
    request::{
        authorise::{self, About},
        context::RequestContext,
        days::days,
        errors::failed,
    },
};

/// Statistics of a partner's offers.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct PartnerStats {
    /// One entry for each day of the requested range, in order.
    days: Vec<PartnerDay>,
}

/// A partner's statistics for one day (Europe/Paris).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct PartnerDay {
    /// The date, such as 2026-10-25.
    day: String,
    /// Views of the partner's offer pages that an origin served; answers from an edge's cache are
    /// not counted. Delayed by some seconds.
    views: i32,
    /// Bookings made on this day, whatever their status now.
    bookings: i32,
    /// Bookings checked in on this day.
    check_ins: i32,
}

#[derive(Debug, Default)]
pub struct StatsQueries;

#[Object]
impl StatsQueries {
    /// A partner's statistics by day (Europe/Paris); for its managers. `from` and `to` are dates
    /// such as 2026-10-25, at most 366 days.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn partner_stats(
        &self,
        ctx: &Context<'_>,
        partner_id: ID,
        from: String,
        to: String,
    ) -> Result<PartnerStats> {
        let request = RequestContext::of(ctx);
        let partner = PartnerId::parse(&partner_id).ok_or_else(no_partner)?;
        let about = About::Partner(&partner);
        authorise::field(&request.asker.caller, "Query", "partnerStats", about)?;
        let (first, last) = days(&from, &to)?;
        let views = request.services.stats.views(&partner, first..=last);
        let views = views.await.map_err(failed)?;
        let booked = request
            .services
            .bookings
            .days_of_partner(&partner, first..=last);
        let booked = booked.await.map_err(failed)?.into_iter();
        let booked: HashMap<String, DayCount> =
            booked.map(|of_day| (of_day.day.clone(), of_day)).collect();
        let mut days = Vec::new();
        let mut day = first;
        while day <= last {
            let name = day.to_string();
            let of_day = booked.get(&name);
            days.push(PartnerDay {
                views: number(views.get(&day).copied()),
                bookings: number(of_day.map(|of_day| of_day.bookings)),
                check_ins: number(of_day.map(|of_day| of_day.check_ins)),
                day: name,
            });
            if day == day.next() {
                break;
            }
            day = day.next();
        }
        Ok(PartnerStats { days })
    }
}

fn number(count: Option<i64>) -> i32 {
    i32::try_from(count.unwrap_or(0)).unwrap_or(i32::MAX)
}
