//! Loaders of reviews, and of what partners' reviews add up to.

use std::collections::HashMap;

use async_graphql::dataloader::{DataLoader, HashMapCache, Loader};
use domain::{
    BookingId, PartnerId, ReviewId,
    reviews::{
        rating::StarCounts,
        reports::Report,
        review::Review,
        store::{ReviewPage, ReviewQuery},
    },
};

use super::{errors::StoreFailure, loaders::Stores};

/// Key: the review of a booking, also a removed one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReviewOf(pub BookingId);

/// Key: one page of the reviews of a partner or an offer. Several pages are one read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReviewsOf(pub ReviewQuery);

/// Key: how many reviews of each star a partner has; nothing before its first review. Never read from a
/// cached entity: the numbers change with reviews that do not purge the partner.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CountsOf(pub PartnerId);

/// Key: the reports of a review, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReportsOf(pub ReviewId);

impl Loader<ReviewOf> for Stores {
    type Value = Review;
    type Error = StoreFailure;

    async fn load(&self, keys: &[ReviewOf]) -> Result<HashMap<ReviewOf, Review>, StoreFailure> {
        let ids: Vec<_> = keys.iter().map(|key| key.0.clone()).collect();
        let read = self.services.reviews.of_bookings(&ids);
        let found = self.services.observer.read("reviews.of_bookings", read);
        let found = found.await?.into_iter();
        Ok(found.map(|(id, review)| (ReviewOf(id), review)).collect())
    }
}

impl Loader<ReviewsOf> for Stores {
    type Value = ReviewPage;
    type Error = StoreFailure;

    async fn load(
        &self,
        keys: &[ReviewsOf],
    ) -> Result<HashMap<ReviewsOf, ReviewPage>, StoreFailure> {
        let queries: Vec<_> = keys.iter().map(|key| key.0.clone()).collect();
        let read = self.services.reviews.pages(&queries);
        let pages = self.services.observer.read("reviews.pages", read).await?;
        Ok(keys.iter().cloned().zip(pages).collect())
    }
}

impl Loader<CountsOf> for Stores {
    type Value = StarCounts;
    type Error = StoreFailure;

    async fn load(&self, keys: &[CountsOf]) -> Result<HashMap<CountsOf, StarCounts>, StoreFailure> {
        let ids: Vec<_> = keys.iter().map(|key| key.0.clone()).collect();
        let read = self.services.reviews.counts_of(&ids);
        let found = self.services.observer.read("reviews.counts_of", read);
        let found = found.await?.into_iter();
        Ok(found.map(|(id, counts)| (CountsOf(id), counts)).collect())
    }
}

impl Loader<ReportsOf> for Stores {
    type Value = Vec<Report>;
    type Error = StoreFailure;

    async fn load(
        &self,
        keys: &[ReportsOf],
    ) -> Result<HashMap<ReportsOf, Vec<Report>>, StoreFailure> {
        let ids: Vec<_> = keys.iter().map(|key| key.0.clone()).collect();
        let read = self.services.reviews.reports_of(&ids);
        let found = self.services.observer.read("reviews.reports_of", read);
        let found = found.await?.into_iter();
        Ok(found
            .map(|(id, reports)| (ReportsOf(id), reports))
            .collect())
    }
}

/// Clears the request's loaded reviews, so that the next field of a mutation sees the write before it.
pub fn forget_reviews(loader: &DataLoader<Stores, HashMapCache>) {
    loader.clear::<ReviewOf>();
    loader.clear::<ReviewsOf>();
    loader.clear::<CountsOf>();
    loader.clear::<ReportsOf>();
    // Its rating may be another one.
    loader.clear::<PartnerId>();
}
