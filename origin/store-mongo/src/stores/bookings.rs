//! Bookings in MongoDB. The queries are in `crate::queries`.

pub mod erasing;
mod feeds;
mod figures;
mod gates;
mod night;
mod read;
mod walk_ins;
pub(super) mod write;

use std::{collections::HashMap, ops::RangeInclusive, sync::Arc};

use async_trait::async_trait;
use domain::{
    BookingId, OfferId, PartnerId, StoreError, UserId, WalkInId,
    bookings::figures::{OfferNight, UtcHour},
    bookings::{
        booking::Booking,
        calendar_feed::FeedHash,
        night::{NightCount, NightPage, NightQuery, WalkInCount},
        refusals::BookingRefusal,
        rules::NewBooking,
        short_code::{ATTEMPTS, ShortCode},
        store::{
            BookingPage, BookingQuery, BookingStore, By, Created, DayCount, Stepped, Taken,
            TimedQuery,
        },
        walk_in::{NewWalkIn, WalkIn, WalkInUndone, WalkedIn},
    },
    night::Night,
    paris::Day,
};
use tokio::time::Instant;

use crate::{
    database::MongoDb,
    error::MongoError,
    tables::{leases, places},
};

use gates::Gates;

/// The bookings of a MongoDB database.
#[derive(Clone, Debug)]
pub struct MongoBookings {
    db: MongoDb,
    gates: Arc<Gates>,
}

impl MongoBookings {
    pub fn new(db: MongoDb) -> Self {
        Self {
            db,
            gates: Arc::default(),
        }
    }

    async fn create_in_transaction(
        &self,
        new: NewBooking,
        now_ms: i64,
    ) -> Result<Created, MongoError> {
        let mut runs: u8 = 0;
        let created = self.db.transaction_that_adds(move |tx| {
            // It runs again if a booking of the night has the short code, and then takes the next one.
            let attempt = runs % ATTEMPTS;
            runs = runs.wrapping_add(1);
            let new = new.clone();
            Box::pin(async move { write::create(tx, &new, attempt, now_ms).await })
        });
        created.await
    }
}

#[async_trait]
impl BookingStore for MongoBookings {
    async fn create(&self, new: NewBooking, now_ms: i64) -> Result<Created, StoreError> {
        let mut turn = self.gates.pass(&new.offer).await;
        // Before a transaction, and one read for all waiting requests: requests for a sold-out offer
        // do not delay others.
        if !turn.is_known_sold_out() {
            let began = Instant::now();
            if places::is_sold_out(&self.db, &new.offer).await? {
                turn.note_sold_out(began);
            }
        }
        if turn.is_known_sold_out() {
            drop(turn);
            if !read::has_more_to_hear(&self.db, &new).await? {
                return Ok(Created::Refused(BookingRefusal::SoldOut));
            }
        }
        Ok(self.create_in_transaction(new, now_ms).await?)
    }

    async fn take(
        &self,
        id: &BookingId,
        taken: Taken,
        by: By,
        now_ms: i64,
    ) -> Result<Stepped, StoreError> {
        let id = id.clone();
        let stepped = self.db.transaction(move |tx| {
            let (id, taken, by) = (id.clone(), taken.clone(), by.clone());
            Box::pin(async move { write::take(tx, &id, &taken, &by, now_ms).await })
        });
        Ok(stepped.await?)
    }

    async fn by_ids(&self, ids: &[BookingId]) -> Result<HashMap<BookingId, Booking>, StoreError> {
        Ok(read::by_ids(&self.db, ids).await?)
    }

    async fn list(&self, query: &BookingQuery) -> Result<BookingPage, StoreError> {
        Ok(read::page(&self.db, query).await?)
    }

    async fn by_time(&self, query: &TimedQuery) -> Result<BookingPage, StoreError> {
        match query.none() {
            Some(none) => Ok(none),
            None => Ok(read::by_time(&self.db, query).await?),
        }
    }

    async fn beginning_since(
        &self,
        user: &UserId,
        since_ms: i64,
        most: usize,
    ) -> Result<Vec<Booking>, StoreError> {
        Ok(read::beginning_since(&self.db, user, since_ms, most).await?)
    }

    async fn put_feed(
        &self,
        user: &UserId,
        hash: &FeedHash,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let (user, hash) = (user.clone(), hash.clone());
        let put = self.db.transaction(move |tx| {
            let (user, hash) = (user.clone(), hash.clone());
            Box::pin(async move { feeds::put(tx, &user, &hash, now_ms).await })
        });
        Ok(put.await?)
    }

