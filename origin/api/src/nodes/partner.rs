//! The `Partner` and `Establishment` types. Where a partner stands is for its team; every other field is public.

#![expect(clippy::unused_async, reason = "fields of async-graphql are async")]

use std::collections::BTreeSet;

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use domain::{
    self, OfferId, PartnerId,
    offers::store::{OfferQuery, Purging},
    partners::{
        siret::Siret,
        standing::Standing,
        store::{NearCursor, PartnerCursor, PartnerPage, Stood},
    },
    reviews::{
        rating::StarCounts,
        store::{ReviewCursor, ReviewQuery, ReviewsAbout},
    },
    sentence::Sentence,
    site::json_ld,
    tags,
    users::membership::MOST_MEMBERSHIPS,
};
use pq_core::ErrorCode;

use crate::{
    nodes::{
        directives::{CacheControlScope, cache_control},
        moment::{DateTime, timestamp},
        offer::{OfferConnection, OfferNode, to_the_metre},
        offer_list::{newest, shared},
        page::{PageInfo, cursor, page_size},
        picture::{PictureNode, shown_at},
        place::{Address, Location},
        review::{RatingCount, ReviewConnection, ReviewOrder, distribution},
    },
    request::{
        authorise::{self, About},
        context::RequestContext,
        errors::{failed, refused},
        loaders::{EstablishmentsOf, OFFERS_OF_PARTNER, OffersOf, forget_offers, forget_partners},
        relaying::relay,
        review_loaders::{CountsOf, ReviewsOf},
    },
};

/// Maximum offers in `Partner.offers`, newest first; the `offers` query is paginated.
const SHOWN_OFFERS: usize = 100;

/// The kind of business that a partner is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Category")]
pub enum PartnerCategory {
    Bar,
    Restaurant,
    Club,
    Cinema,
    Sport,
    Leisure,
    Event,
    Other,
}

/// How far a partner is on its way to the public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::partners::standing::PartnerStatus")]
pub enum PartnerStatus {
    /// Its team prepares it.
    Draft,
    /// Its owner submitted it, and an operator has not decided yet.
    InReview,
    /// The public sees it, and its offers can be booked.
    Approved,
    /// An operator hid it.
    Suspended,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    /// ISO weekday number: 1 is Monday, 7 is Sunday.
    pub const fn iso(self) -> i32 {
        match self {
            Self::Monday => 1,
            Self::Tuesday => 2,
            Self::Wednesday => 3,
            Self::Thursday => 4,
            Self::Friday => 5,
            Self::Saturday => 6,
            Self::Sunday => 7,
        }
    }

    /// The weekday of an ISO number: 1 is Monday, 7 is Sunday.
    pub const fn from_iso(number: i32) -> Option<Self> {
        match number {
            1 => Some(Self::Monday),
            2 => Some(Self::Tuesday),
            3 => Some(Self::Wednesday),
            4 => Some(Self::Thursday),
            5 => Some(Self::Friday),
            6 => Some(Self::Saturday),
            7 => Some(Self::Sunday),
            _ => None,
        }
    }
}

/// A page of partners.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct PartnerConnection {
    edges: Vec<PartnerEdge>,
    page_info: PageInfo,
    /// Of the whole list, not of this page. In a list with a location it is exact up to 10,000; of a longer one it
    /// may be less than there are.
    total_count: i32,
}

/// A page of a list by distance.
#[derive(Debug)]
pub struct NearPage {
    /// With their distances in kilometres.
    pub items: Vec<(domain::Partner, f64)>,
    pub has_next_page: bool,
    pub total: u64,
}

/// A page of the partners of a city.
#[derive(Debug)]
pub struct CityPartners {
    pub items: Vec<(domain::Partner, PartnerCursor)>,
    pub has_next_page: bool,
    pub total: u64,
}

/// A partner in a list.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct PartnerEdge {
    cursor: String,
    node: PartnerNode,
    /// How far the partner's nearest establishment with offers is from the list's location, in kilometres; null
    /// if the list has none.
    distance: Option<f64>,
}

