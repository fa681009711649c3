//! Cities that have offers.

use async_graphql::{Context, Object, Result};
use catalogue_index::CitiesAsked;
use domain::{site::cities::CityCursor, slugs::Slug, tags};

use crate::{
    nodes::{
        city::{CityConnection, CityNode},
        directives::cache_control,
        offer_list::ask,
        page::{cursor, page_size, search},
    },
    request::context::RequestContext,
};

#[derive(Debug, Default)]
pub struct CityQueries;

#[Object]
impl CityQueries {
    /// The cities that have offers which can be used now, by slug, that is by name. Two cities of one name are
    /// two if they are in different French departments, or else in different countries.
    #[graphql(directive = cache_control::apply(Some(3_600), Some(300), Some(86_400), None))]
    async fn cities(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Each word must be the beginning of a word of the name, and may have a typing error if it has 4 \
                    letters or more: those without one come first. At most 500 letters and 20 words."
        )]
        search: Option<String>,
        #[graphql(desc = "Page size, 1 to 100; default 20.")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<CityConnection> {
        let request = RequestContext::of(ctx);
        let asked = CitiesAsked {
            search: self::search(search)?,
            first: page_size(first)?,
            after: cursor(after.as_deref(), CityCursor::decode)?,
        };
        // Offers make cities, and are counted.
        request.facts.tag(tags::all_offers());
        let found = ask(request, |index| Ok(index.cities(&asked))).await?;
        Ok(CityConnection::new(found, asked.after.is_some()))
    }

    /// A city by its `slug`, if it has offers that can be used now. A name without its department or country,
    /// such as "paris", stands for the city of that name with the most offers: redirect to its `slug`.
    #[graphql(directive = cache_control::apply(Some(3_600), Some(300), Some(86_400), None))]
    async fn city(&self, ctx: &Context<'_>, slug: String) -> Result<Option<CityNode>> {
        let request = RequestContext::of(ctx);
        let Some(slug) = Slug::parse(&slug) else {
            request.facts.uncacheable();
            return Ok(None);
        };
        request.facts.tag(tags::all_offers());
        let found = ask(request, |index| Ok(index.city(&slug))).await?;
        if found.is_none() {
            // As for other pages.
            request.facts.uncacheable();
        }
        Ok(found.map(CityNode))
    }
}
