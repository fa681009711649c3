//! Offer queries. A field checks its arguments, asks the store once and records what the answer
//! depends on.

use std::collections::HashMap;

use async_graphql::{Context, Error, ID, Object, Result};
use catalogue_index::nearby_disk;

pub use crate::nodes::category::{Category, Locale, OfferCategory};
pub use crate::nodes::discount::{Discount, DiscountKind};
pub use crate::nodes::offer::{
    BookingLimits, OfferConnection, OfferEdge, OfferNode, OfferSchedule, Quota,
};

use domain::{
    self, OfferId, PartnerId,
    offers::store::{OfferQuery, Visibility},
    sentence::Sentence,
};
use pq_core::ErrorCode;

use crate::{
    nodes::{
        directives::{CacheControlScope, by_ids, cache_control},
        nearest::nearest,
        offer_list::{Wanted, list, load_relations, shared},
        page::{DEFAULT_DISTANCE_KM, DEFAULT_PAGE},
        partner::{no_partner, public_offer, public_offers},
    },
    offers::{
        filters::{OffersInput, Question},
        nearby::nearby,
    },
    request::{
        authorise::{self, About},
        context::RequestContext,
        errors::{failed, refused},
    },
};

/// How many offers are given by their ids at once.
const MOST_BY_ID: u32 = 200;

fn too_many_ids() -> Error {
    refused(
        ErrorCode::BAD_USER_INPUT,
        Sentence::with(
            format!("`ids` : au plus {MOST_BY_ID}"),
            format!("`ids` has at most {MOST_BY_ID}"),
        ),
    )
}

#[derive(Debug, Default)]
pub struct OfferQueries;

#[Object]
impl OfferQueries {
    /// Offers that can be used now.
    #[graphql(
        directive = cache_control::apply(Some(300), Some(60), Some(86_400), None),
        directive = nearest::apply(
            "input".to_owned(),
            "maxDistance".to_owned(),
            DEFAULT_DISTANCE_KM,
            "orderBy".to_owned(),
            "DISTANCE".to_owned(),
            DEFAULT_PAGE,
            ["search", "box", "partnerId"].map(str::to_owned).to_vec(),
            ["distance", "node.distance"].map(str::to_owned).to_vec(),
            "totalCount".to_owned(),
            "isTotalExact".to_owned(),
            vec!["facets".to_owned()],
        )
    )]
    async fn offers(&self, ctx: &Context<'_>, input: OffersInput) -> Result<OfferConnection> {
        let request = RequestContext::of(ctx);
        let Question { query, ends_at_ms } = input.query(Wanted::by(ctx), request.now_ms)?;
        if let Some(ends_at_ms) = ends_at_ms {
            request.facts.ends_at(ends_at_ms, request.now_ms);
        }
        if let Some(near) = nearby_disk(&query) {
            return nearby(ctx, &query, near).await;
        }
        shared(ctx, &query).await
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
            ..input.query(Wanted::by(ctx), request.now_ms)?.query
        };
        let page = list(request, &query).await?;
        load_relations(ctx, request, &page).await?;
        Ok(OfferConnection::new(page, query.after.is_some()))
    }

    /// An offer by id, whether or not it can be used now; null if its partner is not approved, or ended.
    #[graphql(directive = cache_control::apply(Some(900), Some(60), Some(86_400), None))]
    async fn offer(&self, ctx: &Context<'_>, id: ID) -> Result<Option<OfferNode>> {
        let request = RequestContext::of(ctx);
        let found = match OfferId::parse(&id) {
            Some(id) => request.loader.load_one(id).await.map_err(failed)?,
            // No offer has such an id.
            None => None,
        };
        let found = public_offer(request, found).await?;
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

    /// Offers by their ids, in this order, whether or not they can be used now; null in place of one that does
    /// not exist, or whose partner is not approved, or ended.
    #[graphql(
        directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)),
        directive = by_ids::apply(MOST_BY_ID)
    )]
    async fn offers_by_id(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most 200.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<OfferNode>>> {
        if ids.len() > MOST_BY_ID as usize {
            return Err(too_many_ids());
        }
        let ids: Vec<_> = ids.iter().map(|id| OfferId::parse(id)).collect();
        let known = ids.iter().flatten().cloned().collect();
        let shown = public_offers(RequestContext::of(ctx), known).await?;
        let shown: HashMap<_, _> = shown.iter().map(|offer| (&offer.id, offer)).collect();
        let node = |id: &Option<OfferId>| {
            let offer = shown.get(id.as_ref()?)?;
            Some(OfferNode::from((*offer).clone()))
        };
        Ok(ids.iter().map(node).collect())
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
