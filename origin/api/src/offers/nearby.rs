//! Lists of offers by distance. The edge answers them too, of what it is given here: see
//! [`edge_core::nearest`].

use async_graphql::{Context, Result};
use cache_core::geo;
use catalogue_index::Found;
use domain::{
    GeoPoint,
    cursor::CursorKind,
    offers::store::{Near, OfferQuery},
};
use edge_core::nearest::{Candidates, RESOLUTIONS, Total};

use crate::{
    nodes::{
        offer::OfferConnection,
        offer_list::{ask, connection, note_reach, read},
    },
    request::context::{CandidatesOf, RequestContext},
};

/// A list by distance; or, if the edge asks for them, the offers of which it makes the lists of everybody in
/// the cell.
pub async fn nearby(ctx: &Context<'_>, query: &OfferQuery, near: &Near) -> Result<OfferConnection> {
    let request = RequestContext::of(ctx);
    let cell = ctx.data_opt::<CandidatesOf>().map(|of| of.0);
    if let (Some(cell), None) = (cell, &query.after) {
        return candidates(ctx, query, near, cell).await;
    }
    // A total is counted around the middle of the cell, so also what is just out of reach counts.
    let cell = geo::cell(near.centre.lat, near.centre.lng, RESOLUTIONS[0]);
    let middle = cell.and_then(geo::centre);
    let middle = middle.map_or(near.centre, |(lat, lng)| GeoPoint { lat, lng });
    note_reach(request, &widened(query, near, cell));
    let found = ask(request, |index| index.nearby(query, middle)).await?;
    connection(ctx, query, read(request, found).await?).await
}

async fn candidates(
    ctx: &Context<'_>,
    query: &OfferQuery,
    near: &Near,
    cell: u64,
) -> Result<OfferConnection> {
    let request = RequestContext::of(ctx);
    let radius_km = geo::radius_km(cell).unwrap_or(0.0);
    note_reach(request, &widened(query, near, Some(cell)));
    let found = ask(request, |index| {
        index.candidates_near(query, near, radius_km)
    })
    .await?;
    let catalogue_index::Candidates {
        found,
        reach_km,
        total,
    } = found;
    request.facts.candidates(Candidates {
        reach_km,
        cursor_kind: CursorKind::OfferNear.byte(),
        total: total.map(|total| Total {
            count: total.count,
            is_exact: total.is_exact,
        }),
        items: positions(&found),
    });
    connection(ctx, query, read(request, found).await?).await
}

fn positions(found: &Found) -> Vec<(f64, f64, String)> {
    let hits = found.items.iter();
    hits.map(|hit| (hit.location.lat, hit.location.lng, hit.id.to_string()))
        .collect()
}

/// The query for what is in reach of any location in a cell.
fn widened(query: &OfferQuery, near: &Near, cell: Option<u64>) -> OfferQuery {
    let radius_km = cell.and_then(geo::radius_km).unwrap_or(0.0);
    OfferQuery {
        near: Some(Near {
            max_distance_km: near.max_distance_km + radius_km,
            ..near.clone()
        }),
        ..query.clone()
    }
}
