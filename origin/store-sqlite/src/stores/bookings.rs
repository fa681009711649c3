//! Bookings in SQLite.

pub mod erasing;
mod feeds;
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
        rules::NewBooking,
        short_code::ShortCode,
        store::{
            BookingPage, BookingQuery, BookingStore, By, Created, DayCount, Stepped, Taken,
            TimedQuery,
        },
        walk_in::{NewWalkIn, WalkIn, WalkInUndone, WalkedIn},
    },
    night::Night,
    paris::Day,
};
use tokio::sync::Mutex;

use crate::{
    database::{EmbeddedDb, json_list},
    tables::{figures, leases},
};

/// The bookings of the embedded store.
#[derive(Clone, Debug)]
pub struct EmbeddedBookings {
    db: EmbeddedDb,
    /// New bookings wait here, without a limit in time, and not for a connection: SQLite has one
    /// writer, and hundreds may want one offer at once.
    line: Arc<Mutex<()>>,
}

impl EmbeddedBookings {
    pub fn new(db: EmbeddedDb) -> Self {
        Self {
            db,
            line: Arc::default(),
        }
    }
}

#[async_trait]
impl BookingStore for EmbeddedBookings {
    async fn create(&self, new: NewBooking, now_ms: i64) -> Result<Created, StoreError> {
        let _turn = self.line.lock().await;
        let asked = new.clone();
        // Readers first: a refusal waits for no other process that writes.
        let looked = self.db.read(move |c| write::look(c, &asked, now_ms));
        if let Err(answer) = looked.await? {
            return Ok(answer);
        }
        let create = self.db.write(move |tx| write::create(tx, &new, now_ms));
        create.await
    }

    async fn take(
        &self,
        id: &BookingId,
        taken: Taken,
        by: By,
        now_ms: i64,
    ) -> Result<Stepped, StoreError> {
        let id = id.clone();
        self.db
            .write(move |tx| write::take(tx, &id, &taken, &by, now_ms))
            .await
    }

