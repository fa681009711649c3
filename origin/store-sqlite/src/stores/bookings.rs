//! Bookings in SQLite.

pub mod erasing;
pub(super) mod write;

use std::{collections::HashMap, ops::RangeInclusive, sync::Arc};

use async_trait::async_trait;
use domain::{
    BookingId, PartnerId, StoreError,
    bookings::{
        booking::Booking,
        night::{NightCount, NightPage, NightQuery},
        rules::NewBooking,
        short_code::ShortCode,
        store::{BookingPage, BookingQuery, BookingStore, By, Created, DayCount, Stepped, Taken},
    },
    night::Night,
    paris::Day,
};
use tokio::sync::Mutex;

use crate::{
    database::{EmbeddedDb, json_list},
    tables::leases,
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
