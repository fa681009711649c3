//! Offer queries. A field checks its arguments, asks the store once and records what the answer
//! depends on.

use async_graphql::{Context, ID, InputObject, Object, Result};

pub use crate::nodes::discount::{Discount, DiscountKind};
pub use crate::nodes::offer::{
    BookingLimits, Category, Locale, OfferCategory, OfferConnection, OfferEdge, OfferNode,
    OfferSchedule, Quota,
};

use domain::{
    self, OfferId, PartnerId, StoreError,
    offers::{
        codes::{DISCOUNT_OUT_OF_RANGE, DISTANCE_OUT_OF_RANGE},
        store::{Columns, Near, OfferCursor, OfferQuery, Visibility},
    },
    sentence::Sentence,
};

use crate::{
    lists::Listed,
    nodes::{
        directives::{CacheControlScope, cache_control, snap_to_cell},
        offer::{ListPage, ListedOffer},
        page::{bad_cursor, cursor, page_size, search},
        partner::no_partner,
        place::LocationInput,
    },
    request::{
        authorise::{self, About},
        context::RequestContext,
        errors::{failed, refused},
        loaders::Entities,
    },
};

const DEFAULT_DISTANCE_KM: f64 = 10.0;
const LONGEST_DISTANCE_KM: f64 = 50.0;

/// Filter and pagination of the offer list.
#[derive(Clone, Debug, Default, InputObject)]
pub struct OffersInput {
    /// Sorts by distance, nearest first, within `maxDistance`. Without a location, newest first.
    #[graphql(directive = snap_to_cell::apply(Some(8)))]
    pub location: Option<LocationInput>,
    pub categories: Option<Vec<OfferCategory>>,
    /// Percent, 0 to 100.
    pub min_discount: Option<i32>,
    /// Kilometres, more than 0 to 50; default 10.
    pub max_distance: Option<f64>,
    /// Each word must be the beginning of a word in the title, the description or the name of the
    /// partner or establishment; articles and the like are ignored. At most 500 letters and 20 words.
    pub search: Option<String>,
    /// Page size, 1 to 100; default 20.
    pub first: Option<i32>,
    pub after: Option<String>,
}

#[derive(Debug, Default)]
pub struct OfferQueries;

#[Object]
impl OfferQueries {
    /// Offers that can be used now.
    #[graphql(directive = cache_control::apply(Some(300), Some(60), Some(86_400), None))]
    async fn offers(&self, ctx: &Context<'_>, input: OffersInput) -> Result<OfferConnection> {
        let request = RequestContext::of(ctx);
        let query = input.query(columns(ctx), request.now_ms)?;
        note_reach(request, query.near.as_ref());
        let page = list(request, &query).await?;
        for item in &page.items {
            request.facts.shows_offer(&item.offer, request.now_ms);
        }
        load_relations(ctx, request, &page).await?;
        Ok(OfferConnection::new(page, query.after.is_some()))
    }

    /// All offers of a partner that are not archived, including paused, expired and future ones,
    /// newest first; for the partner's team.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn partner_offers(
        &self,
        ctx: &Context<'_>,
        partner_id: ID,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<OfferConnection> {
        let request = RequestContext::of(ctx);
        let partner = PartnerId::parse(&partner_id).ok_or_else(no_partner)?;
        let about = About::Partner(&partner);
        authorise::field(&request.asker.caller, "Query", "partnerOffers", about)?;
        let input = OffersInput {
            first,
            after,
            ..OffersInput::default()
        };
        let query = OfferQuery {
            partner: Some(partner),
            include_inactive: Visibility::Portal,
            ..input.query(columns(ctx), request.now_ms)?
        };
        let page = list(request, &query).await?;
        load_relations(ctx, request, &page).await?;
        Ok(OfferConnection::new(page, query.after.is_some()))
    }

    /// An offer by id, whether or not it can be used now.
    #[graphql(directive = cache_control::apply(Some(900), Some(60), Some(86_400), None))]
    async fn offer(&self, ctx: &Context<'_>, id: ID) -> Result<Option<OfferNode>> {
        let request = RequestContext::of(ctx);
        let found = match OfferId::parse(&id) {
            Some(id) => request.loader.load_one(id).await.map_err(failed)?,
            // No offer has such an id.
            None => None,
        };
        match &found {
            Some(offer) => {
                // Of what is shared each answer counts, not only the one that was made.
                if !request.shared {
                    request.services.views.saw(&offer.id, request.now_ms);
                }
                request.facts.shows_offer(offer, request.now_ms);
            }
            // An offer that is created later purges no answer that did not know of it.
            None => request.facts.uncacheable(),
        }
        Ok(found.map(OfferNode::from))
    }