impl PartnerConnection {
    pub fn new(page: PartnerPage, has_previous_page: bool) -> Self {
        let edges: Vec<_> = page
            .items
            .into_iter()
            .map(|partner| PartnerEdge {
                cursor: PartnerCursor::of(&partner).encode(),
                node: PartnerNode(partner),
                distance: None,
            })
            .collect();
        Self::of(edges, page.has_next_page, has_previous_page, page.total)
    }

    /// Of a list by distance.
    pub fn near(page: NearPage, has_previous_page: bool) -> Self {
        let edge = |(partner, distance_km): (domain::Partner, f64)| {
            let id = partner.id.clone();
            PartnerEdge {
                cursor: NearCursor { distance_km, id }.encode(),
                node: PartnerNode(partner),
                distance: Some(to_the_metre(distance_km)),
            }
        };
        let edges = page.items.into_iter().map(edge).collect();
        Self::of(edges, page.has_next_page, has_previous_page, page.total)
    }

    /// Of the list of a city.
    pub fn in_city(page: CityPartners, has_previous_page: bool) -> Self {
        let edge = |(partner, cursor): (domain::Partner, PartnerCursor)| PartnerEdge {
            cursor: cursor.encode(),
            node: PartnerNode(partner),
            distance: None,
        };
        let edges = page.items.into_iter().map(edge).collect();
        Self::of(edges, page.has_next_page, has_previous_page, page.total)
    }

    fn of(
        edges: Vec<PartnerEdge>,
        has_next_page: bool,
        has_previous_page: bool,
        total: u64,
    ) -> Self {
        Self {
            page_info: PageInfo {
                has_next_page,
                has_previous_page,
                ..PageInfo::between(edges.iter().map(|edge| &edge.cursor))
            },
            edges,
            total_count: i32::try_from(total).unwrap_or(i32::MAX),
        }
    }
}

/// Whether the public sees a partner, and so its establishments and offers.
pub async fn is_public(request: &RequestContext, id: &PartnerId) -> Result<bool> {
    let found = request.loader.load_one(id.clone()).await.map_err(failed)?;
    Ok(found.is_some_and(|partner| partner.is_public()))
}

/// The offer, if the public sees its partner.
pub async fn public_offer(
    request: &RequestContext,
    found: Option<domain::Offer>,
) -> Result<Option<domain::Offer>> {
    Ok(match found {
        Some(offer) if is_public(request, &offer.partner_id).await? => Some(offer),
        Some(_) | None => None,
    })
}

/// The offers whose partners the public sees, each once, in the order of the ids.
pub async fn public_offers(
    request: &RequestContext,
    ids: Vec<OfferId>,
) -> Result<Vec<domain::Offer>> {
    let loaded = request.loader.load_many(ids.clone()).await;
    let mut offers = loaded.map_err(failed)?;
    let partners = offers.values().map(|offer| offer.partner_id.clone());
    let partners: BTreeSet<PartnerId> = partners.collect();
    let partners = request.loader.load_many(partners).await.map_err(failed)?;
    offers.retain(|_, offer| {
        let partner = partners.get(&offer.partner_id);
        partner.is_some_and(domain::Partner::is_public)
    });
    Ok(ids.iter().filter_map(|id| offers.remove(id)).collect())
}

#[derive(Clone, Debug)]
pub struct PartnerNode(pub domain::Partner);

impl PartnerNode {
    /// Where it stands, if the caller may read this field.
    fn standing(&self, ctx: &Context<'_>, field: &str) -> Result<&Standing> {
        let caller = RequestContext::of(ctx).caller_now();
        authorise::field(&caller, "Partner", field, About::Partner(&self.0.id))?;
        Ok(&self.0.standing)
    }

