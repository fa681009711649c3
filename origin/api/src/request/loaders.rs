//! Loaders for `DataLoader`: one batch per relation and request, so that no list causes a query per
//! item.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use async_graphql::dataloader::{DataLoader, HashMapCache, Loader};
use cache_core::{Revision, Tag};
use cache_tiered::EntityCache;
use domain::{
    BookingId, Establishment, EstablishmentId, Offer, OfferId, Partner, PartnerId, PaymentId,
    UserId,
    bookings::{MAX_LISTED, booking::Booking, store::BookingQuery},
    night::Night,
    offers::store::Visibility,
    payments::{payment::Payment, refund::Refund},
    pictures::picture::{Picture, PictureId},
    tags,
    users::{account::Identity, profile::Profile},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{errors::StoreFailure, facts::AnswerFacts};
use crate::services::Services;

/// Maximum offers read for one partner.
pub const OFFERS_OF_PARTNER: usize = 500;

/// The stores as used by one request.
#[derive(Debug)]
pub struct Stores {
    pub services: Services,
    pub now_ms: i64,
    pub entities: Entities,
    /// The facts of the request's answer.
    pub facts: Arc<AnswerFacts>,
    /// The signed-in user, if any.
    pub user: Option<UserId>,
}

/// Whether entities may be read from the caches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entities {
    /// From the cache, if the purge log allows it; `required` is the minimum revision the client
    /// demands.
    Cached { required: Option<Revision> },
    /// Always from the store.
    Fresh,
}

/// Key: all establishments of a partner that are not archived.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EstablishmentsOf(pub PartnerId);

/// Key: all offers of a partner that are not archived, visible or not, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OffersOf(pub PartnerId);

/// Key: how many bookings of an offer are left. Never read from a cached entity: the number changes
/// with every booking, which purges no entity while any are left.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RemainingOf(pub OfferId);

/// Key: the places that an offer's bookings hold in a night; absent if none do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TakenOf(pub OfferId, pub Night);

/// Key: the payment of a booking.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PaymentOf(pub BookingId);

/// Key: the refunds of a payment, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RefundsOf(pub PaymentId);

/// Key: whether an offer is a favourite of the signed-in user.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FavoriteOf(pub OfferId);

/// Key: what the check of an identity left with a user. Never read from a cached profile: offers admit
/// guests by it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IdentityOf(pub UserId);

/// Key: the newest bookings of a user.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BookingsOf(pub UserId);

/// Key: the favourites of a user, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FavoritesOf(pub UserId);

impl Stores {
    /// Reads entities from their cache if this request may use it, otherwise with `read`.
    async fn through<I, V, F>(
        &self,
        cache: &EntityCache,
        ids: &[I],
        tags: impl Fn(&I, &V) -> Vec<Tag>,
        read: impl FnOnce(Vec<I>) -> F,
    ) -> Result<HashMap<I, V>, StoreFailure>
    where
        I: AsRef<str> + Clone + Eq + Hash,
        V: Serialize + DeserializeOwned,
        F: Future<Output = Result<HashMap<I, V>, StoreFailure>>,
    {
        match self.entities {
            Entities::Fresh => read(ids.to_vec()).await,
            Entities::Cached { required } => {
                let loaded = cache.load(ids, required, tags, read).await?;
                // The answer has seen no more than what was kept of it.
                self.facts.read_from_cache(loaded.current_at_ms);
                Ok(loaded.entities)
            }
        }
    }
}

impl Loader<OfferId> for Stores {
    type Value = Offer;
    type Error = StoreFailure;

    async fn load(&self, ids: &[OfferId]) -> Result<HashMap<OfferId, Offer>, StoreFailure> {
        let services = &self.services;
        let read = async |ids: Vec<OfferId>| {
            let read = services.offers.by_ids(&ids);
            Ok(services.observer.read("offers.by_ids", read).await?)
        };
        self.through(&services.caches.offers, ids, offer_tags, read)
            .await
    }
}

