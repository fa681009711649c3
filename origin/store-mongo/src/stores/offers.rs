//! Offers in MongoDB: by id and by partner, what the catalogue index reads, and writes. The queries are
//! in `crate::queries`.

mod filter;
mod listings;
mod sampling;
#[cfg(test)]
mod tests;
mod turns;
mod update;

use std::collections::HashMap;

use async_trait::async_trait;
use domain::{
    Offer, OfferId, PartnerId, StoreError,
    offers::{
        edit::OfferEdit,
        listing::Listings,
        store::{AllListings, Author, Created, OfferStore, Sample, Updated, Visibility},
    },
};
use mongodb::{
    Collection,
    bson::{Document, doc},
};

use crate::{
    database::MongoDb,
    documents::{at_most, batch, collect, object_ids},
    error::MongoError,
    limits::SERVER_WITHIN,
    tables::collections::{OFFERS, PARTNERS},
};

/// The offers of a MongoDB database.
#[derive(Debug, Clone)]
pub struct MongoOffers {
    db: MongoDb,
}

impl MongoOffers {
    pub const fn new(db: MongoDb) -> Self {
        Self { db }
    }

    fn offers(&self) -> Collection<Document> {
        self.db.collection(OFFERS)
    }

    async fn find(&self, ids: &[OfferId], columns: Document) -> Result<Vec<Document>, MongoError> {
        let ids = object_ids(ids)?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let offers = self.offers();
        self.db
            .run(async move {
                let size = batch(ids.len());
                let cursor = offers
                    .find(doc! {"_id": {"$in": ids}})
                    .projection(columns)
                    .batch_size(size)
                    .max_time(SERVER_WITHIN)
                    .await?;
                collect(cursor).await
            })
            .await
    }
}

#[async_trait]
impl OfferStore for MongoOffers {
    async fn by_ids(&self, ids: &[OfferId]) -> Result<HashMap<OfferId, Offer>, StoreError> {
        let found = self.find(ids, doc! {"folded": 0}).await?;
        let offers = found.iter().map(crate::tables::offers::offer);
        offers
            .map(|offer| Ok(offer.map(|offer| (offer.id.clone(), offer))?))
            .collect()
    }

    async fn of_partners(
        &self,
        partners: &[PartnerId],
        visibility: Visibility,
        limit_each: usize,
        now_ms: i64,
    ) -> Result<HashMap<PartnerId, Vec<Offer>>, StoreError> {
        let ids = object_ids(partners)?;
        if ids.is_empty() || limit_each == 0 {
            return Ok(HashMap::new());
        }
        let size = batch(ids.len().saturating_mul(limit_each));
        let mut among = doc! {"_id": {"$in": ids}};
        if visibility == Visibility::Public {
            among.insert("listed", doc! {"$ne": false});
        }
        let stages = of_partners(among, filter::visible(visibility, now_ms), limit_each);
        let partners: Collection<Document> = self.db.collection(PARTNERS);
        let found = self.db.run(async move {
            let cursor = partners
                .aggregate(stages)
                .batch_size(size)
                .max_time(SERVER_WITHIN)
                .await?;
            collect(cursor).await
        });
        let mut of_partners: HashMap<PartnerId, Vec<Offer>> = HashMap::new();
        for stored in found.await? {
            let offer = crate::tables::offers::offer(&stored)?;
            let list = of_partners.entry(offer.partner_id.clone()).or_default();
            list.push(offer);
        }
        Ok(of_partners)
    }

    fn all_listings(&self) -> Box<dyn AllListings> {
        Box::new(listings::Reading::new(self.db.clone()))
    }

    async fn listing_after(&self, id: Option<&OfferId>) -> Result<Listings, StoreError> {
        Ok(listings::after(&self.db, id).await?)
    }

    async fn listings_of(&self, ids: &[OfferId]) -> Result<Listings, StoreError> {
        if ids.is_empty() {
            return Ok(Listings::default());
        }
        Ok(listings::of(&self.db, ids).await?)
    }

    async fn sample(
        &self,
        sample: &Sample,
        limit: usize,
        now_ms: i64,
    ) -> Result<Vec<OfferId>, StoreError> {
        let Some(stages) = sampling::pipeline(sample, limit, now_ms) else {
            return Ok(Vec::new());
        };
        let (offers, size) = (self.offers(), batch(limit));
        let found = self.db.run(async move {
            let cursor = offers.aggregate(stages).batch_size(size);
            collect(cursor.max_time(SERVER_WITHIN).await?).await
        });
        let found = found.await?;
        let ids = found.iter().map(crate::tables::offers::offer_id);
        Ok(ids.collect::<Result<_, _>>()?)
    }

    async fn remaining(&self, ids: &[OfferId]) -> Result<HashMap<OfferId, i32>, StoreError> {
        let found = self.find(ids, doc! {"quota.remaining": 1}).await?;
        let mut remaining = HashMap::new();
        for stored in &found {
            if let Some(left) = crate::tables::offers::remaining(stored)? {
                remaining.insert(crate::tables::offers::offer_id(stored)?, left);
            }
        }
        Ok(remaining)
    }

    async fn tell_of_turns(&self, until_ms: i64) -> Result<usize, StoreError> {
        if !turns::is_due(&self.db, until_ms).await? {
            return Ok(0);
        }
        let told = self
            .db
            .transaction(move |tx| Box::pin(async move { turns::tell(tx, until_ms).await }));
        Ok(told.await?)
    }

    async fn create(
        &self,
        draft: Offer,
        author: Author,
        now_ms: i64,
    ) -> Result<Created, StoreError> {
        let created = self.db.transaction_that_adds(move |tx| {
            let (draft, author) = (draft.clone(), author.clone());
            Box::pin(async move { update::create(tx, draft, author, now_ms).await })
        });
        Ok(created.await?)
    }

    async fn update(
        &self,
        id: OfferId,
        edit: OfferEdit,
        author: Author,
        now_ms: i64,
    ) -> Result<Updated, StoreError> {
        let updated = self.db.transaction(move |tx| {
            let (id, edit, author) = (id.clone(), edit.clone(), author.clone());
            Box::pin(async move { update::update(tx, &id, edit, author, now_ms).await })
        });
        Ok(updated.await?)
    }
}

/// The newest offers of each partner. The limit applies inside, by partner: one with ten thousand
/// offers costs no more.
fn of_partners(among: Document, visible: Document, limit_each: usize) -> Vec<Document> {
    let limit_each = i64::from(at_most(limit_each));
    vec![
        doc! {"$match": among},
        doc! {"$project": {"_id": 1}},
        doc! {"$lookup": {
            "from": OFFERS,
            "localField": "_id",
            "foreignField": "partnerId",
            "pipeline": [
                {"$match": visible},
                {"$sort": {"createdAt": -1, "_id": -1}},
                {"$limit": limit_each},
                {"$project": {"folded": 0}},
            ],
            "as": "offer",
        }},
        doc! {"$unwind": "$offer"},
        doc! {"$replaceRoot": {"newRoot": "$offer"}},
    ]
}
