//! Pages of the showcase site by slug and by id.

use async_graphql::{Context, ID, Object, Result};
use catalogue_index::CitiesAsked;
use domain::{
    Establishment, EstablishmentId, OfferId, Partner, PartnerId,
    site::{
        cities::CityCursor,
        sitemap::{SitemapCursor, SitemapPosition},
    },
    slugs::{PageKind, Slug},
    tags,
};

use crate::{
    nodes::{
        directives::cache_control,
        offer::OfferNode,
        offer_list::ask,
        page::{cursor, page_size_up_to},
        partner::{EstablishmentNode, PartnerNode, is_public, public_offer},
        sitemap::{SitemapConnection, SitemapEdge},
    },
    request::{context::RequestContext, errors::failed},
};

const LARGEST_SITEMAP_PAGE: i32 = 1_000;

#[derive(Debug, Default)]
pub struct SiteQueries;

#[Object]
impl SiteQueries {
    /// A partner by its `slug`, an earlier slug, or its id. Redirect to its `slug` if that differs from
    /// what was asked for.
    #[graphql(directive = cache_control::apply(Some(3_600), Some(300), Some(86_400), None))]
    async fn partner_by_slug(
        &self,
        ctx: &Context<'_>,
        slug: String,
    ) -> Result<Option<PartnerNode>> {
        let request = RequestContext::of(ctx);
        let id = id_of(request, PageKind::Partner, &slug, PartnerId::parse).await?;
        let found = match id {
            Some(id) => request.loader.load_one(id).await.map_err(failed)?,
            None => None,
        };
        let found = found.filter(Partner::is_public);
        match &found {
            Some(partner) => request.facts.shows_partner(partner),
            // A page that gets this slug later purges no answer that did not know of it.
            None => request.facts.uncacheable(),
        }
        Ok(found.map(PartnerNode))
    }

    /// An offer by its `slug`, an earlier slug, or its id, whether or not it can be used now. Redirect to
    /// its `slug` if that differs from what was asked for.
    #[graphql(directive = cache_control::apply(Some(900), Some(60), Some(86_400), None))]
    async fn offer_by_slug(&self, ctx: &Context<'_>, slug: String) -> Result<Option<OfferNode>> {
        let request = RequestContext::of(ctx);
        let id = id_of(request, PageKind::Offer, &slug, OfferId::parse).await?;
        let found = match id {
            Some(id) => request.loader.load_one(id).await.map_err(failed)?,
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
            None => request.facts.uncacheable(),
        }
        Ok(found.map(OfferNode::from))
    }

    /// An establishment by its id, whether or not it is archived.
    #[graphql(directive = cache_control::apply(Some(3_600), Some(300), Some(86_400), None))]
    async fn establishment(&self, ctx: &Context<'_>, id: ID) -> Result<Option<EstablishmentNode>> {
        place(RequestContext::of(ctx), EstablishmentId::parse(&id)).await
    }

    /// An establishment by its `slug`, an earlier slug, or its id. Redirect to its `slug` if that differs
    /// from what was asked for.
    #[graphql(directive = cache_control::apply(Some(3_600), Some(300), Some(86_400), None))]
    async fn establishment_by_slug(
        &self,
        ctx: &Context<'_>,
        slug: String,
    ) -> Result<Option<EstablishmentNode>> {
        let request = RequestContext::of(ctx);
        let parse = EstablishmentId::parse;
        place(
            request,
            id_of(request, PageKind::Establishment, &slug, parse).await?,
        )
        .await
    }