impl Loader<PartnerId> for Stores {
    type Value = Partner;
    type Error = StoreFailure;

    async fn load(&self, ids: &[PartnerId]) -> Result<HashMap<PartnerId, Partner>, StoreFailure> {
        let services = &self.services;
        let read = async |ids: Vec<PartnerId>| {
            let read = services.partners.partners_by_ids(&ids);
            Ok(services.observer.read("partners.by_ids", read).await?)
        };
        self.through(&services.caches.partners, ids, partner_tags, read)
            .await
    }
}

impl Loader<EstablishmentId> for Stores {
    type Value = Establishment;
    type Error = StoreFailure;

    async fn load(
        &self,
        ids: &[EstablishmentId],
    ) -> Result<HashMap<EstablishmentId, Establishment>, StoreFailure> {
        let services = &self.services;
        let read = async |ids: Vec<EstablishmentId>| {
            let read = services.partners.establishments_by_ids(&ids);
            Ok(services
                .observer
                .read("establishments.by_ids", read)
                .await?)
        };
        self.through(
            &services.caches.establishments,
            ids,
            establishment_tags,
            read,
        )
        .await
    }
}

impl Loader<EstablishmentsOf> for Stores {
    type Value = Vec<Establishment>;
    type Error = StoreFailure;

    async fn load(
        &self,
        keys: &[EstablishmentsOf],
    ) -> Result<HashMap<EstablishmentsOf, Vec<Establishment>>, StoreFailure> {
        let ids: Vec<_> = keys.iter().map(|key| key.0.clone()).collect();
        let read = self.services.partners.establishments_of(&ids);
        let found = self
            .services
            .observer
            .read("establishments.of", read)
            .await?;
        let shown = |mut places: Vec<Establishment>| {
            places.retain(|place| place.archived_at_ms.is_none());
            places
        };
        Ok(found
            .into_iter()
            .map(|(id, places)| (EstablishmentsOf(id), shown(places)))
            .collect())
    }
}

impl Loader<OffersOf> for Stores {
    type Value = Vec<Offer>;
    type Error = StoreFailure;

    async fn load(&self, keys: &[OffersOf]) -> Result<HashMap<OffersOf, Vec<Offer>>, StoreFailure> {
        let ids: Vec<_> = keys.iter().map(|key| key.0.clone()).collect();
        let read = self.services.offers.of_partners(
            &ids,
            Visibility::Portal,
            OFFERS_OF_PARTNER,
            self.now_ms,
        );
        let found = self
            .services
            .observer
            .read("offers.of_partners", read)
            .await?;
        Ok(found
            .into_iter()
            .map(|(id, offers)| (OffersOf(id), offers))
            .collect())
    }
}

impl Loader<RemainingOf> for Stores {
    type Value = i32;
    type Error = StoreFailure;

    async fn load(&self, keys: &[RemainingOf]) -> Result<HashMap<RemainingOf, i32>, StoreFailure> {
        let ids: Vec<_> = keys.iter().map(|key| key.0.clone()).collect();
        let read = self.services.offers.remaining(&ids);
        let found = self
            .services
            .observer
            .read("offers.remaining", read)
            .await?;
        Ok(found
            .into_iter()
            .map(|(id, remaining)| (RemainingOf(id), remaining))
            .collect())
    }
}

impl Loader<TakenOf> for Stores {
    type Value = i64;
    type Error = StoreFailure;

    async fn load(&self, keys: &[TakenOf]) -> Result<HashMap<TakenOf, i64>, StoreFailure> {
        let nights = keys.iter().map(|TakenOf(_, night)| *night);
        let Some((first, last)) = nights.clone().min().zip(nights.max()) else {
            return Ok(HashMap::new());
        };
        let mut offers: Vec<_> = keys.iter().map(|TakenOf(offer, _)| offer.clone()).collect();
        offers.sort_unstable();
        offers.dedup();
        let read = self.services.bookings.taken_by_night(&offers, first..=last);
        let found = self.services.observer.read("bookings.taken_by_night", read);
        let found = found.await?.into_iter();
        Ok(found
            .map(|((offer, night), places)| (TakenOf(offer, night), places))
            .collect())
    }
}

