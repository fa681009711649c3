//! Partner and establishment queries.

use async_graphql::{Context, ID, InputObject, Object, Result};
use catalogue_index::PartnersNear;

pub use crate::nodes::partner::{
    EstablishmentNode, OpeningHour, PartnerCategory, PartnerConnection, PartnerEdge, PartnerNode,
    Weekday,
};

use domain::{
    Partner, PartnerId,
    offers::store::{Near, OfferQuery},
    partners::store::{NearCursor, PartnerCursor, PartnerQuery, Shown},
    tags,
};

use crate::{
    nodes::{
        directives::{cache_control, snap_to_cell},
        offer_list::{ask, note_reach},
        page::{cursor, distance, page_size, search},
        partner::NearPage,
        place::LocationInput,
    },
    request::{context::RequestContext, errors::failed},
};

/// Filter and pagination of the partner list.
#[derive(Clone, Debug, InputObject)]
pub struct PartnersInput {
    /// Only partners that have offers which can be used now within `maxDistance`, nearest first. Then `search` looks
    /// at their names alone.
    #[graphql(directive = snap_to_cell::apply(Some(8)))]
    pub location: Option<LocationInput>,
    /// Kilometres, more than 0 to 50; default 10.
    pub max_distance: Option<f64>,
    pub category: Option<PartnerCategory>,
    /// Each word must be the beginning of a word in the name or description. At most 500 letters
    /// and 20 words.
    pub search: Option<String>,
    /// Page size, 1 to 100; default 20.
    pub first: Option<i32>,
    pub after: Option<String>,
}

#[derive(Debug, Default)]
pub struct PartnerQueries;

#[Object]
impl PartnerQueries {
    /// A partner that operators approved; null if it is not, or ended.
    #[graphql(directive = cache_control::apply(Some(3_600), Some(300), Some(86_400), None))]
    async fn partner(&self, ctx: &Context<'_>, id: ID) -> Result<Option<PartnerNode>> {
        let request = RequestContext::of(ctx);
        let found = match PartnerId::parse(&id) {
            Some(id) => request.loader.load_one(id).await.map_err(failed)?,
            // No partner has such an id.
            None => None,
        };
        let found = found.filter(Partner::is_public);
        match &found {
            Some(partner) => request.facts.shows_partner(partner),
            // A partner that is created or approved later purges no answer that did not know of it.
            None => request.facts.uncacheable(),
        }
        Ok(found.map(PartnerNode))
    }

    /// Partners, sorted by name; with a location by distance.
    #[graphql(directive = cache_control::apply(Some(3_600), Some(300), Some(86_400), None))]
    async fn partners(&self, ctx: &Context<'_>, input: PartnersInput) -> Result<PartnerConnection> {
        let request = RequestContext::of(ctx);
        if let Some(location) = input.location {
            return near(request, location, input).await;
        }
        let query = PartnerQuery {
            shown: Shown::Public,
            category: input.category.map(Into::into),
            search: search(input.search)?,
            first: page_size(input.first)?,
            after: cursor(input.after.as_deref(), PartnerCursor::decode)?,
        };
        request.facts.tag(tags::all_partners());
        let read = request.services.partners.list(&query);
        let page = request
            .services
            .observer
            .read("partners.list", read)
            .await
            .map_err(failed)?;
        for partner in &page.items {
            request.facts.shows_partner(partner);
        }
        Ok(PartnerConnection::new(page, query.after.is_some()))
    }
}

/// A list by distance comes from the catalogue index: it knows who has offers where.
async fn near(
    request: &RequestContext,
    location: LocationInput,
    input: PartnersInput,
) -> Result<PartnerConnection> {
    let near = Near {
        centre: location.point()?,
        max_distance_km: distance(input.max_distance)?,
    };
    let question = PartnersNear {
        near: near.clone(),
        category: input.category.map(Into::into),
        search: search(input.search)?,
        first: page_size(input.first)?,
        after: cursor(input.after.as_deref(), NearCursor::decode)?,
    };
    // A partner enters or leaves the list with its offers.
    note_reach(
        request,
        &OfferQuery {
            near: Some(near),
            ..OfferQuery::newest(0, request.now_ms)
        },
    );
    request.facts.tag(tags::all_partners());
    let found = ask(request, |index| Ok(index.partners_near(&question))).await?;
    let ids: Vec<PartnerId> = found.items.iter().map(|(id, _)| id.clone()).collect();
    let mut partners = request.loader.load_many(ids).await.map_err(failed)?;
    let items = found.items.into_iter().filter_map(|(id, distance_km)| {
        let partner = partners.remove(&id)?;
        request.facts.shows_partner(&partner);
        Some((partner, distance_km))
    });
    let page = NearPage {
        items: items.collect(),
        has_next_page: found.has_next_page,
        total: found.total.count,
    };
    Ok(PartnerConnection::near(page, question.after.is_some()))
}
