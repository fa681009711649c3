//! The `Offer` type and the types that belong to it.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use catalogue_index::{Facets, Total};
use domain::{
    self, OfferId,
    bookings::refusals::BookingRefusal,
    offers::{store::OfferCursor, translating::texts},
    reviews::store::{ReviewCursor, ReviewOrder, ReviewQuery, ReviewsAbout},
    sentence::Language,
    site::json_ld,
    tags,
};

use crate::{
    nodes::{
        category::{Locale, OfferCategory},
        directives::{CacheControlScope, cache_control},
        discount::Discount,
        facets::OfferFacets,
        moment::{DateTime, Moment, timestamp},
        money::Price,
        opening::{self, LEFT_MAX_AGE_S, OpeningNode},
        page::{PageInfo, cursor, page_size},
        partner::{EstablishmentNode, PartnerNode, Weekday},
        picture::{PictureNode, first_of, shown_at},
        review::ReviewConnection,
    },
    request::{
        authorise,
        context::RequestContext,
        errors::{failed, refused},
        loaders::{FavoriteOf, RemainingOf},
        review_loaders::ReviewsOf,
    },
};

/// What an offer says in one language.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct OfferTexts {
    locale: Locale,
    title: String,
    description: String,
    conditions: Vec<String>,
}

impl From<domain::offers::wording::OfferTexts> for OfferTexts {
    fn from(texts: domain::offers::wording::OfferTexts) -> Self {
        Self {
            locale: texts.language.into(),
            title: texts.title,
            description: texts.description,
            conditions: texts.conditions,
        }
    }
}

/// A page of offers.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct OfferConnection {
    edges: Vec<OfferEdge>,
    page_info: PageInfo,
    /// Of the whole list, not of this page. Up to 10,000 it is exact; of a longer list it may be
    /// less than there are. Of a list by distance with more than 100 offers it is counted around the
    /// middle of the location's H3 cell (resolution 8), so that everybody in the cell has the same.
    total_count: i32,
    /// Whether `totalCount` is exact; false if it is counted around the middle of a cell.
    is_total_exact: bool,
    facets: OfferFacets,
}

/// An offer in a list.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct OfferEdge {
    cursor: String,
    /// The distance from the list's location, in kilometres; null if the list has none.
    distance: Option<f64>,
    node: OfferNode,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct ListPage {
    pub items: Vec<ListedOffer>,
    pub has_next_page: bool,
    /// If it was selected.
    pub total: Option<Total>,
    /// If they were selected.
    pub facets: Option<Facets>,
}

/// An offer of a list.
#[derive(Clone, Debug)]
pub struct ListedOffer {
    pub offer: domain::Offer,
    /// In a list by distance.
    pub distance_km: Option<f64>,
    pub cursor: OfferCursor,
}

impl OfferConnection {
    pub fn new(page: ListPage, has_previous_page: bool) -> Self {
        let edge = |item: ListedOffer| {
            let ListedOffer {
                offer,
                distance_km,
                cursor,
            } = item;
            OfferEdge {
                cursor: cursor.encode(),
                distance: distance_km.map(to_the_metre),
                node: OfferNode { offer, distance_km },
            }
        };
        let edges: Vec<_> = page.items.into_iter().map(edge).collect();
        Self {
            page_info: PageInfo {
                has_next_page: page.has_next_page,
                has_previous_page,
                ..PageInfo::between(edges.iter().map(|edge| &edge.cursor))
            },
            edges,
            total_count: page
                .total
                .map_or(0, |total| i32::try_from(total.count).unwrap_or(i32::MAX)),
            is_total_exact: page.total.is_none_or(|total| total.is_exact),
            facets: page.facets.unwrap_or_default().into(),
        }
    }
}

/// More than metres would be noise.
pub fn to_the_metre(km: f64) -> f64 {
    (km * 1_000.0).round() / 1_000.0
}