impl Loader<FavoriteOf> for Stores {
    type Value = ();
    type Error = StoreFailure;

    async fn load(&self, keys: &[FavoriteOf]) -> Result<HashMap<FavoriteOf, ()>, StoreFailure> {
        let Some(user) = &self.user else {
            return Ok(HashMap::new());
        };
        let ids: Vec<_> = keys.iter().map(|key| key.0.clone()).collect();
        let read = self.services.users.favorites_among(user, &ids);
        let found = self.services.observer.read("favorites.among", read).await?;
        Ok(found.into_iter().map(|id| (FavoriteOf(id), ())).collect())
    }
}

impl Loader<UserId> for Stores {
    type Value = Profile;
    type Error = StoreFailure;

    async fn load(&self, ids: &[UserId]) -> Result<HashMap<UserId, Profile>, StoreFailure> {
        let services = &self.services;
        let read = async |ids: Vec<UserId>| {
            let read = services.users.by_ids(&ids);
            let found = services.observer.read("users.by_ids", read).await?;
            let profiles = found.into_iter();
            Ok(profiles
                .map(|(id, account)| (id, Profile::from(account)))
                .collect())
        };
        self.through(&services.caches.profiles, ids, profile_tags, read)
            .await
    }
}

impl Loader<IdentityOf> for Stores {
    type Value = Identity;
    type Error = StoreFailure;

    async fn load(
        &self,
        keys: &[IdentityOf],
    ) -> Result<HashMap<IdentityOf, Identity>, StoreFailure> {
        let ids: Vec<_> = keys.iter().map(|key| key.0.clone()).collect();
        let read = self.services.users.by_ids(&ids);
        let found = self.services.observer.read("users.by_ids", read).await?;
        let found = found.into_iter();
        Ok(found
            .map(|(id, account)| (IdentityOf(id), account.identity))
            .collect())
    }
}

impl Loader<PictureId> for Stores {
    type Value = Picture;
    type Error = StoreFailure;

    async fn load(&self, ids: &[PictureId]) -> Result<HashMap<PictureId, Picture>, StoreFailure> {
        let read = self.services.pictures.by_ids(ids);
        Ok(self.services.observer.read("pictures.by_ids", read).await?)
    }
}

impl Loader<BookingId> for Stores {
    type Value = Booking;
    type Error = StoreFailure;

    async fn load(&self, ids: &[BookingId]) -> Result<HashMap<BookingId, Booking>, StoreFailure> {
        let read = self.services.bookings.by_ids(ids);
        Ok(self.services.observer.read("bookings.by_ids", read).await?)
    }
}

impl Loader<PaymentOf> for Stores {
    type Value = Payment;
    type Error = StoreFailure;

    async fn load(&self, keys: &[PaymentOf]) -> Result<HashMap<PaymentOf, Payment>, StoreFailure> {
        let ids: Vec<_> = keys.iter().map(|key| key.0.clone()).collect();
        let read = self.services.payment_store.of_bookings(&ids);
        let found = self.services.observer.read("payments.of_bookings", read);
        let found = found.await?.into_iter();
        Ok(found
            .map(|(id, payment)| (PaymentOf(id), payment))
            .collect())
    }
}

impl Loader<RefundsOf> for Stores {
    type Value = Vec<Refund>;
    type Error = StoreFailure;