    async fn by_ids(&self, ids: &[BookingId]) -> Result<HashMap<BookingId, Booking>, StoreError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let wanted = json_list(ids.iter().map(BookingId::as_str));
        let found = self
            .db
            .read(move |c| crate::tables::bookings::among(c, wanted))
            .await?;
        let by_id = found.into_iter().map(|found| (found.id.clone(), found));
        Ok(by_id.collect())
    }

    async fn list(&self, query: &BookingQuery) -> Result<BookingPage, StoreError> {
        let query = query.clone();
        self.db
            .read(move |c| crate::tables::bookings::page(c, &query))
            .await
    }

    async fn by_time(&self, query: &TimedQuery) -> Result<BookingPage, StoreError> {
        if let Some(none) = query.none() {
            return Ok(none);
        }
        let query = query.clone();
        self.db
            .read(move |c| crate::tables::bookings::by_time(c, &query))
            .await
    }

    async fn beginning_since(
        &self,
        user: &UserId,
        since_ms: i64,
        most: usize,
    ) -> Result<Vec<Booking>, StoreError> {
        let user = user.clone();
        self.db
            .read(move |c| crate::tables::bookings::beginning_since(c, &user, since_ms, most))
            .await
    }

    async fn put_feed(
        &self,
        user: &UserId,
        hash: &FeedHash,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let (user, hash) = (user.clone(), hash.clone());
        self.db
            .write(move |tx| feeds::put(tx, &user, &hash, now_ms))
            .await
    }

    async fn feed_since(&self, user: &UserId) -> Result<Option<i64>, StoreError> {
        let user = user.clone();
        self.db.read(move |c| feeds::since(c, &user)).await
    }

    async fn revoke_feed(&self, user: &UserId) -> Result<bool, StoreError> {
        let user = user.clone();
        self.db.write(move |tx| feeds::revoke(tx, &user)).await
    }

    async fn user_of_feed(&self, hash: &FeedHash) -> Result<Option<UserId>, StoreError> {
        let hash = hash.clone();
        self.db.read(move |c| feeds::user(c, &hash)).await
    }

    async fn of_night(&self, query: &NightQuery) -> Result<NightPage, StoreError> {
        let query = query.clone();
        self.db
            .read(move |c| crate::tables::bookings::night::page(c, &query))
            .await
    }

    async fn night_counts(
        &self,
        partner: &PartnerId,
        night: Night,
    ) -> Result<Vec<NightCount>, StoreError> {
        let partner = partner.clone();
        self.db
            .read(move |c| crate::tables::bookings::night::counts(c, &partner, night))
            .await
    }

    async fn by_short_code(
        &self,
        partner: &PartnerId,
        nights: &[Night],
        code: &ShortCode,
    ) -> Result<Vec<Booking>, StoreError> {
        let (partner, code) = (partner.clone(), code.clone());
        let nights: Vec<String> = nights.iter().map(Night::to_string).collect();
        let nights = json_list(nights.iter().map(String::as_str));
        self.db
            .read(move |c| {
                crate::tables::bookings::night::by_short_code(c, &partner, nights, &code)
            })
            .await
    }

    async fn record_walk_in(&self, new: NewWalkIn, now_ms: i64) -> Result<WalkedIn, StoreError> {
        self.db
            .write(move |tx| walk_ins::record(tx, &new, now_ms))
            .await
    }

    async fn walk_in(&self, id: &WalkInId) -> Result<Option<WalkIn>, StoreError> {
        let id = id.clone();
        self.db
            .read(move |c| crate::tables::walk_ins::by_id(c, &id))
            .await
    }

    async fn undo_walk_in(&self, id: &WalkInId, now_ms: i64) -> Result<WalkInUndone, StoreError> {
        let id = id.clone();
        self.db
            .write(move |tx| walk_ins::undo(tx, &id, now_ms))
            .await
    }

    async fn walk_ins_of_night(
        &self,
        partner: &PartnerId,
        night: Night,
    ) -> Result<Vec<WalkInCount>, StoreError> {
        let partner = partner.clone();
        self.db
            .read(move |c| crate::tables::walk_ins::of_night(c, &partner, night))
            .await
    }

    async fn figures_by_offer(
        &self,
        partner: &PartnerId,
        nights: RangeInclusive<Night>,
    ) -> Result<Vec<OfferNight>, StoreError> {
        let partner = partner.clone();
        self.db
            .read(move |c| figures::by_offer(c, &partner, *nights.start(), *nights.end()))
            .await
    }

    async fn figures_by_hour(
        &self,
        partner: &PartnerId,
        nights: RangeInclusive<Night>,
    ) -> Result<Vec<UtcHour>, StoreError> {
        let partner = partner.clone();
        self.db
            .read(move |c| figures::by_hour(c, &partner, *nights.start(), *nights.end()))
            .await
    }

    async fn days_of_partner(
        &self,
        partner: &PartnerId,
        days: RangeInclusive<Day>,
    ) -> Result<Vec<DayCount>, StoreError> {
        let (partner, first, last) = (
            partner.clone(),
            days.start().to_string(),
            days.end().to_string(),
        );
        self.db
            .read(move |c| crate::tables::bookings::days_of_partner(c, &partner, &first, &last))
            .await
    }

    async fn taken_by_night(
        &self,
        offers: &[OfferId],
        nights: RangeInclusive<Night>,
    ) -> Result<HashMap<(OfferId, Night), i64>, StoreError> {
        let offers = json_list(offers.iter().map(OfferId::as_str));
        self.db
            .read(move |c| crate::tables::bookings::taken_by_night(c, offers, &nights))
            .await
    }

    async fn open_of_partner(
        &self,
        partner: &PartnerId,
        now_ms: i64,
        most: usize,
    ) -> Result<Vec<BookingId>, StoreError> {
        let partner = partner.clone();
        let read = self
            .db
            .read(move |c| crate::tables::bookings::open_of_partner(c, &partner, now_ms, most));
        read.await
    }

    async fn due(&self, now_ms: i64, limit: usize) -> Result<Vec<Booking>, StoreError> {
        self.db
            .read(move |c| crate::tables::bookings::due(c, now_ms, limit))
            .await
    }

    async fn take_lease(
        &self,
        holder: &str,
        until_ms: i64,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let holder = holder.to_owned();
        self.db
            .write(move |tx| leases::take(tx, leases::BOOKINGS, &holder, until_ms, now_ms))
            .await
    }

    async fn give_lease_back(&self, holder: &str) -> Result<(), StoreError> {
        let holder = holder.to_owned();
        self.db
            .write(move |tx| leases::give_back(tx, leases::BOOKINGS, &holder))
            .await
    }
}