    /// All pages that the public sees: partners, establishments, offers that can be used now, and cities. The order
    /// does not change with edits. A page of the list may have fewer entries than `first`, also none, while
    /// there are more: go on until `hasNextPage` is false. Changes may show up to an hour later.
    #[graphql(directive = cache_control::apply(Some(3_600), Some(3_600), Some(86_400), None))]
    async fn sitemap(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "1 to 1000; default 20.")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<SitemapConnection> {
        let request = RequestContext::of(ctx);
        let most = page_size_up_to(LARGEST_SITEMAP_PAGE, first)?;
        let after = cursor(after.as_deref(), SitemapPosition::decode)?;
        request.facts.tag(tags::all_offers());
        request.facts.tag(tags::all_partners());
        let (mut edges, mut read, has_previous_page) = (Vec::new(), 0, after.is_some());
        let mut next = Some(after.unwrap_or(SitemapPosition::BEGIN));
        while let Some(at) = &next
            && read < most
        {
            let left = most - read;
            let part = match at {
                SitemapPosition::Row(cursor) => rows(request, cursor, left).await?,
                SitemapPosition::City(slug) => cities(request, slug.clone(), left).await?,
            };
            read += part.read;
            edges.extend(part.shown);
            next = part.next;
        }
        Ok(SitemapConnection::new(
            edges,
            next.as_ref(),
            has_previous_page,
        ))
    }
}

/// The entries that one read of the database adds to a page of the sitemap.
struct Part {
    shown: Vec<SitemapEdge>,
    /// The number of rows that were read, including those that are not shown.
    read: usize,
    next: Option<SitemapPosition>,
}

/// The next rows of one kind.
async fn rows(request: &RequestContext, after: &SitemapCursor, most: usize) -> Result<Part> {
    let read = request.services.site.sitemap(after, most, request.now_ms);
    let read = request.services.observer.read("site.sitemap", read).await;
    let read = read.map_err(failed)?;
    let next = match read.last() {
        Some(last) if read.len() == most => SitemapPosition::Row(SitemapCursor {
            kind: after.kind,
            id: Some(last.id.clone()),
        }),
        // The last one of its kind was read.
        Some(_) | None => SitemapPosition::after_kind(after.kind),
    };
    Ok(Part {
        read: read.len(),
        next: Some(next),
        shown: read
            .into_iter()
            .filter(|entry| entry.is_shown)
            .map(SitemapEdge::from)
            .collect(),
    })
}

/// The next cities.
async fn cities(request: &RequestContext, after: Option<Slug>, most: usize) -> Result<Part> {
    let asked = CitiesAsked {
        search: None,
        first: most,
        after: after.map(CityCursor::of_all),
    };
    let found = ask(request, |index| Ok(index.cities(&asked))).await?;
    let slugs: Vec<Slug> = found.items.into_iter().map(|(city, _)| city.slug).collect();
    Ok(Part {
        read: slugs.len(),
        next: slugs
            .last()
            .filter(|_| found.has_next_page)
            .map(|last| SitemapPosition::City(Some(last.clone()))),
        shown: slugs.into_iter().map(SitemapEdge::city).collect(),
    })
}

/// The id that a slug stands for. An id stands for itself: it is the address of a page that has no slug
/// yet, and no slug looks like one.
async fn id_of<I>(
    request: &RequestContext,
    kind: PageKind,
    given: &str,
    parse: fn(&str) -> Option<I>,
) -> Result<Option<I>> {
    if let Some(id) = parse(given) {
        return Ok(Some(id));
    }
    let Some(slug) = Slug::parse(given) else {
        return Ok(None);
    };
    let read = request.services.site.id_of(kind, &slug);
    let found = request.services.observer.read("site.id_of", read).await;
    Ok(found.map_err(failed)?.and_then(|id| parse(&id)))
}

async fn place(
    request: &RequestContext,
    id: Option<EstablishmentId>,
) -> Result<Option<EstablishmentNode>> {
    let found = match id {
        Some(id) => request.loader.load_one(id).await.map_err(failed)?,
        None => None,
    };
    let found: Option<Establishment> = match found {
        Some(place) if is_public(request, &place.partner_id).await? => Some(place),
        Some(_) | None => None,
    };
    match &found {
        Some(place) => request.facts.shows_establishment(place),
        None => request.facts.uncacheable(),
    }
    Ok(found.map(EstablishmentNode))
}