/// The weekly times at which an offer may be used, within its validity. Local times, "HH:MM". `to` not after
/// `from` means the next day; "24:00" is the end of the day.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct OfferSchedule {
    weekdays: Vec<Weekday>,
    from: String,
    to: String,
}

/// Limits on bookings besides the quota; null means no limit.
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct BookingLimits {
    /// Maximum places of all bookings together for one day, from 06:00 to 06:00 (Europe/Paris).
    per_day: Option<i32>,
    /// Maximum bookings by one user over the offer's whole lifetime.
    per_user: Option<i32>,
}

/// The number of bookings an offer allows.
#[derive(Clone, Debug)]
pub struct Quota {
    offer: OfferId,
    known: domain::Quota,
}

/// The number of bookings an offer allows.
#[Object(directive = cache_control::apply(Some(86_400), None, None, None))]
impl Quota {
    async fn total(&self) -> i32 {
        self.known.total
    }

    /// How many places are left. Cached answers that show this are at most 5 s old, and every
    /// booking or cancellation purges them.
    #[graphql(directive = cache_control::apply(Some(LEFT_MAX_AGE_S), Some(0), Some(0), None))]
    async fn remaining(&self, ctx: &Context<'_>) -> Result<i32> {
        let request = RequestContext::of(ctx);
        // Beside the directive: a document that was published under an older schema keeps the
        // policy that it was compiled to.
        let end_ms = request.now_ms + i64::from(LEFT_MAX_AGE_S) * 1_000;
        request.facts.ends_at(end_ms, request.now_ms);
        request.facts.tag(tags::quota(&self.offer));
        let key = RemainingOf(self.offer.clone());
        let found = request.loader.load_one(key).await.map_err(failed)?;
        // None: the quota was lifted between the two reads, and the answer is purged by that.
        Ok(found.unwrap_or(self.known.remaining))
    }

    /// Whether no places are left. A change purges all answers that show the offer.
    async fn is_sold_out(&self) -> bool {
        self.known.is_sold_out()
    }
}

impl OfferNode {
    async fn its_partner(&self, ctx: &Context<'_>) -> Result<domain::Partner> {
        let request = RequestContext::of(ctx);
        let found = request
            .loader
            .load_one(self.offer.partner_id.clone())
            .await
            .map_err(failed)?;
        let partner = found.ok_or("an offer without its partner")?;
        request.facts.shows_partner(&partner);
        Ok(partner)
    }

    async fn its_place(&self, ctx: &Context<'_>) -> Result<domain::Establishment> {
        let request = RequestContext::of(ctx);
        let found = request
            .loader
            .load_one(self.offer.establishment_id.clone())
            .await
            .map_err(failed)?;
        let place = found.ok_or("an offer without its establishment")?;
        request.facts.shows_establishment(&place);
        Ok(place)
    }

    /// An offer with its distance from the list's location.
    pub const fn seen_from(offer: domain::Offer, distance_km: f64) -> Self {
        Self {
            offer,
            distance_km: Some(distance_km),
        }
    }
}

/// An offer, with its distance if it was listed by location.
#[derive(Clone, Debug)]
pub struct OfferNode {
    offer: domain::Offer,
    distance_km: Option<f64>,
}

impl From<domain::Offer> for OfferNode {
    fn from(offer: domain::Offer) -> Self {
        Self {
            offer,
            distance_km: None,
        }
    }
}

/// What a partner offers to guests who book it.
#[Object(name = "Offer", directive = cache_control::apply(Some(86_400), None, None, None))]
impl OfferNode {
    async fn id(&self) -> ID {
        ID(self.offer.id.to_string())
    }

    async fn title(&self) -> &str {
        &self.offer.title
    }

    async fn description(&self) -> &str {
        &self.offer.description
    }

    async fn partner(&self, ctx: &Context<'_>) -> Result<PartnerNode> {
        Ok(PartnerNode(self.its_partner(ctx).await?))
    }

    async fn establishment(&self, ctx: &Context<'_>) -> Result<EstablishmentNode> {
        Ok(EstablishmentNode(self.its_place(ctx).await?))
    }