    /// How many reviews of each star there are; none before the first review.
    async fn counts(&self, ctx: &Context<'_>) -> Result<Option<StarCounts>> {
        let request = RequestContext::of(ctx);
        request.facts.tag(tags::reviews(&self.0.id));
        let counts = request.loader.load_one(CountsOf(self.0.id.clone())).await;
        counts.map_err(failed)
    }
}

/// A business that offers something, with one or several establishments.
#[Object(name = "Partner", directive = cache_control::apply(Some(86_400), None, None, None))]
impl PartnerNode {
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    async fn name(&self) -> &str {
        &self.0.name
    }

    async fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    async fn logo(&self) -> Option<&str> {
        self.0.logo.as_deref()
    }

    /// The logo, if it was uploaded to Yousoon, with its sizes.
    async fn logo_picture(&self, ctx: &Context<'_>) -> Result<Option<PictureNode>> {
        Ok(shown_at(ctx, self.0.logo.as_slice()).await?.pop())
    }

    async fn category(&self) -> PartnerCategory {
        self.0.category.into()
    }

    async fn establishments(&self, ctx: &Context<'_>) -> Result<Vec<EstablishmentNode>> {
        let request = RequestContext::of(ctx);
        let key = EstablishmentsOf(self.0.id.clone());
        let places = request
            .loader
            .load_one(key)
            .await
            .map_err(failed)?
            .unwrap_or_default();
        Ok(places.into_iter().map(EstablishmentNode).collect())
    }

    /// The partner's offers that can be used now, newest first, at most 100.
    async fn offers(&self, ctx: &Context<'_>) -> Result<Vec<OfferNode>> {
        let request = RequestContext::of(ctx);
        let now_ms = request.now_ms;
        let key = OffersOf(self.0.id.clone());
        let all = request
            .loader
            .load_one(key)
            .await
            .map_err(failed)?
            .unwrap_or_default();
        if all.len() >= OFFERS_OF_PARTNER {
            // One that was not looked at may start at any moment.
            request.facts.uncacheable();
        }
        let mut shown = Vec::new();
        for offer in all
            .into_iter()
            .filter(|offer| offer.is_active && offer.valid_until_ms > now_ms)
        {
            if offer.valid_from_ms > now_ms {
                request.facts.ends_at(offer.valid_from_ms, now_ms);
            } else if shown.len() < SHOWN_OFFERS {
                request.facts.shows_offer(&offer, now_ms);
                shown.push(OfferNode::from(offer));
            }
        }
        Ok(shown)
    }

