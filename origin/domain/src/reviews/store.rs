//! The store trait of reviews, its queries and results.

mod cursor;

use std::{collections::HashMap, fmt};

use async_trait::async_trait;

use super::{
    outcome::{Reported, Written},
    rating::{Recount, StarCounts},
    reports::{NewReport, Report},
    review::Review,
    rules::{NewReview, ReviewEdit},
};
use crate::{BookingId, OfferId, PartnerId, ReviewId, StoreError, UserId};

pub use cursor::{ReportedCursor, ReviewCursor};

/// The order of a partner's reviews.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ReviewOrder {
    #[default]
    Newest,
    /// Those with the most stars first, of these the newest.
    Highest,
    Lowest,
}

/// Whose reviews are listed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ReviewsAbout {
    Partner(PartnerId),
    /// By guests who used this offer.
    Offer(OfferId),
}

/// Selects one page of the reviews of a partner or an offer that are shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReviewQuery {
    pub about: ReviewsAbout,
    pub order: ReviewOrder,
    pub first: usize,
    pub after: Option<ReviewCursor>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReviewPage {
    pub items: Vec<Review>,
    pub has_next_page: bool,
}

impl ReviewPage {
    /// Of up to one review more than the page has.
    pub fn of(mut items: Vec<Review>, first: usize) -> Self {
        let has_next_page = items.len() > first;
        items.truncate(first);
        Self {
            items,
            has_next_page,
        }
    }
}

/// The reviews in a database.
#[async_trait]
pub trait ReviewStore: fmt::Debug + Send + Sync {
    /// Stores a new review. Reads, decision, rating, review and purge are one transaction.
    async fn add(&self, new: NewReview, now_ms: i64) -> Result<Written, StoreError>;

    /// Changes a review, in the same way.
    async fn change(
        &self,
        id: &ReviewId,
        edit: ReviewEdit,
        now_ms: i64,
    ) -> Result<Written, StoreError>;

    /// Stores a report, once for each reporter.
    async fn report(&self, new: NewReport, now_ms: i64) -> Result<Reported, StoreError>;

    async fn by_id(&self, id: &ReviewId) -> Result<Option<Review>, StoreError>;

    /// The reviews of these bookings, also removed ones.
    async fn of_bookings(
        &self,
        bookings: &[BookingId],
    ) -> Result<HashMap<BookingId, Review>, StoreError>;

    /// A page of each of these queries, in their order, in one read.
    async fn pages(&self, queries: &[ReviewQuery]) -> Result<Vec<ReviewPage>, StoreError>;

    /// A user's reviews, also removed ones, newest first.
    async fn of_user(
        &self,
        user: &UserId,
        first: usize,
        after: Option<ReviewCursor>,
    ) -> Result<ReviewPage, StoreError>;

    /// The reviews that wait for a decision, those that wait longest first.
    async fn reported(
        &self,
        first: usize,
        after: Option<ReportedCursor>,
    ) -> Result<ReviewPage, StoreError>;

    /// The reports of these reviews, also decided ones, oldest first.
    async fn reports_of(
        &self,
        reviews: &[ReviewId],
    ) -> Result<HashMap<ReviewId, Vec<Report>>, StoreError>;

    /// The reports that a user made, oldest first.
    async fn reports_by(&self, user: &UserId) -> Result<Vec<Report>, StoreError>;

    /// How many reviews of each star these partners have; one that never had a review is absent.
    async fn counts_of(
        &self,
        partners: &[PartnerId],
    ) -> Result<HashMap<PartnerId, StarCounts>, StoreError>;

    /// Counts the reviews of partners anew, in the order of their ids, at most `most` partners after this
    /// one. Writes nothing.
    async fn recounted(
        &self,
        after: Option<&PartnerId>,
        most: usize,
    ) -> Result<Vec<Recount>, StoreError>;

    /// Counts a partner's reviews anew and keeps that; returns whether it was kept otherwise. For a
    /// partner that never had a review nothing is done.
    async fn recount(&self, partner: &PartnerId, now_ms: i64) -> Result<bool, StoreError>;
}