    async fn category(&self) -> OfferCategory {
        self.offer.category.into()
    }

    async fn discount(&self) -> Discount {
        self.offer.discount.clone().into()
    }

    /// What is paid for each person when it is booked; null: it is free to book.
    async fn price(&self) -> Option<Price> {
        self.offer.price.map(Price::from)
    }

    async fn conditions(&self) -> &[String] {
        &self.offer.conditions
    }

    async fn valid_from(&self) -> DateTime {
        timestamp(self.offer.valid_from_ms)
    }

    /// The end of the validity (exclusive).
    async fn valid_until(&self) -> DateTime {
        timestamp(self.offer.valid_until_ms)
    }

    async fn schedule(&self) -> Option<OfferSchedule> {
        self.offer.schedule.as_ref().map(|schedule| OfferSchedule {
            weekdays: schedule
                .weekdays
                .iter()
                .filter_map(|day| Weekday::from_iso(*day))
                .collect(),
            from: schedule.from.clone(),
            to: schedule.to.clone(),
        })
    }

    /// The number of bookings the offer allows; null means unlimited.
    async fn quota(&self) -> Option<Quota> {
        self.offer.quota.map(|known| Quota {
            offer: self.offer.id.clone(),
            known,
        })
    }

    async fn limits(&self) -> BookingLimits {
        let domain::BookingLimits {
            per_day, per_user, ..
        } = self.offer.limits;
        BookingLimits { per_day, per_user }
    }

    /// How many people one booking may be for; null: as many as `createBooking` takes, which refuses more
    /// with `OFFER_PARTY_TOO_LARGE`.
    async fn max_party_size(&self) -> Option<i32> {
        self.offer.limits.party
    }

    /// Image URLs; with `first`, at most so many.
    #[expect(clippy::unused_async, reason = "fields of async-graphql are async")]
    async fn images(
        &self,
        #[graphql(desc = "0 or more; all images if it is not given.")] first: Option<i32>,
    ) -> Result<&[String]> {
        first_of(&self.offer.images, first)
    }