    async fn load(
        &self,
        keys: &[RefundsOf],
    ) -> Result<HashMap<RefundsOf, Vec<Refund>>, StoreFailure> {
        let ids: Vec<_> = keys.iter().map(|key| key.0.clone()).collect();
        let read = self.services.payment_store.refunds_of(&ids);
        let found = self.services.observer.read("payments.refunds_of", read);
        let found = found.await?.into_iter();
        Ok(found
            .map(|(id, refunds)| (RefundsOf(id), refunds))
            .collect())
    }
}

impl Loader<BookingsOf> for Stores {
    type Value = Vec<Booking>;
    type Error = StoreFailure;

    /// One read per user: only operators see bookings of more than one user.
    async fn load(
        &self,
        keys: &[BookingsOf],
    ) -> Result<HashMap<BookingsOf, Vec<Booking>>, StoreFailure> {
        let mut found = HashMap::new();
        for key in keys {
            let query = BookingQuery {
                user: key.0.clone(),
                status: None,
                first: MAX_LISTED,
                after: None,
            };
            let read = self.services.bookings.list(&query);
            let page = self.services.observer.read("bookings.list", read).await?;
            found.insert(key.clone(), page.items);
        }
        Ok(found)
    }
}

impl Loader<FavoritesOf> for Stores {
    type Value = Vec<OfferId>;
    type Error = StoreFailure;

    /// One read per user, like [`BookingsOf`].
    async fn load(
        &self,
        keys: &[FavoritesOf],
    ) -> Result<HashMap<FavoritesOf, Vec<OfferId>>, StoreFailure> {
        let mut found = HashMap::new();
        for key in keys {
            let read = self.services.users.favorites(&key.0);
            let favorites = self.services.observer.read("favorites.of", read).await?;
            let ids = favorites.into_iter().map(|(id, _)| id).collect();
            found.insert(key.clone(), ids);
        }
        Ok(found)
    }
}

/// Clears the request's loaded bookings, like [`forget_offers`].
pub fn forget_bookings(loader: &DataLoader<Stores, HashMapCache>) {
    loader.clear::<BookingId>();
    loader.clear::<BookingsOf>();
}

/// Clears the request's loaded payments, like [`forget_offers`].
pub fn forget_payments(loader: &DataLoader<Stores, HashMapCache>) {
    loader.clear::<PaymentOf>();
    loader.clear::<RefundsOf>();
}

/// Clears the request's loaded favourites, like [`forget_offers`].
pub fn forget_favorites(loader: &DataLoader<Stores, HashMapCache>) {
    loader.clear::<FavoriteOf>();
    loader.clear::<FavoritesOf>();
}

/// Clears the request's loaded offers, so that the next field of a mutation sees the write before
/// it.
pub fn forget_offers(loader: &DataLoader<Stores, HashMapCache>) {
    loader.clear::<OfferId>();
    loader.clear::<OffersOf>();
    loader.clear::<RemainingOf>();
    loader.clear::<TakenOf>();
}

/// Clears the request's loaded profiles, like [`forget_offers`].
pub fn forget_profiles(loader: &DataLoader<Stores, HashMapCache>) {
    loader.clear::<UserId>();
    loader.clear::<IdentityOf>();
}

/// Clears the request's loaded partners and establishments.
pub fn forget_partners(loader: &DataLoader<Stores, HashMapCache>) {
    loader.clear::<PartnerId>();
    loader.clear::<EstablishmentId>();
    loader.clear::<EstablishmentsOf>();
}

fn offer_tags(id: &OfferId, _offer: &Offer) -> Vec<Tag> {
    vec![tags::offer(id)]
}

fn profile_tags(id: &UserId, _profile: &Profile) -> Vec<Tag> {
    vec![tags::user(id)]
}

fn partner_tags(id: &PartnerId, _partner: &Partner) -> Vec<Tag> {
    vec![tags::partner(id)]
}

/// An establishment is tagged with its partner: changes to it purge the partner.
fn establishment_tags(_id: &EstablishmentId, place: &Establishment) -> Vec<Tag> {
    vec![tags::partner(&place.partner_id)]
}