    /// The partner's offers that can be used now, newest first.
    async fn offers_connection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Page size, 1 to 100; default 20.")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<OfferConnection> {
        let query = OfferQuery {
            partner: Some(self.0.id.clone()),
            ..newest(ctx, first, after.as_deref())?
        };
        shared(ctx, &query).await
    }

    /// The average of the reviews, 1 to 5, rounded to a tenth and drawn towards four stars while there are few
    /// of them; null before the first review.
    async fn rating(&self) -> Option<f64> {
        self.0.rating
    }

    /// How many reviews are shown.
    async fn review_count(&self, ctx: &Context<'_>) -> Result<i32> {
        let counts = self.counts(ctx).await?;
        // Before the first review: what the catalogue said.
        Ok(counts.map_or(self.0.review_count, StarCounts::shown_total))
    }

    /// How many of the reviews gave five stars, four, and so on: five entries.
    async fn rating_distribution(&self, ctx: &Context<'_>) -> Result<Vec<RatingCount>> {
        Ok(distribution(self.counts(ctx).await?.unwrap_or_default()))
    }

    /// Reviews by guests who were checked in.
    async fn reviews(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "1 to 100; 20 if it is not given.")] first: Option<i32>,
        after: Option<String>,
        #[graphql(default)] order_by: ReviewOrder,
    ) -> Result<ReviewConnection> {
        let request = RequestContext::of(ctx);
        let order = order_by.into();
        let after = cursor(after.as_deref(), |text| ReviewCursor::decode(text, order))?;
        let has_previous_page = after.is_some();
        let query = ReviewQuery {
            about: ReviewsAbout::Partner(self.0.id.clone()),
            order,
            first: page_size(first)?,
            after,
        };
        request.facts.tag(tags::reviews(&self.0.id));
        let page = request.loader.load_one(ReviewsOf(query)).await;
        let page = page.map_err(failed)?.unwrap_or_default();
        Ok(ReviewConnection::new(page, order, has_previous_page))
    }

    async fn created_at(&self) -> DateTime {
        timestamp(self.0.created_at_ms)
    }

    /// How far the partner is on its way to the public; for its team.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn status(&self, ctx: &Context<'_>) -> Result<PartnerStatus> {
        Ok(self.standing(ctx, "status")?.status.into())
    }

    /// The SIRET that its owner submitted, 14 digits; for its team.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn siret(&self, ctx: &Context<'_>) -> Result<Option<&str>> {
        let siret = self.standing(ctx, "siret")?.siret.as_ref();
        Ok(siret.map(Siret::as_str))
    }

    /// Why an operator returned or suspended it; for its team.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn review_reason(&self, ctx: &Context<'_>) -> Result<Option<&str>> {
        Ok(self.standing(ctx, "reviewReason")?.reason.as_deref())
    }

    /// When it was last submitted; for its team.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn submitted_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        let submitted_at_ms = self.standing(ctx, "submittedAt")?.submitted_at_ms;
        Ok(submitted_at_ms.map(timestamp))
    }

    /// When it ended, for good; for administrators: its team has left.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn archived_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        let archived_at_ms = self.standing(ctx, "archivedAt")?.archived_at_ms;
        Ok(archived_at_ms.map(timestamp))
    }

    /// Stands for the partner in the address of its page; made of its name. A new name makes a new one, and
    /// `partnerBySlug` knows the earlier ones. A new partner's is its id for a moment.
    async fn slug(&self) -> String {
        self.0.page.address(&self.0.id)
    }

    /// What the partner's page says to search engines: JSON-LD in the words of schema.org, escaped so that
    /// it can stand in a `<script type="application/ld+json">` element as it is.
    async fn json_ld(&self, ctx: &Context<'_>) -> Result<String> {
        let key = EstablishmentsOf(self.0.id.clone());
        let places = RequestContext::of(ctx).loader.load_one(key).await;
        let places = places.map_err(failed)?.unwrap_or_default();
        Ok(json_ld::embedded(&json_ld::partner(&self.0, &places)))
    }

    /// When its name, description, logo or category last changed.
    async fn updated_at(&self) -> DateTime {
        timestamp(self.0.page.updated_at_ms.max(self.0.created_at_ms))
    }
}

/// Opening hours in local time, "HH:MM". `closes` not after `opens` means the next day; "24:00" is the end
/// of the day.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct OpeningHour {
    weekday: Weekday,
    opens: String,
    closes: String,
}

#[derive(Clone, Debug)]
pub struct EstablishmentNode(pub domain::Establishment);

/// A place of a partner that guests go to, such as a bar.
#[Object(name = "Establishment", directive = cache_control::apply(Some(86_400), None, None, None))]
impl EstablishmentNode {
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    async fn name(&self) -> &str {
        &self.0.name
    }

    async fn address(&self) -> Address {
        self.0.address.clone().into()
    }

    async fn location(&self) -> Location {
        self.0.location.into()
    }

    async fn phone(&self) -> Option<&str> {
        self.0.phone.as_deref()
    }

    async fn email(&self) -> Option<&str> {
        self.0.email.as_deref()
    }

    async fn website(&self) -> Option<&str> {
        self.0.website.as_deref()
    }

    async fn opening_hours(&self) -> Vec<OpeningHour> {
        let hours = self.0.opening_hours.iter();
        hours
            .filter_map(|hour| {
                Some(OpeningHour {
                    weekday: Weekday::from_iso(hour.weekday.number())?,
                    opens: hour.opens.clone(),
                    closes: hour.closes.clone(),
                })
            })
            .collect()
    }

