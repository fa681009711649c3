//! Partner and establishment queries.

use async_graphql::{Context, ID, InputObject, Object, Result};

pub use crate::nodes::partner::{
    EstablishmentNode, OpeningHour, PartnerCategory, PartnerConnection, PartnerEdge, PartnerNode,
    Weekday,
};

use domain::{
    PartnerId,
    partners::store::{PartnerCursor, PartnerQuery},
    tags,
};

use crate::{
    nodes::{
        directives::cache_control,
        page::{cursor, page_size, search},
    },
    request::{context::RequestContext, errors::failed},
};

/// Filter and pagination of the partner list.
#[derive(Clone, Debug, InputObject)]
pub struct PartnersInput {
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
    #[graphql(directive = cache_control::apply(Some(3_600), Some(300), Some(86_400), None))]
    async fn partner(&self, ctx: &Context<'_>, id: ID) -> Result<Option<PartnerNode>> {
        let request = RequestContext::of(ctx);
        let found = match PartnerId::parse(&id) {
            Some(id) => request.loader.load_one(id).await.map_err(failed)?,
            // No partner has such an id.
            None => None,
        };
        match &found {
            Some(partner) => request.facts.shows_partner(partner),
            // A partner that is created later purges no answer that did not know of it.
            None => request.facts.uncacheable(),
        }
        Ok(found.map(PartnerNode))
    }

    /// Partners, sorted by name.
    #[graphql(directive = cache_control::apply(Some(3_600), Some(300), Some(86_400), None))]
    async fn partners(&self, ctx: &Context<'_>, input: PartnersInput) -> Result<PartnerConnection> {
        let request = RequestContext::of(ctx);
        let query = PartnerQuery {
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
