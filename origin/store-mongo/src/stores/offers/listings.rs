//! What the catalogue index keeps of offers: the offers, then the names of their partners and
//! establishments.

use std::collections::{HashMap, HashSet};

use domain::{
    OfferId,
    offers::listing::{CorruptOffer, Listings},
};
use mongodb::bson::{Bson, Document, doc, oid::ObjectId};

use crate::{
    database::MongoDb,
    documents::{at_most, batch, collect, object_id, object_ids},
    error::MongoError,
    limits::SERVER_WITHIN,
    tables::{
        collections::{ESTABLISHMENTS, OFFERS, PARTNERS},
        offers as rows,
    },
};

/// The listings after an id.
pub(super) async fn after(
    db: &MongoDb,
    after: Option<&OfferId>,
    most: usize,
) -> Result<Listings, MongoError> {
    let later = match after {
        Some(id) => doc! {"_id": {"$gt": object_id(id)?}},
        None => doc! {},
    };
    let found = find(db, OFFERS, later, rows::listing_fields(), most).await?;
    read(db, &found).await
}

/// The listings of some ids.
pub(super) async fn of(db: &MongoDb, ids: &[OfferId]) -> Result<Listings, MongoError> {
    let among = doc! {"_id": {"$in": object_ids(ids)?}};
    let found = find(db, OFFERS, among, rows::listing_fields(), ids.len()).await?;
    read(db, &found).await
}

/// At most `most` documents, by id.
async fn find(
    db: &MongoDb,
    collection: &str,
    filter: Document,
    projection: Document,
    most: usize,
) -> Result<Vec<Document>, MongoError> {
    let all = db.collection::<Document>(collection);
    let work = async move {
        let find = all
            .find(filter)
            .sort(doc! {"_id": 1})
            .projection(projection)
            .limit(i64::from(at_most(most)))
            .batch_size(batch(most))
            .max_time(SERVER_WITHIN);
        collect(find.await?).await
    };
    db.run(work).await
}

async fn read(db: &MongoDb, found: &[Document]) -> Result<Listings, MongoError> {
    let partners = names(db, PARTNERS, found, "partnerId").await?;
    let places = names(db, ESTABLISHMENTS, found, "establishmentId").await?;
    let name = |names: &HashMap<ObjectId, String>, stored: &Document, field: &str| {
        let id = stored.get_object_id(field).ok();
        id.and_then(|id| names.get(&id))
            .cloned()
            .unwrap_or_default()
    };
    let mut listings = Listings::default();
    for stored in found {
        if let Ok(id) = rows::offer_id(stored) {
            listings.last = listings.last.max(Some(id));
        }
        let names = (
            name(&partners, stored, "partnerId"),
            name(&places, stored, "establishmentId"),
        );
        match rows::listing(stored, names) {
            Ok(listing) => listings.found.push(listing),
            Err(error) => listings.corrupt.push(CorruptOffer {
                id: stored.get("_id").map_or_else(String::new, Bson::to_string),
                why: error.to_string(),
            }),
        }
    }
    Ok(listings)
}

/// The names of the documents that `field` refers to.
async fn names(
    db: &MongoDb,
    collection: &str,
    found: &[Document],
    field: &str,
) -> Result<HashMap<ObjectId, String>, MongoError> {
    let ids: HashSet<ObjectId> = found
        .iter()
        .filter_map(|stored| stored.get_object_id(field).ok())
        .collect();
    let count = ids.len();
    if count == 0 {
        return Ok(HashMap::new());
    }
    let among = doc! {"_id": {"$in": ids.into_iter().collect::<Vec<_>>()}};
    let found = find(db, collection, among, doc! {"name": 1}, count).await?;
    let name = |stored: &Document| {
        let id = stored.get_object_id("_id").ok()?;
        Some((id, stored.get_str("name").ok()?.to_owned()))
    };
    Ok(found.iter().filter_map(name).collect())
}