    /// All categories, in menu order.
    #[graphql(directive = cache_control::apply(Some(86_400), Some(3_600), Some(604_800), None))]
    async fn categories(&self, ctx: &Context<'_>) -> Vec<Category> {
        RequestContext::of(ctx)
            .facts
            .tag(domain::tags::categories());
        domain::Category::ALL
            .into_iter()
            .map(Category::from)
            .collect()
    }
}

impl OffersInput {
    fn query(self, columns: Columns, now_ms: i64) -> Result<OfferQuery> {
        let centre = self.location.map(LocationInput::point).transpose()?;
        let max_distance_km = distance(self.max_distance)?;
        Ok(OfferQuery {
            near: centre.map(|centre| Near {
                centre,
                max_distance_km,
            }),
            categories: self
                .categories
                .unwrap_or_default()
                .into_iter()
                .map(Into::into)
                .collect(),
            min_discount: discount(self.min_discount)?,
            search: search(self.search)?,
            partner: None,
            include_inactive: Visibility::Public,
            first: page_size(self.first)?,
            after: cursor(self.after.as_deref(), OfferCursor::decode)?,
            now_ms,
            columns,
        })
    }
}

/// Whether to count the whole list.
fn columns(ctx: &Context<'_>) -> Columns {
    let selected = ctx.look_ahead();
    let counts = ["totalCount", "isTotalExact"];
    if counts.iter().any(|field| selected.field(field).exists()) {
        Columns::EdgesAndTotal
    } else {
        Columns::Edges
    }
}

pub fn distance(given: Option<f64>) -> Result<f64> {
    let distance_km = given.unwrap_or(DEFAULT_DISTANCE_KM);
    if distance_km > 0.0 && distance_km <= LONGEST_DISTANCE_KM {
        return Ok(distance_km);
    }
    let message = Sentence::with(
        format!("`maxDistance` doit être supérieur à 0 et au plus {LONGEST_DISTANCE_KM} km"),
        format!("`maxDistance` must be more than 0 and at most {LONGEST_DISTANCE_KM} km"),
    );
    Err(refused(DISTANCE_OUT_OF_RANGE, message))
}

fn discount(given: Option<i32>) -> Result<Option<i32>> {
    match given {
        Some(percentage) if !(0..=100).contains(&percentage) => Err(refused(
            DISCOUNT_OUT_OF_RANGE,
            Sentence::new(
                "`minDiscount` doit être compris entre 0 et 100",
                "`minDiscount` must be 0 to 100",
            ),
        )),
        Some(_) | None => Ok(given),
    }
}

/// Tags the answer with the list's area: an offer that is published there later changes the list,
/// although the list does not show it yet.
fn note_reach(request: &RequestContext, near: Option<&Near>) {
    match near {
        None => request.facts.tag(domain::tags::all_offers()),
        Some(Near {
            centre,
            max_distance_km,
        }) => match cache_core::geo::cover(centre.lat, centre.lng, *max_distance_km) {
            Some(cells) => request.facts.cells(cells),
            None => request.facts.uncacheable(),
        },
    }
}

/// Preloads the relations of a page's offers, one batch per relation. Otherwise the fields would
/// load them one after the other, and a field that misses a batch would cause a second one.
async fn load_relations(
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
async fn list(request: &RequestContext, query: &OfferQuery) -> Result<ListPage> {
    let services = &request.services;
    let required = match request.loader.loader().entities {
        Entities::Cached { required } => required,
        Entities::Fresh => None,
    };
    let listed = services.lists.answer(query, required);
    let Listed {
        found,
        as_of,
        current_at_ms,
    } = listed.await.map_err(|error| match error {
        StoreError::ForeignCursor => bad_cursor(),
        other => failed(other),
    })?;
    request.facts.knows(as_of);
    request.facts.read_from_cache(Some(current_at_ms));
    let ids: Vec<OfferId> = found.items.iter().map(|hit| hit.id.clone()).collect();
    let mut offers = request.loader.load_many(ids).await.map_err(failed)?;
    let items = found.items.into_iter().filter_map(|hit| {
        Some(ListedOffer {
            offer: offers.remove(&hit.id)?,
            distance_km: hit.distance_km,
            rank: hit.rank,
        })
    });
    Ok(ListPage {
        items: items.collect(),
        has_next_page: found.has_next_page,
        total: found.total,
    })
}
