//! Offers in SQLite: by id and by partner, what the catalogue index reads, and writes.

mod filter;
mod listings;
mod sampling;
#[cfg(test)]
mod tests;
mod turns;
mod update;

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use domain::{
    Offer, OfferId, PartnerId, StoreError,
    offers::{
        edit::OfferEdit,
        listing::Listings,
        store::{AllListings, Author, Created, OfferStore, Sample, Updated, Visibility},
    },
};

use crate::{
    database::{EmbeddedDb, json_list},
    tables::limit::limit,
};

pub use crate::tables::offers::insert;

/// The offers of the embedded store.
#[derive(Debug, Clone)]
pub struct EmbeddedOffers {
    db: EmbeddedDb,
}

impl EmbeddedOffers {
    pub const fn new(db: EmbeddedDb) -> Self {
        Self { db }
    }
}

/// A reading of all listings: each batch begins after the last row of the one before.
#[derive(Debug)]
struct Reading {
    db: EmbeddedDb,
    row: i64,
}

#[async_trait]
impl AllListings for Reading {
    async fn next(&mut self, most: usize) -> Result<Listings, StoreError> {
        let row = self.row;
        let batch = self
            .db
            .read(move |connection| listings::after(connection, row, most));
        let (batch, last) = batch.await?;
        self.row = last;
        Ok(batch)
    }
}

#[async_trait]
impl OfferStore for EmbeddedOffers {
    async fn by_ids(&self, ids: &[OfferId]) -> Result<HashMap<OfferId, Offer>, StoreError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let wanted = json_list(ids.iter().map(OfferId::as_str));
        self.db
            .read(move |connection| {
                let sql = format!(
                    "SELECT {} FROM offers o WHERE o.id IN (SELECT value FROM json_each(?1))",
                    crate::tables::offers::COLUMNS
                );
                let offers = crate::tables::offers::query(connection, &sql, vec![wanted])?;
                Ok(offers
                    .into_iter()
                    .map(|offer| (offer.id.clone(), offer))
                    .collect())
            })
            .await
    }

    async fn of_partners(
        &self,
        partners: &[PartnerId],
        visibility: Visibility,
        limit_each: usize,
        now_ms: i64,
    ) -> Result<HashMap<PartnerId, Vec<Offer>>, StoreError> {
        // A set: the join would list the offers of a partner that is asked for twice twice.
        let wanted: BTreeSet<&str> = partners.iter().map(PartnerId::as_str).collect();
        let wanted = json_list(wanted.into_iter());
        let visible = filter::visible(visibility, now_ms);
        self.db
            .read(move |connection| {
                // The limit applies inside, by partner: one with ten thousand offers costs no more.
                let sql = format!(
                    "SELECT {} FROM json_each(?) p JOIN offers o ON o.row IN (
                        SELECT o.row FROM offers o WHERE o.partner_id = p.value AND {}
                        ORDER BY o.created_at_ms DESC, o.id DESC LIMIT ?)
                     ORDER BY o.created_at_ms DESC, o.id DESC",
                    crate::tables::offers::COLUMNS,
                    visible.sql
                );
                let mut params = vec![wanted];
                params.extend(visible.params);
                params.push(limit(limit_each).into());
                let mut found: HashMap<PartnerId, Vec<Offer>> = HashMap::new();
                for offer in crate::tables::offers::query(connection, &sql, params)? {
                    found
                        .entry(offer.partner_id.clone())
                        .or_default()
                        .push(offer);
                }
                Ok(found)
            })
            .await
    }

    fn all_listings(&self) -> Box<dyn AllListings> {
        Box::new(Reading {
            db: self.db.clone(),
            row: listings::BEGIN,
        })
    }

    async fn listing_after(&self, id: Option<&OfferId>) -> Result<Listings, StoreError> {
        let id = id.cloned();
        let read = self.db.read(move |connection| {
            let row = listings::row_of(connection, id.as_ref())?;
            listings::after(connection, row, 1)
        });
        let (listing, _) = read.await?;
        Ok(listing)
    }

    async fn listings_of(&self, ids: &[OfferId]) -> Result<Listings, StoreError> {
        if ids.is_empty() {
            return Ok(Listings::default());
        }
        let wanted = json_list(ids.iter().map(OfferId::as_str));
        self.db
            .read(move |connection| listings::of(connection, wanted))
            .await
    }

    async fn sample(
        &self,
        sample: &Sample,
        limit: usize,
        now_ms: i64,
    ) -> Result<Vec<OfferId>, StoreError> {
        let sample = sample.clone();
        self.db
            .read(move |connection| sampling::sample(connection, &sample, limit, now_ms))
            .await
    }

    async fn remaining(&self, ids: &[OfferId]) -> Result<HashMap<OfferId, i32>, StoreError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let wanted = json_list(ids.iter().map(OfferId::as_str));
        self.db
            .read(move |connection| crate::tables::offers::remaining(connection, wanted))
            .await
    }

    async fn tell_of_turns(&self, until_ms: i64) -> Result<usize, StoreError> {
        // Readers first: nothing is due most of the time.
        if !self.db.read(move |c| turns::is_due(c, until_ms)).await? {
            return Ok(0);
        }
        self.db.write(move |tx| turns::tell(tx, until_ms)).await
    }

    async fn create(
        &self,
        draft: Offer,
        author: Author,
        now_ms: i64,
    ) -> Result<Created, StoreError> {
        self.db
            .write(move |tx| update::create(tx, draft, author, now_ms))
            .await
    }

    async fn update(
        &self,
        id: OfferId,
        edit: OfferEdit,
        author: Author,
        now_ms: i64,
    ) -> Result<Updated, StoreError> {
        self.db
            .write(move |tx| update::update(tx, &id, edit, author, now_ms))
            .await
    }
}
