//! The query for partner statistics.

use std::collections::HashMap;

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use domain::{
    OfferId, PartnerId,
    bookings::figures::{Figures, by_local_hour},
    bookings::store::DayCount,
    night::Night,
    paris::Day,
};

use crate::{
    nodes::{
        directives::{CacheControlScope, cache_control},
        offer::OfferNode,
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
#[derive(Clone, Debug)]
pub struct PartnerStats {
    partner: PartnerId,
    first: Day,
    last: Day,
}

/// A partner's statistics for one night, from 06:00 to 06:00 (Europe/Paris): 00:10 counts with the evening
/// before.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct PartnerDay {
    /// The date on which the night begins, such as 2026-10-25.
    day: String,
    /// Views of the partner's offer pages that an origin served; answers from an edge's cache are
    /// not counted. Delayed by some seconds.
    views: i32,
    /// Bookings made in this night, whatever their status now.
    bookings: i32,
    /// Bookings checked in in this night.
    check_ins: i32,
    /// The people of the bookings checked in.
    guests: i32,
    /// People who came without a booking.
    walk_ins: i32,
}

/// What the nights of the range add up to for one offer.
#[derive(Clone, Debug)]
pub struct OfferStats {
    offer: OfferId,
    figures: Figures,
}

/// Who came within one hour of the clock (Europe/Paris), in all nights of the range.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct HourStats {
    /// 0 to 23.
    hour: i32,
    check_ins: i32,
    guests: i32,
    walk_ins: i32,
}

/// Statistics of a partner's offers.
#[Object(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
impl PartnerStats {
    /// One entry for each day of the requested range, in order.
    async fn days(&self, ctx: &Context<'_>) -> Result<Vec<PartnerDay>> {
        let services = &RequestContext::of(ctx).services;
        let range = || self.first..=self.last;
        let views = services.stats.views(&self.partner, range()).await;
        let views = views.map_err(failed)?;
        let booked = services.bookings.days_of_partner(&self.partner, range());
        let booked = booked.await.map_err(failed)?.into_iter();
        let booked: HashMap<String, DayCount> =
            booked.map(|of_day| (of_day.day.clone(), of_day)).collect();
        let mut days = Vec::new();
        let mut day = self.first;
        while day <= self.last {
            let name = day.to_string();
            let of_day = booked.get(&name);
            let count = |of: fn(&DayCount) -> i64| number(of_day.map_or(0, of));
            days.push(PartnerDay {
                views: number(views.get(&day).copied().unwrap_or(0)),
                bookings: count(|of_day| of_day.bookings),
                check_ins: count(|of_day| of_day.check_ins),
                guests: count(|of_day| of_day.guests),
                walk_ins: count(|of_day| of_day.walk_ins),
                day: name,
            });
            if day == day.next() {
                break;
            }
            day = day.next();
        }
        Ok(days)
    }

    /// The offers with which something happened, the one with the most people who came first.
    async fn offers(&self, ctx: &Context<'_>) -> Result<Vec<OfferStats>> {
        let bookings = &RequestContext::of(ctx).services.bookings;
        let figures = bookings
            .figures_by_offer(&self.partner, self.nights())
            .await;
        let mut by_offer: HashMap<OfferId, Figures> = HashMap::new();
        for of_night in figures.map_err(failed)? {
            by_offer
                .entry(of_night.offer)
                .or_default()
                .add(of_night.figures);
        }
        let all = by_offer.into_iter();
        let mut all: Vec<_> = all
            .map(|(offer, figures)| OfferStats { offer, figures })
            .collect();
        all.sort_by(|a, b| {
            let came = |one: &OfferStats| one.figures.guests + one.figures.walk_ins;
            (came(b), &a.offer).cmp(&(came(a), &b.offer))
        });
        Ok(all)
    }

    /// The 24 hours of the clock, from 06:00 on.
    async fn hours(&self, ctx: &Context<'_>) -> Result<Vec<HourStats>> {
        let bookings = &RequestContext::of(ctx).services.bookings;
        let hours = bookings.figures_by_hour(&self.partner, self.nights()).await;
        let hours = by_local_hour(&hours.map_err(failed)?).into_iter();
        Ok(hours
            .map(|(hour, figures)| HourStats {
                hour: number(hour.into()),
                check_ins: number(figures.check_ins),
                guests: number(figures.guests),
                walk_ins: number(figures.walk_ins),
            })
            .collect())
    }
}

impl PartnerStats {
    const fn nights(&self) -> std::ops::RangeInclusive<Night> {
        Night::beginning_on(self.first)..=Night::beginning_on(self.last)
    }
}

/// What the nights of the range add up to for one offer.
#[Object(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
impl OfferStats {
    async fn offer(&self, ctx: &Context<'_>) -> Result<OfferNode> {
        let loader = &RequestContext::of(ctx).loader;
        let found = loader.load_one(self.offer.clone()).await;
        let offer = found.map_err(failed)?;
        Ok(OfferNode::from(offer.ok_or("figures without their offer")?))
    }

    /// Bookings made, whatever their status now.
    async fn bookings(&self) -> i32 {
        number(self.figures.bookings)
    }

    async fn check_ins(&self) -> i32 {
        number(self.figures.check_ins)
    }

    /// The people of the bookings checked in.
    async fn guests(&self) -> i32 {
        number(self.figures.guests)
    }

    /// People who came without a booking.
    async fn walk_ins(&self) -> i32 {
        number(self.figures.walk_ins)
    }
}

#[derive(Debug, Default)]
pub struct StatsQueries;

#[Object]
#[expect(clippy::unused_async, reason = "fields of async-graphql are async")]
impl StatsQueries {
    /// A partner's statistics by night (Europe/Paris); for its managers. `from` and `to` are dates
    /// such as 2026-10-25, at most 366 days. By night and offer as a file:
    /// `GET /partners/<id>/stats.csv?from=…&to=…`.
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
        Ok(PartnerStats {
            partner,
            first,
            last,
        })
    }
}

fn number(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
