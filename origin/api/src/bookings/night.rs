//! `partnerBookings`: a venue's evening, for its staff.

use std::collections::HashSet;

use async_graphql::{Context, ID, Object, Result};
use domain::{
    PartnerId,
    bookings::{
        booking::Booking,
        night::{GuestSearch, NightQuery, totals},
        store::NightCursor,
    },
    night::Night,
    sentence::Sentence,
};
use pq_core::ErrorCode;

use crate::{
    nodes::{
        booking::BookingStatus,
        directives::{CacheControlScope, cache_control},
        guest_booking::PartnerBookingConnection,
        page::{cursor, page_size, search as checked_search},
        partner::no_partner,
    },
    request::{
        authorise::{self, About},
        context::RequestContext,
        errors::{failed, refused},
        places::{at, shown},
    },
};

/// How many bookings are read at once while one looks for a name.
const SEARCHED_AT_ONCE: usize = 200;
/// After so many bookings a search ends; no venue has as many guests in a night.
const MOST_SEARCHED: usize = 10_000;

#[derive(Debug, Default)]
pub struct NightQueries;

#[Object]
impl NightQueries {
    /// A partner's bookings of one night, by their openings; for its staff. A night lasts from 06:00 to
    /// 06:00 in Europe/Paris: 00:10 counts with the evening before. `day` is the day on which it begins,
    /// such as 2026-10-25, and the present night if it is not given. `search` is the beginning of a
    /// guest's names, or a short code.
    #[expect(clippy::too_many_arguments, reason = "arguments of the schema")]
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn partner_bookings(
        &self,
        ctx: &Context<'_>,
        partner_id: ID,
        #[graphql(desc = "All at which the caller works if it is not given.")]
        establishment_id: Option<ID>,
        day: Option<String>,
        status: Option<BookingStatus>,
        search: Option<String>,
        #[graphql(desc = "1 to 100; 20 if it is not given.")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<PartnerBookingConnection> {
        let request = RequestContext::of(ctx);
        let partner = PartnerId::parse(&partner_id).ok_or_else(no_partner)?;
        let about = About::Partner(&partner);
        authorise::field(&request.asker.caller, "Query", "partnerBookings", about)?;
        let places = shown(request, &partner, establishment_id).await?;
        let night = night(request, day.as_deref())?;
        let search = checked_search(search)?;
        let search = search.as_deref().and_then(GuestSearch::parse);
        let after = cursor(after.as_deref(), NightCursor::decode)?;
        let has_previous_page = after.is_some();
        let first = page_size(first)?;

        let bookings = &request.services.bookings;
        let read = bookings.night_counts(&partner, night);
        let counts = request
            .services
            .observer
            .read("bookings.night_counts", read);
        let mut counts = counts.await.map_err(failed)?;
        let walk_ins = bookings.walk_ins_of_night(&partner, night).await;
        let mut walk_ins = walk_ins.map_err(failed)?;
        let offers = match &places {
            Some(places) => {
                let of_walk_ins = walk_ins.iter().map(|count| &count.offer);
                let all = counts.iter().map(|count| &count.offer).chain(of_walk_ins);
                let here = at(request, places, all.cloned().collect()).await?;
                counts.retain(|count| here.contains(&count.offer));
                walk_ins.retain(|count| here.contains(&count.offer));
                Some(here.into_iter().collect())
            }
            None => None,
        };
        let query = NightQuery {
            partner,
            night,
            offers,
            status: status.map(Into::into),
            first,
            after,
        };
        let page = match search {
            None => listed(request, &query).await?,
            Some(search) => searched(request, query, &search).await?,
        };
        let totals = totals(&counts, &walk_ins);
        Ok(PartnerBookingConnection::new(
            night,
            totals,
            page,
            has_previous_page,
        ))
    }
}

fn night(request: &RequestContext, day: Option<&str>) -> Result<Night> {
    let night = match day {
        Some(day) => Night::parse(day),
        None => Night::of(request.now_ms),
    };
    night.ok_or_else(|| {
        refused(
            ErrorCode::BAD_USER_INPUT,
            Sentence::new(
                "`day` est un jour comme 2026-10-25",
                "`day` must be a day such as 2026-10-25",
            ),
        )
    })
}

async fn listed(request: &RequestContext, query: &NightQuery) -> Result<(Vec<Booking>, bool)> {
    if query.offers.as_ref().is_some_and(Vec::is_empty) {
        return Ok((Vec::new(), false));
    }
    let read = request.services.bookings.of_night(query);
    let page = request
        .services
        .observer
        .read("bookings.of_night", read)
        .await;
    let page = page.map_err(failed)?;
    Ok((page.items, page.has_next_page))
}

/// Names stand with the accounts alone, so the night is read on until a page is full.
async fn searched(
    request: &RequestContext,
    mut query: NightQuery,
    search: &GuestSearch,
) -> Result<(Vec<Booking>, bool)> {
    let first = std::mem::replace(&mut query.first, SEARCHED_AT_ONCE);
    let mut found = Vec::new();
    let mut read = 0;
    loop {
        let (items, has_more) = listed(request, &query).await?;
        read += items.len();
        query.after = items.last().map(NightCursor::of);
        let guests: HashSet<_> = items
            .iter()
            .filter_map(|booking| booking.user.clone())
            .collect();
        let guests = request.loader.load_many(guests).await.map_err(failed)?;
        found.extend(items.into_iter().filter(|booking| {
            let guest = booking.user.as_ref().and_then(|id| guests.get(id));
            let (first_name, last_name) = guest.map_or(("", ""), |guest| {
                (guest.first_name.as_str(), guest.last_name.as_str())
            });
            search.finds(booking, first_name, last_name)
        }));
        if found.len() > first {
            found.truncate(first);
            return Ok((found, true));
        }
        if !has_more || read >= MOST_SEARCHED {
            return Ok((found, false));
        }
    }
}
