//! Reviews in MongoDB. The queries are in `crate::queries`.

mod read;
mod write;

use std::collections::HashMap;

use async_trait::async_trait;
use domain::{
    BookingId, PartnerId, ReviewId, StoreError, UserId,
    reviews::{
        outcome::{Reported, Written},
        rating::{Recount, StarCounts},
        reports::{NewReport, Report},
        review::Review,
        rules::{NewReview, ReviewEdit},
        store::{ReportedCursor, ReviewCursor, ReviewPage, ReviewQuery, ReviewStore},
    },
};

use crate::database::MongoDb;

/// The reviews of a MongoDB database.
#[derive(Clone, Debug)]
pub struct MongoReviews {
    db: MongoDb,
}

impl MongoReviews {
    pub const fn new(db: MongoDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl ReviewStore for MongoReviews {
    async fn add(&self, new: NewReview, now_ms: i64) -> Result<Written, StoreError> {
        let added = self.db.transaction_that_adds(move |tx| {
            let new = new.clone();
            Box::pin(async move { write::add(tx, &new, now_ms).await })
        });
        Ok(added.await?)
    }

    async fn change(
        &self,
        id: &ReviewId,
        edit: ReviewEdit,
        now_ms: i64,
    ) -> Result<Written, StoreError> {
        let id = id.clone();
        let changed = self.db.transaction_that_adds(move |tx| {
            let (id, edit) = (id.clone(), edit.clone());
            Box::pin(async move { write::change(tx, &id, &edit, now_ms).await })
        });
        Ok(changed.await?)
    }

    async fn report(&self, new: NewReport, now_ms: i64) -> Result<Reported, StoreError> {
        let reported = self.db.transaction_that_adds(move |tx| {
            let new = new.clone();
            Box::pin(async move { write::report(tx, &new, now_ms).await })
        });
        Ok(reported.await?)
    }

    async fn by_id(&self, id: &ReviewId) -> Result<Option<Review>, StoreError> {
        Ok(read::by_id(&self.db, id).await?)
    }

    async fn of_bookings(
        &self,
        bookings: &[BookingId],
    ) -> Result<HashMap<BookingId, Review>, StoreError> {
        Ok(read::of_bookings(&self.db, bookings).await?)
    }

    async fn pages(&self, queries: &[ReviewQuery]) -> Result<Vec<ReviewPage>, StoreError> {
        Ok(read::pages(&self.db, queries).await?)
    }

    async fn of_user(
        &self,
        user: &UserId,
        first: usize,
        after: Option<ReviewCursor>,
    ) -> Result<ReviewPage, StoreError> {
        Ok(read::of_user(&self.db, user, first, after).await?)
    }

    async fn reported(
        &self,
        first: usize,
        after: Option<ReportedCursor>,
    ) -> Result<ReviewPage, StoreError> {
        Ok(read::reported(&self.db, first, after).await?)
    }

    async fn reports_of(
        &self,
        reviews: &[ReviewId],
    ) -> Result<HashMap<ReviewId, Vec<Report>>, StoreError> {
        let mut by_review: HashMap<ReviewId, Vec<Report>> = HashMap::new();
        for report in read::reports_of(&self.db, reviews).await? {
            let of_review = by_review.entry(report.review.clone()).or_default();
            of_review.push(report);
        }
        Ok(by_review)
    }

    async fn reports_by(&self, user: &UserId) -> Result<Vec<Report>, StoreError> {
        Ok(read::reports_by(&self.db, user).await?)
    }

    async fn counts_of(
        &self,
        partners: &[PartnerId],
    ) -> Result<HashMap<PartnerId, StarCounts>, StoreError> {
        Ok(read::counts_of(&self.db, partners).await?)
    }

    async fn recounted(
        &self,
        after: Option<&PartnerId>,
        most: usize,
    ) -> Result<Vec<Recount>, StoreError> {
        Ok(read::recounted(&self.db, after, most).await?)
    }

    async fn recount(&self, partner: &PartnerId, now_ms: i64) -> Result<bool, StoreError> {
        let partner = partner.clone();
        let recounted = self.db.transaction_that_adds(move |tx| {
            let partner = partner.clone();
            Box::pin(async move { write::recount(tx, &partner, now_ms).await })
        });
        Ok(recounted.await?)
    }
}
