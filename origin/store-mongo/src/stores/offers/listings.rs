//! What the catalogue index keeps of offers: the offers, then the names of their partners and
//! establishments.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    OfferId, StoreError,
    offers::{
        listing::{CorruptOffer, Listings},
        store::AllListings,
    },
};
use futures_util::TryStreamExt;
use mongodb::{
    Cursor,
    bson::{Bson, Document, doc, oid::ObjectId},
    options::Hint,
};

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

/// How long reading all offers may keep the server busy.
const ALL_WITHIN: Duration = Duration::from_mins(2);
/// How long one batch of them may take: nobody waits for it as for an answer.
const BATCH_WITHIN: Duration = Duration::from_secs(30);
/// How far beyond an id the next one is looked for at first: a 4,096th of all ids, by the first two
/// bytes.
const NEARBY: u16 = 16;

/// A reading of all listings through one cursor, which the server keeps between two batches. Asking for
/// each batch by the last id of the one before took Azure DocumentDB longer than a read may: it sorts
/// all offers that come after.
///
/// The cursor is lost when the server restarts, when nobody reads on for a while, and after
/// [`ALL_WITHIN`]: the next batch is an error then, and who reads begins again.
pub(super) struct Reading {
    db: MongoDb,
    at: At,
}

enum At {
    Begin,
    Open(Box<Cursor<Document>>),
    End,
    /// A batch failed, or its reader did not wait for it.
    Lost,
}

impl Reading {
    pub(super) const fn new(db: MongoDb) -> Self {
        let at = At::Begin;
        Self { db, at }
    }

    async fn next_listings(&mut self, most: usize) -> Result<Listings, MongoError> {
        let db = self.db.clone();
        let cursor = match std::mem::replace(&mut self.at, At::Lost) {
            At::Begin => None,
            At::Open(cursor) => Some(cursor),
            At::End => {
                self.at = At::End;
                return Ok(Listings::default());
            }
            At::Lost => return Err(StoreError::Interrupted.into()),
        };
        let reading = self.db.run_within(BATCH_WITHIN, async move {
            let mut cursor = match cursor {
                Some(cursor) => cursor,
                None => Box::new(open(&db, most).await?),
            };
            let mut found = Vec::new();
            while found.len() < most {
                match cursor.try_next().await? {
                    Some(stored) => found.push(stored),
                    None => return Ok((found, At::End)),
                }
            }
            Ok((found, At::Open(cursor)))
        });
        let (found, at) = reading.await?;
        let listings = read(&self.db, &found).await?;
        self.at = at;
        Ok(listings)
    }
}

#[async_trait]
impl AllListings for Reading {
    async fn next(&mut self, most: usize) -> Result<Listings, StoreError> {
        Ok(self.next_listings(most).await?)
    }
}

/// A cursor over all offers. The hint makes servers walk through the index of ids and not through the
/// collection; an order would make Azure DocumentDB sort all offers first.
async fn open(db: &MongoDb, most: usize) -> Result<Cursor<Document>, MongoError> {
    let offers = db.collection::<Document>(OFFERS);
    let cursor = offers
        .find(doc! {})
        .projection(rows::listing_fields())
        .hint(Hint::Keys(doc! {"_id": 1}))
        .batch_size(at_most(most))
        .max_time(ALL_WITHIN);
    Ok(cursor.await?)
}

/// The listing with the next id.
pub(super) async fn after(db: &MongoDb, id: Option<&OfferId>) -> Result<Listings, MongoError> {
    let after = id.map_or(Ok(LEAST), object_id)?;
    // Azure DocumentDB sorts all that is in reach, and 100,000 offers take it 0.3 s.
    let mut found = match nearby(after) {
        Some(until) => next(db, doc! {"$gt": after, "$lte": until}).await?,
        None => Vec::new(),
    };
    if found.is_empty() {
        found = next(db, doc! {"$gt": after}).await?;
    }
    read(db, &found).await
}

/// The least id; no offer has it.
const LEAST: ObjectId = ObjectId::from_bytes([0; 12]);

fn nearby(after: ObjectId) -> Option<ObjectId> {
    let mut bytes = after.bytes();
    let [first, second, ..] = &mut bytes;
    let until = u16::from_be_bytes([*first, *second]).checked_add(NEARBY)?;
    [*first, *second] = until.to_be_bytes();
    Some(ObjectId::from_bytes(bytes))
}

async fn next(db: &MongoDb, ids: Document) -> Result<Vec<Document>, MongoError> {
    find(db, OFFERS, doc! {"_id": ids}, rows::listing_fields(), 1).await
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
    let of_partner = doc! {"name": 1, "category": 1, "rating": 1, "listed": 1};
    let partners = referred(db, PARTNERS, found, "partnerId", of_partner).await?;
    let of_place = doc! {"name": 1, "address.city": 1, "address.country": 1, "address.postcode": 1};
    let places = referred(db, ESTABLISHMENTS, found, "establishmentId", of_place).await?;
    let mut listings = Listings::default();
    for stored in found {
        let partner = referred_by(stored, "partnerId", &partners);
        let place = referred_by(stored, "establishmentId", &places);
        match rows::listing(stored, rows::related(partner, place)) {
            Ok(listing) => listings.found.push(listing),
            Err(error) => listings.corrupt.push(CorruptOffer {
                id: stored.get("_id").map_or_else(String::new, Bson::to_string),
                why: error.to_string(),
            }),
        }
    }
    Ok(listings)
}

fn referred_by<'d>(
    stored: &Document,
    field: &str,
    all: &'d HashMap<ObjectId, Document>,
) -> Option<&'d Document> {
    all.get(&stored.get_object_id(field).ok()?)
}

/// The documents that `field` refers to.
async fn referred(
    db: &MongoDb,
    collection: &str,
    found: &[Document],
    field: &str,
    projection: Document,
) -> Result<HashMap<ObjectId, Document>, MongoError> {
    let ids: HashSet<ObjectId> = found
        .iter()
        .filter_map(|stored| stored.get_object_id(field).ok())
        .collect();
    let count = ids.len();
    if count == 0 {
        return Ok(HashMap::new());
    }
    let among = doc! {"_id": {"$in": ids.into_iter().collect::<Vec<_>>()}};
    let found = find(db, collection, among, projection, count).await?;
    let by_id = |stored: Document| Some((stored.get_object_id("_id").ok()?, stored));
    Ok(found.into_iter().filter_map(by_id).collect())
}
