//! The catalogue in MongoDB: the documents themselves are the blocks' affair. The queries are in
//! `crate::queries`.

use std::{collections::HashSet, sync::Arc};

use async_trait::async_trait;
use domain::{
    StoreError,
    catalogue::{Added, Announce, BulkLoad, CatalogueStore, Family, Reach},
};
use mongodb::bson::{Bson, Document, doc, oid::ObjectId};

use crate::{
    database::MongoDb,
    documents::{bad, object_id},
    error::MongoError,
    limits::SERVER_WITHIN,
    outbox,
    tables::{
        collections::{ESTABLISHMENTS, OFFERS, OUTBOX, PARTNERS},
        offers as rows,
        partners::{establishment_document, partner_document},
    },
    tx::Tx,
};

/// The catalogue of a MongoDB database.
#[derive(Debug, Clone)]
pub struct MongoCatalogue {
    db: MongoDb,
}

impl MongoCatalogue {
    pub const fn new(db: MongoDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl CatalogueStore for MongoCatalogue {
    /// A transaction has five seconds, also on a busy server; what it waits for is mostly the
    /// network and the disks of a majority.
    fn bulk_load(&self) -> BulkLoad {
        BulkLoad {
            rows_per_transaction: 1_000,
            transactions_at_once: 8,
        }
    }

    async fn is_empty(&self) -> Result<bool, StoreError> {
        let offers = self.db.collection::<Document>(OFFERS);
        let found = self.db.run(async move {
            let one = offers
                // A bound: an order alone does not lead every server to an index.
                .find_one(doc! {"_id": {"$gte": ObjectId::from_bytes([0; 12])}})
                .sort(doc! {"_id": 1})
                .projection(doc! {"_id": 1})
                .max_time(SERVER_WITHIN);
            Ok(one.await?)
        });
        Ok(found.await?.is_none())
    }

    async fn add(
        &self,
        families: Vec<Family>,
        announce: Announce,
        now_ms: i64,
    ) -> Result<Added, StoreError> {
        let families = Arc::new(families);
        Ok(self
            .db
            .transaction_that_adds(move |tx| {
                let (families, announce) = (Arc::clone(&families), announce.clone());
                Box::pin(async move { add(tx, &families, announce, now_ms).await })
            })
            .await?)
    }
}

async fn add(
    tx: &mut Tx,
    families: &[Family],
    announce: Announce,
    now_ms: i64,
) -> Result<Added, MongoError> {
    let partners = documents(families.iter().map(|f| &f.partner), partner_document)?;
    let places = families.iter().flat_map(|family| &family.establishments);
    let places = documents(places, establishment_document)?;
    let offers = families.iter().flat_map(|family| &family.offers);
    let new_offers = documents(offers.clone(), rows::document)?;
    let added_partners = add_missing(tx, PARTNERS, partners).await?;
    let added_places = add_missing(tx, ESTABLISHMENTS, places).await?;
    let mut added_offers = add_missing(tx, OFFERS, new_offers).await?;
    let mut added = Added {
        partners: added_partners.len(),
        establishments: added_places.len(),
        ..Added::default()
    };
    for offer in offers {
        // Each id once, and the first of it is what was stored.
        if added_offers.remove(&object_id(&offer.id)?) {
            added.offers.push(offer.clone());
        }
    }
    match announce.reach {
        Reach::Everything {
            instead_of: Some(id),
        } => {
            tx.delete_one(OUTBOX, doc! {"_id": id}).await?;
        }
        Reach::Everything { instead_of: None } | Reach::Added => {}
    }
    if let Some(purge) = announce.purge(&added.offers) {
        added.purge = Some(outbox::push(tx, &purge, now_ms).await?);
    }
    Ok(added)
}

/// Documents with their ids.
type New = Vec<(ObjectId, Document)>;

fn documents<'d, T: 'd>(
    all: impl Iterator<Item = &'d T>,
    document: impl Fn(&T) -> Result<Document, MongoError>,
) -> Result<New, MongoError> {
    let with_id = |one: &T| {
        let document = document(one)?;
        let id = document.get_object_id("_id").map_err(bad("_id"))?;
        Ok((id, document))
    };
    all.map(with_id).collect()
}

/// Inserts those that are not stored yet, of each id the first; gives their ids.
async fn add_missing(
    tx: &mut Tx,
    collection: &str,
    new: New,
) -> Result<HashSet<ObjectId>, MongoError> {
    if new.is_empty() {
        return Ok(HashSet::new());
    }
    let ids = new.iter().map(|(id, _)| Bson::from(*id)).collect();
    let found = tx.find_ids(collection, ids, doc! {"_id": 1}).await?;
    let stored = found
        .iter()
        .map(|document| document.get_object_id("_id").map_err(bad("_id")));
    let (ids, missing) = missing(stored.collect::<Result<_, _>>()?, new);
    tx.insert_many(collection, missing).await?;
    Ok(ids)
}

/// Those whose ids are not stored, of each the first.
fn missing(mut stored: HashSet<ObjectId>, new: New) -> (HashSet<ObjectId>, Vec<Document>) {
    let mut ids = HashSet::new();
    let mut missing = Vec::new();
    for (id, document) in new {
        if stored.insert(id) {
            ids.insert(id);
            missing.push(document);
        }
    }
    (ids, missing)
}

#[cfg(test)]
mod tests {
    use domain::{Offer, catalogue::sample};

    use super::*;

    #[test]
    fn of_each_id_that_is_not_stored_the_first_is_added() {
        let [stored, one, two] = [1, 2, 3].map(|byte| ObjectId::from_bytes([byte; 12]));
        let new = [(one, 1), (stored, 2), (two, 3), (one, 4)]
            .map(|(id, n)| (id, doc! {"_id": id, "n": n}))
            .to_vec();
        let (ids, missing) = missing(HashSet::from([stored]), new);
        assert_eq!(ids, HashSet::from([one, two]));
        let numbers: Vec<_> = missing.iter().map(|d| d.get_i32("n").unwrap()).collect();
        assert_eq!(numbers, [1, 3]);
    }

    #[test]
    fn documents_go_by_the_ids_of_the_domain() {
        let families: Vec<Family> = sample::families(20, 1_790_000_000_000).collect();
        let offers: Vec<&Offer> = families.iter().flat_map(|f| &f.offers).collect();
        let documents = documents(offers.iter().copied(), rows::document).unwrap();
        let ids: Vec<String> = documents.iter().map(|(id, _)| id.to_hex()).collect();
        assert!(ids.iter().eq(offers.iter().map(|offer| offer.id.as_str())));
        for (offer, (_, document)) in offers.iter().zip(&documents) {
            let from = document.get_datetime("validFrom").unwrap();
            assert_eq!(from.timestamp_millis(), offer.valid_from_ms);
            let is_there = document.get_document("quota").is_ok();
            assert_eq!(is_there, offer.quota.is_some());
        }
    }
}