    async fn feed_since(&self, user: &UserId) -> Result<Option<i64>, StoreError> {
        Ok(feeds::since(&self.db, user).await?)
    }

    async fn revoke_feed(&self, user: &UserId) -> Result<bool, StoreError> {
        let user = user.clone();
        let revoked = self.db.transaction(move |tx| {
            let user = user.clone();
            Box::pin(async move { feeds::revoke(tx, &user).await })
        });
        Ok(revoked.await?)
    }

    async fn user_of_feed(&self, hash: &FeedHash) -> Result<Option<UserId>, StoreError> {
        Ok(feeds::user(&self.db, hash).await?)
    }

    async fn of_night(&self, query: &NightQuery) -> Result<NightPage, StoreError> {
        Ok(night::page(&self.db, query).await?)
    }

    async fn night_counts(
        &self,
        partner: &PartnerId,
        night: Night,
    ) -> Result<Vec<NightCount>, StoreError> {
        Ok(night::counts(&self.db, partner, night).await?)
    }

    async fn by_short_code(
        &self,
        partner: &PartnerId,
        nights: &[Night],
        code: &ShortCode,
    ) -> Result<Vec<Booking>, StoreError> {
        Ok(night::by_short_code(&self.db, partner, nights, code).await?)
    }

    async fn record_walk_in(&self, new: NewWalkIn, now_ms: i64) -> Result<WalkedIn, StoreError> {
        let recorded = self.db.transaction_that_adds(move |tx| {
            let new = new.clone();
            Box::pin(async move { walk_ins::record(tx, &new, now_ms).await })
        });
        Ok(recorded.await?)
    }

    async fn walk_in(&self, id: &WalkInId) -> Result<Option<WalkIn>, StoreError> {
        Ok(walk_ins::one(&self.db, id).await?)
    }

    async fn undo_walk_in(&self, id: &WalkInId, now_ms: i64) -> Result<WalkInUndone, StoreError> {
        let id = id.clone();
        let undone = self.db.transaction(move |tx| {
            let id = id.clone();
            Box::pin(async move { walk_ins::undo(tx, &id, now_ms).await })
        });
        Ok(undone.await?)
    }

    async fn walk_ins_of_night(
        &self,
        partner: &PartnerId,
        night: Night,
    ) -> Result<Vec<WalkInCount>, StoreError> {
        Ok(walk_ins::of_night(&self.db, partner, night).await?)
    }

    async fn figures_by_offer(
        &self,
        partner: &PartnerId,
        nights: RangeInclusive<Night>,
    ) -> Result<Vec<OfferNight>, StoreError> {
        Ok(figures::by_offer(&self.db, partner, &nights).await?)
    }

    async fn figures_by_hour(
        &self,
        partner: &PartnerId,
        nights: RangeInclusive<Night>,
    ) -> Result<Vec<UtcHour>, StoreError> {
        Ok(figures::by_hour(&self.db, partner, &nights).await?)
    }

    async fn days_of_partner(
        &self,
        partner: &PartnerId,
        days: RangeInclusive<Day>,
    ) -> Result<Vec<DayCount>, StoreError> {
        Ok(figures::by_night(&self.db, partner, days).await?)
    }

    async fn taken_by_night(
        &self,
        offers: &[OfferId],
        nights: RangeInclusive<Night>,
    ) -> Result<HashMap<(OfferId, Night), i64>, StoreError> {
        Ok(read::taken_by_night(&self.db, offers, &nights).await?)
    }

    async fn open_of_partner(
        &self,
        partner: &PartnerId,
        now_ms: i64,
        most: usize,
    ) -> Result<Vec<BookingId>, StoreError> {
        Ok(read::open_of_partner(&self.db, partner, now_ms, most).await?)
    }

    async fn due(&self, now_ms: i64, limit: usize) -> Result<Vec<Booking>, StoreError> {
        Ok(read::due(&self.db, now_ms, limit).await?)
    }

    async fn take_lease(
        &self,
        holder: &str,
        until_ms: i64,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        Ok(leases::take(&self.db, leases::BOOKINGS, holder, until_ms, now_ms).await?)
    }

    async fn give_lease_back(&self, holder: &str) -> Result<(), StoreError> {
        Ok(leases::give_back(&self.db, leases::BOOKINGS, holder).await?)
    }
}
