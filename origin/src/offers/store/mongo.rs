//! Offers in MongoDB: by id, by distance, newest first. The queries are in `mongo::queries`.

mod filter;
mod measure;
mod near;
mod near_words;
mod newest;
pub(crate) mod rows;
#[cfg(test)]
mod tests;
mod update;

use std::collections::HashMap;

use async_trait::async_trait;
use mongodb::{
    Collection,
    bson::{Document, doc, oid::ObjectId},
};

use super::{
    Author, Columns, Near, OfferCursor, OfferPage, OfferQuery, OfferStore, Updated, Visibility,
};
use crate::{
    domain::{Offer, OfferCategory, OfferId, PartnerId},
    embedded::StoreError,
    mongo::{
        MongoDb, SERVER_WITHIN,
        documents::{at_most, batch, collect, object_ids},
    },
    offers::edit::OfferEdit,
    partners::store::mongo::PARTNERS,
};

pub(crate) const OFFERS: &str = "offers";

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

    async fn find(&self, ids: &[OfferId], columns: Document) -> Result<Vec<Document>, StoreError> {
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
        let offers = found.iter().map(rows::offer);
        offers
            .map(|offer| offer.map(|offer| (offer.id.clone(), offer)))
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
        let stages = of_partners(ids, filter::visible(visibility, now_ms), limit_each);
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
            let offer = rows::offer(&stored)?;
            let list = of_partners.entry(offer.partner_id.clone()).or_default();
            list.push(offer);
        }
        Ok(of_partners)
    }

    async fn list(&self, query: &OfferQuery) -> Result<OfferPage, StoreError> {
        let Some(conditions) = filter::of(query)? else {
            return Ok(nothing(query.columns));
        };
        let (first, columns, fields) = (query.first, query.columns, query.fields);
        let offers = self.offers();
        match (query.near.clone(), query.after.clone()) {
            (Some(_), Some(OfferCursor::Newest { .. }))
            | (None, Some(OfferCursor::Near { .. })) => Err(StoreError::ForeignCursor),
            (Some(near), after) => {
                let after = after.and_then(position);
                if query.search.is_some() {
                    let list =
                        near_words::list(offers, near, conditions, after, first, columns, fields);
                    self.db.run(list).await
                } else {
                    let list = near::list(offers, near, conditions, after, first, columns, fields);
                    self.db.run(list).await
                }
            }
            (None, after) => {
                let after = after.and_then(moment);
                let list = newest::list(offers, conditions, after, first, columns, fields);
                self.db.run(list).await
            }
        }
    }

    async fn remaining(&self, ids: &[OfferId]) -> Result<HashMap<OfferId, i32>, StoreError> {
        let found = self.find(ids, doc! {"quota.remaining": 1}).await?;
        let mut remaining = HashMap::new();
        for stored in &found {
            if let Some(left) = rows::remaining(stored)? {
                remaining.insert(rows::offer_id(stored)?, left);
            }
        }
        Ok(remaining)
    }

    async fn next_change_ms(
        &self,
        near: Option<&Near>,
        categories: &[OfferCategory],
        now_ms: i64,
    ) -> Result<Option<i64>, StoreError> {
        let (offers, near, categories) = (self.offers(), near.cloned(), categories.to_vec());
        self.db
            .run(async move {
                match near {
                    Some(near) => near::next_change_ms(offers, near, &categories, now_ms).await,
                    None => newest::next_change_ms(offers, &categories, now_ms).await,
                }
            })
            .await
    }

    async fn update(
        &self,
        id: OfferId,
        edit: OfferEdit,
        author: Author,
        now_ms: i64,
    ) -> Result<Updated, StoreError> {
        let db = self.db.clone();
        self.db
            .transaction(move |session| {
                let (db, id) = (db.clone(), id.clone());
                let (edit, author) = (edit.clone(), author.clone());
                Box::pin(
                    async move { update::update(&db, session, &id, edit, author, now_ms).await },
                )
            })
            .await
    }
}

/// The newest offers of each partner. The limit applies inside, by partner: one with ten thousand
/// offers costs no more.
fn of_partners(ids: Vec<ObjectId>, visible: Document, limit_each: usize) -> Vec<Document> {
    let limit_each = i64::from(at_most(limit_each));
    vec![
        doc! {"$match": {"_id": {"$in": ids}}},
        doc! {"$project": {"_id": 1}},
        doc! {"$lookup": {
            "from": OFFERS,
            "localField": "_id",
            "foreignField": "partnerId",
            "pipeline": [
                {"$match": visible},
                {"$sort": newest::order()},
                {"$limit": limit_each},
                {"$project": {"folded": 0}},
            ],
            "as": "offer",
        }},
        doc! {"$unwind": "$offer"},
        doc! {"$replaceRoot": {"newRoot": "$offer"}},
    ]
}

fn position(cursor: OfferCursor) -> Option<near::Position> {
    match cursor {
        OfferCursor::Near { distance_km, id } => Some(near::Position { distance_km, id }),
        OfferCursor::Newest { .. } => None,
    }
}

fn moment(cursor: OfferCursor) -> Option<(i64, OfferId)> {
    match cursor {
        OfferCursor::Newest { created_at_ms, id } => Some((created_at_ms, id)),
        OfferCursor::Near { .. } => None,
    }
}

/// What matches, when it was asked for.
async fn count(
    offers: &Collection<Document>,
    filter: Document,
    columns: Columns,
) -> Result<Option<u64>, StoreError> {
    match columns {
        Columns::Edges => Ok(None),
        Columns::EdgesAndTotal => {
            let count = offers.count_documents(filter).max_time(SERVER_WITHIN);
            Ok(Some(count.await?))
        }
    }
}

/// A page out of one item more than it may have.
fn page(mut items: Vec<(Offer, Option<f64>)>, first: usize, total: Option<u64>) -> OfferPage {
    let has_next_page = items.len() > first;
    items.truncate(first);
    OfferPage {
        items,
        has_next_page,
        total,
    }
}

fn nothing(columns: Columns) -> OfferPage {
    let total = match columns {
        Columns::Edges => None,
        Columns::EdgesAndTotal => Some(0),
    };
    OfferPage {
        total,
        ..OfferPage::default()
    }
}

/// One more than `first`, as servers count.
fn limit(first: usize) -> i64 {
    i64::from(batch(first))
}