    /// Those of `images` that were uploaded to Yousoon, with their sizes.
    async fn pictures(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "As for `images`.")] first: Option<i32>,
    ) -> Result<Vec<PictureNode>> {
        shown_at(ctx, first_of(&self.offer.images, first)?).await
    }

    /// Whether the offer is switched on, that is, not paused. Lists show it only within its
    /// validity.
    async fn is_active(&self) -> bool {
        self.offer.is_active
    }

    /// Whether the partner archived the offer: it is in no list and cannot be booked.
    async fn is_archived(&self) -> bool {
        self.offer.archived_at_ms.is_some()
    }

    /// Increases with each edit; pass it to `updateOffer` as `expectedVersion`.
    async fn version(&self) -> i32 {
        i32::try_from(self.offer.version).unwrap_or(i32::MAX)
    }

    /// Whether the offer is a favourite of the signed-in user; false if nobody is signed in. Null only with an
    /// error, for example when the access token has expired: what else is known of the offer is then answered
    /// all the same.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn is_favorite(&self, ctx: &Context<'_>) -> Result<Option<bool>> {
        let request = RequestContext::of(ctx);
        authorise::valid_credentials(&request.asker.caller, "isFavorite")?;
        let key = FavoriteOf(self.offer.id.clone());
        let found = request.loader.load_one(key).await.map_err(failed)?;
        Ok(Some(found.is_some()))
    }

    /// The distance from the location of the list or subscription, in kilometres.
    #[graphql(
        deprecation = "It depends on the list, so a client's cache mixes lists up: use `OfferEdge.distance`, or \
                       compute it from the establishment's location."
    )]
    async fn distance(&self) -> Option<f64> {
        self.distance_km.map(to_the_metre)
    }

    async fn created_at(&self) -> DateTime {
        timestamp(self.offer.created_at_ms)
    }

    /// Whether only guests with a verified identity may book; without one `createBooking` is refused with
    /// `IDENTITY_REQUIRED` or `IDENTITY_PENDING`.
    async fn requires_identity(&self) -> bool {
        self.offer.admission.asks_identity()
    }

    /// The age in years that the guest's verified identity has to prove by the year of birth; null if
    /// none. `createBooking` is refused with `AGE_TOO_LOW` otherwise.
    async fn minimum_age(&self) -> Option<i32> {
        self.offer.admission.minimum_age
    }

    /// Whether the venue's staff confirm each booking. It is pending until then, at most until
    /// `Booking.decideBefore`.
    async fn requires_approval(&self) -> bool {
        self.offer.admission.requires_approval
    }

    /// The openings that overlap the time from `from` to `to` and are not over, the first one first, as
    /// far as they can be booked: at most 90 days ahead. An offer without a schedule has one for each
    /// day, from 06:00 to 06:00 (Europe/Paris). Cached answers that show this are at most 5 s old, and
    /// every booking or cancellation purges them. Send rounded times, such as whole days, so that
    /// answers are shared.
    #[graphql(directive = cache_control::apply(Some(LEFT_MAX_AGE_S), Some(0), Some(0), None))]
    async fn openings(
        &self,
        ctx: &Context<'_>,
        from: Moment,
        #[graphql(desc = "At most 31 days after `from`; not included.")] to: Moment,
    ) -> Result<Vec<OpeningNode>> {
        opening::openings(ctx, &self.offer, from, to).await
    }

    /// Reviews by guests who used this offer, newest first.
    async fn reviews(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "1 to 100; 20 if it is not given.")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<ReviewConnection> {
        let request = RequestContext::of(ctx);
        let order = ReviewOrder::Newest;
        let after = cursor(after.as_deref(), |text| ReviewCursor::decode(text, order))?;
        let has_previous_page = after.is_some();
        let query = ReviewQuery {
            about: ReviewsAbout::Offer(self.offer.id.clone()),
            order,
            first: page_size(first)?,
            after,
        };
        request.facts.tag(tags::reviews(&self.offer.partner_id));
        let page = request.loader.load_one(ReviewsOf(query)).await;
        let page = page.map_err(failed)?.unwrap_or_default();
        Ok(ReviewConnection::new(page, order, has_previous_page))
    }

    /// The language of `title`, `description` and `conditions`.
    async fn language(&self) -> Locale {
        self.offer.wording.language.into()
    }

    /// What the offer says in this language; in its own `language` if it says nothing in this one.
    async fn texts(&self, locale: Locale) -> OfferTexts {
        texts(&self.offer, Some(locale.into())).into()
    }

    /// What the offer says in languages other than its own.
    async fn translations(&self) -> Vec<OfferTexts> {
        let translations = self.offer.wording.translations.iter().cloned();
        translations.map(OfferTexts::from).collect()
    }

    /// Stands for the offer in the address of its page; made of its title and city. A new title makes a
    /// new one, and `offerBySlug` knows the earlier ones. A new offer's is its id for a moment.
    async fn slug(&self) -> String {
        self.offer.page.address(&self.offer.id)
    }

    /// What the offer's page says to search engines, in this language if it has texts in it: see
    /// `Partner.jsonLd`.
    async fn json_ld(&self, ctx: &Context<'_>, locale: Option<Locale>) -> Result<String> {
        let (partner, place) = (self.its_partner(ctx).await?, self.its_place(ctx).await?);
        let language = locale.map(Language::from);
        let said = json_ld::offer(&self.offer, language, &partner, &place);
        Ok(json_ld::embedded(&said))
    }

    /// When the partner last edited it. Bookings, which change what is left of its quota, do not count.
    async fn updated_at(&self) -> DateTime {
        timestamp(self.offer.page.updated_at_ms.max(self.offer.created_at_ms))
    }
}

/// The refusal for an offer that does not exist.
pub fn no_offer() -> async_graphql::Error {
    let refusal = BookingRefusal::OfferNotFound;
    refused(refusal.code(), refusal.sentence())
}
