//! A list of offers: asks the index, then reads the offers that it found.

use async_graphql::{Context, Result};
use catalogue_index::{Found, Index};
use domain::{
    GeoPoint, OfferId, StoreError,
    offers::store::{Columns, GeoBox, Near, OfferCursor, OfferQuery},
    tags,
};

use super::{
    offer::{ListPage, ListedOffer, OfferConnection},
    page::{bad_cursor, cursor, page_size},
};
use crate::{
    lists::Listed,
    request::{context::RequestContext, errors::failed, loaders::Entities},
};

/// What of a list the query selected, besides its page.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// Whether to count the whole list.
    pub total: bool,
    pub facets: bool,
}

impl Wanted {
    pub fn by(ctx: &Context<'_>) -> Self {
        let selected = ctx.look_ahead();
        let is_selected = |field: &&str| selected.field(field).exists();
        Self {
            total: ["totalCount", "isTotalExact"].iter().any(is_selected),
            facets: is_selected(&"facets"),
        }
    }

    pub const fn columns(self) -> Columns {
        if self.total {
            Columns::EdgesAndTotal
        } else {
            Columns::Edges
        }
    }
}

/// A question about the offers that can be used now, newest first.
pub fn newest(ctx: &Context<'_>, first: Option<i32>, after: Option<&str>) -> Result<OfferQuery> {
    let wanted = Wanted::by(ctx);
    Ok(OfferQuery {
        after: cursor(after, OfferCursor::decode)?,
        columns: wanted.columns(),
        facets: wanted.facets,
        ..OfferQuery::newest(page_size(first)?, RequestContext::of(ctx).now_ms)
    })
}

/// Answers a question with an answer that everybody may share.
pub async fn shared(ctx: &Context<'_>, query: &OfferQuery) -> Result<OfferConnection> {
    let request = RequestContext::of(ctx);
    note_reach(request, query);
    let page = list(request, query).await?;
    connection(ctx, query, page).await
}

/// The page of an answer that everybody may share.
pub async fn connection(
    ctx: &Context<'_>,
    query: &OfferQuery,
    page: ListPage,
) -> Result<OfferConnection> {
    let request = RequestContext::of(ctx);
    for item in &page.items {
        request.facts.shows_offer(&item.offer, request.now_ms);
    }
    load_relations(ctx, request, &page).await?;
    Ok(OfferConnection::new(page, query.after.is_some()))
}

/// Tags the answer with what lists change by: an offer that is published there later changes the list,
/// although the list does not show it yet.
pub fn note_reach(request: &RequestContext, query: &OfferQuery) {
    let disk = match (&query.within, &query.near) {
        (Some(within), _) => Some(around(within)),
        (None, Some(near)) => Some(near.clone()),
        (None, None) => None,
    };
    let cells = disk.and_then(|disk| {
        cache_core::geo::cover(disk.centre.lat, disk.centre.lng, disk.max_distance_km)
    });
    match (cells, &query.partner) {
        (_, Some(partner)) => request.facts.tag(tags::partner(partner)),
        (Some(cells), None) => request.facts.cells(cells),
        // Everywhere, or in more than cells cover.
        (None, None) => request.facts.tag(tags::all_offers()),
    }
}

/// A disk that has all of a box.
fn around(within: &GeoBox) -> Near {
    let centre = GeoPoint {
        lat: f64::midpoint(within.south, within.north),
        lng: f64::midpoint(within.west, within.east),
    };
    let corners = [
        (within.south, within.west),
        (within.south, within.east),
        (within.north, within.west),
        (within.north, within.east),
        // A parallel bulges towards its pole.
        (within.south, centre.lng),
        (within.north, centre.lng),
    ];
    let farthest = corners
        .iter()
        .map(|(lat, lng)| {
            let (lat, lng) = (*lat, *lng);
            centre.distance_km(&GeoPoint { lat, lng })
        })
        .fold(0.0, f64::max);
    Near {
        centre,
        // A metre for rounding.
        max_distance_km: farthest + 0.001,
    }
}

/// Preloads the relations of a page's offers, one batch per relation. Otherwise the fields would
/// load them one after the other, and a field that misses a batch would cause a second one.
pub async fn load_relations(
    ctx: &Context<'_>,
    request: &RequestContext,
    page: &ListPage,
) -> Result<()> {
    let node = ctx.look_ahead().field("edges").field("node");
    let offers = || page.items.iter().map(|item| &item.offer);
    let partners = offers().filter(|_| node.field("partner").exists());
    let places = offers().filter(|_| node.field("establishment").exists());
    let partners: Vec<_> = partners.map(|offer| offer.partner_id.clone()).collect();
    let places: Vec<_> = places.map(|offer| offer.establishment_id.clone()).collect();
    let loader = &request.loader;
    futures_util::try_join!(loader.load_many(partners), loader.load_many(places))
        .map_err(failed)?;
    Ok(())
}

/// Asks the index, then reads the offers that it found.
pub async fn list(request: &RequestContext, query: &OfferQuery) -> Result<ListPage> {
    let found = ask(request, |index| index.answer(query)).await?;
    read(request, found).await
}

/// Reads the offers that the index found.
pub async fn read(request: &RequestContext, found: Found) -> Result<ListPage> {
    let asked_for = found.items.len();
    let ids: Vec<OfferId> = found.items.iter().map(|hit| hit.id.clone()).collect();
    let mut offers = request.loader.load_many(ids).await.map_err(failed)?;
    let items = found.items.into_iter().filter_map(|hit| {
        Some(ListedOffer {
            offer: offers.remove(&hit.id)?,
            distance_km: hit.distance_km,
            cursor: hit.cursor,
        })
    });
    let items: Vec<_> = items.collect();
    if items.len() < asked_for {
        // The index has not heard yet that they are gone.
        request.facts.uncacheable();
    }
    Ok(ListPage {
        items,
        has_next_page: found.has_next_page,
        total: found.total,
        facets: found.facets,
    })
}

/// Asks the index, and notes what its answer may claim to know.
pub async fn ask<T>(
    request: &RequestContext,
    question: impl FnOnce(&Index) -> Result<T, StoreError>,
) -> Result<T> {
    let required = match request.loader.loader().entities {
        Entities::Cached { required } => required,
        Entities::Fresh => None,
    };
    let asked = request
        .services
        .lists
        .ask(request.now_ms, required, question);
    let Listed {
        found,
        as_of,
        current_at_ms,
    } = asked.await.map_err(|error| match error {
        StoreError::ForeignCursor => bad_cursor(),
        other => failed(other),
    })?;
    request.facts.knows(as_of);
    request.facts.read_from_cache(Some(current_at_ms));
    Ok(found)
}