    async fn images(&self) -> &[String] {
        &self.0.images
    }

    /// Those of `images` that were uploaded to Yousoon, with their sizes.
    async fn pictures(&self, ctx: &Context<'_>) -> Result<Vec<PictureNode>> {
        shown_at(ctx, &self.0.images).await
    }

    /// Stands for the establishment in the address of its page; made of its name and city. A new name makes
    /// a new one, and `establishmentBySlug` knows the earlier ones.
    async fn slug(&self) -> String {
        self.0.page.address(&self.0.id)
    }

    /// When it was last edited; null if that was before moments of edits were stored.
    async fn updated_at(&self) -> Option<DateTime> {
        let updated_at_ms = self.0.page.updated_at_ms;
        (updated_at_ms > 0).then(|| timestamp(updated_at_ms))
    }

    /// Whether its partner archived it: it has no offers, and only earlier bookings still show it.
    async fn is_archived(&self) -> bool {
        self.0.archived_at_ms.is_some()
    }

    async fn partner(&self, ctx: &Context<'_>) -> Result<PartnerNode> {
        Ok(PartnerNode(self.its_partner(ctx).await?))
    }

    /// What the establishment's page says to search engines: see `Partner.jsonLd`.
    async fn json_ld(&self, ctx: &Context<'_>) -> Result<String> {
        let partner = self.its_partner(ctx).await?;
        Ok(json_ld::embedded(&json_ld::establishment(
            &partner, &self.0,
        )))
    }
}

impl EstablishmentNode {
    async fn its_partner(&self, ctx: &Context<'_>) -> Result<domain::Partner> {
        let request = RequestContext::of(ctx);
        let found = request.loader.load_one(self.0.partner_id.clone()).await;
        let partner = found.map_err(failed)?;
        let partner = partner.ok_or("an establishment without its partner")?;
        request.facts.shows_partner(&partner);
        Ok(partner)
    }
}

/// The refusal for an account that works for a partner already.
pub fn already_member() -> async_graphql::Error {
    refused(
        domain::team::codes::ALREADY_MEMBER,
        Sentence::new(
            "ce compte travaille déjà pour ce partenaire",
            "this account already works for this partner",
        ),
    )
}

/// The refusal to join or found one partner more than a user may work for.
pub fn too_many_memberships() -> async_graphql::Error {
    refused(
        ErrorCode::LIMIT_REACHED,
        Sentence::with(
            format!("une personne travaille pour {MOST_MEMBERSHIPS} partenaires au plus"),
            format!("a person works for at most {MOST_MEMBERSHIPS} partners"),
        ),
    )
}

/// The answer of a write of where a partner stands: its purge is on its way.
pub async fn stands(request: &RequestContext, stood: Stood) -> Result<PartnerNode> {
    match stood {
        Stood::Refused(refusal) => Err(refused(refusal.code(), refusal.sentence())),
        Stood::Before(partner) => Ok(PartnerNode(*partner)),
        Stood::Done(partner) => {
            forget_partners(&request.loader);
            forget_offers(&request.loader);
            relay(request, Purging::Pending).await;
            // Its owners are told, or what it had is ended.
            request.services.queue_wake.send_replace(());
            Ok(PartnerNode(*partner))
        }
    }
}

/// The answer of the end of a partner: whether it ended now.
pub async fn stands_ended(request: &RequestContext, stood: Stood) -> Result<bool> {
    let is_new = matches!(stood, Stood::Done(_));
    stands(request, stood).await?;
    Ok(is_new)
}

/// The refusal for a partner that does not exist.
pub fn no_partner() -> async_graphql::Error {
    refused(
        domain::partners::codes::PARTNER_NOT_FOUND,
        Sentence::new(
            "ce partenaire n’existe pas",
            "there is no partner with this id",
        ),
    )
}
