//! The `City` type.

use async_graphql::{Context, Object, Result, SimpleObject};
use catalogue_index::{CitiesFound, CityFound};
use domain::{
    offers::store::{InCity, OfferQuery},
    partners::store::PartnerCursor,
    tags,
};

use crate::{
    nodes::{
        directives::cache_control,
        facets::whole,
        offer::OfferConnection,
        offer_list::{ask, newest, shared},
        page::{PageInfo, cursor, page_size},
        partner::{CityPartners, PartnerConnection},
        place::Location,
    },
    request::{context::RequestContext, errors::failed},
};

/// A page of cities.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct CityConnection {
    edges: Vec<CityEdge>,
    page_info: PageInfo,
    /// Of the whole list, not of this page.
    total_count: i32,
}

/// A city in a list.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct CityEdge {
    cursor: String,
    node: CityNode,
}

impl CityConnection {
    pub fn new(found: CitiesFound, has_previous_page: bool) -> Self {
        let items = found.items.into_iter();
        let edges: Vec<CityEdge> = items
            .map(|(city, cursor)| CityEdge {
                cursor: cursor.encode(),
                node: CityNode(city),
            })
            .collect();
        Self {
            page_info: PageInfo {
                has_next_page: found.has_next_page,
                has_previous_page,
                ..PageInfo::between(edges.iter().map(|edge| &edge.cursor))
            },
            edges,
            total_count: whole(found.total),
        }
    }
}

/// A city that has offers which can be used now, as the addresses of their establishments say.
#[derive(Clone, Debug)]
pub struct CityNode(pub CityFound);

/// A city that has offers which can be used now.
#[Object(name = "City", directive = cache_control::apply(Some(86_400), None, None, None))]
impl CityNode {
    /// Stands for the city in the address of its page: its name with the department or the country, such as
    /// "saint-denis-93". It never changes.
    async fn slug(&self) -> &str {
        self.0.slug.as_str()
    }

    /// As most addresses of its offers spell it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// ISO 3166 country code.
    async fn country(&self) -> &str {
        self.0.area.country()
    }

    /// The number of the French department, such as "75", "2A" or "974"; null elsewhere, and where addresses
    /// have no French postcode.
    async fn department(&self) -> Option<&str> {
        self.0.area.department()
    }

    /// The mean place of its offers.
    async fn location(&self) -> Location {
        self.0.centre.into()
    }

    /// How many of its offers can be used now.
    async fn offer_count(&self) -> i32 {
        whole(self.0.offers)
    }

    /// How many partners have offers there that can be used now.
    async fn partner_count(&self) -> i32 {
        whole(self.0.partners)
    }

    /// The offers there that can be used now, newest first.
    async fn offers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Page size, 1 to 100; default 20.")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<OfferConnection> {
        let query = OfferQuery {
            city: Some(InCity::Page(self.0.slug.clone())),
            ..newest(ctx, first, after.as_deref())?
        };
        shared(ctx, &query).await
    }

    /// The partners that have offers there which can be used now, by name.
    async fn partners(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Page size, 1 to 100; default 20.")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<PartnerConnection> {
        let request = RequestContext::of(ctx);
        let (first, slug) = (page_size(first)?, &self.0.slug);
        let after = cursor(after.as_deref(), PartnerCursor::decode)?;
        // A partner enters or leaves the list with its offers, and moves in it when it is renamed.
        request.facts.tag(tags::all_offers());
        request.facts.tag(tags::all_partners());
        let found = ask(request, |index| {
            Ok(index.partners_in(slug, first, after.as_ref()))
        })
        .await?;
        let ids: Vec<_> = found.items.iter().map(|(id, _)| id.clone()).collect();
        let mut partners = request.loader.load_many(ids).await.map_err(failed)?;
        let items = found.items.into_iter().filter_map(|(id, cursor)| {
            let partner = partners.remove(&id)?;
            request.facts.shows_partner(&partner);
            Some((partner, cursor))
        });
        let page = CityPartners {
            items: items.collect(),
            has_next_page: found.has_next_page,
            total: found.total,
        };
        Ok(PartnerConnection::in_city(page, after.is_some()))
    }
}
