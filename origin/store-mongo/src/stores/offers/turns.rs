//! Tells the purge log of offers that began or ended.

use domain::{
    OfferId, PartnerId,
    offers::validity::{AT_ONCE, Told, Turn, TurnKind, telling},
};
use mongodb::bson::{DateTime, Document, doc};

use crate::{
    database::MongoDb,
    documents::{id, location, moment_ms, object_id, optional},
    error::MongoError,
    limits::SERVER_WITHIN,
    outbox,
    tables::{
        collections::{OFFERS, TURNS_TOLD},
        offers::offer_id,
    },
    tx::Tx,
};

/// The id of the one document of [`TURNS_TOLD`].
const ONE: &str = "told";

/// The field of each kind of turn.
const FIELDS: [(&str, TurnKind); 2] = [
    ("validFrom", TurnKind::Begins),
    ("validUntil", TurnKind::Ends),
];

/// Whether there may be anything to tell; also when nothing was ever told.
pub(super) async fn is_due(db: &MongoDb, until_ms: i64) -> Result<bool, MongoError> {
    let (told_in, offers) = (
        db.collection::<Document>(TURNS_TOLD),
        db.collection::<Document>(OFFERS),
    );
    let work = async move {
        let stored = told_in.find_one(doc! {"_id": ONE});
        let Some(stored) = stored.max_time(SERVER_WITHIN).await? else {
            return Ok(true);
        };
        let told = read(&stored)?;
        for (field, _) in FIELDS {
            let due = offers.find_one(turning(field, &told, until_ms));
            let due = due.projection(doc! {"_id": 1}).max_time(SERVER_WITHIN);
            if due.await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    };
    db.run(work).await
}

pub(super) async fn tell(tx: &mut Tx, until_ms: i64) -> Result<usize, MongoError> {
    let stored = tx.find_one(TURNS_TOLD, doc! {"_id": ONE}).await?;
    let Some(stored) = stored else {
        // The first time: what turned before was never cached otherwise.
        let told = telling(&[], until_ms).told;
        let mut new = document(&told)?;
        new.insert("_id", ONE);
        tx.insert_one(TURNS_TOLD, new).await?;
        return Ok(0);
    };
    let telling = telling(&turns(tx, &read(&stored)?, until_ms).await?, until_ms);
    for purge in &telling.purges {
        outbox::push(tx, purge, until_ms).await?;
    }
    // Of two servers at once one is run again, and finds nothing left to tell.
    let update = doc! {"$set": document(&telling.told)?};
    tx.update_one(TURNS_TOLD, doc! {"_id": ONE}, update).await?;
    Ok(telling.count)
}

fn document(told: &Told) -> Result<Document, MongoError> {
    let offer = told.offer.as_ref().map(object_id).transpose()?;
    Ok(doc! {"at": DateTime::from_millis(told.at_ms), "offerId": offer})
}

fn read(stored: &Document) -> Result<Told, MongoError> {
    Ok(Told {
        at_ms: moment_ms(stored, "at")?,
        offer: optional(stored, "offerId", |_| id(stored, "offerId", OfferId::parse))?,
    })
}

/// Active offers that turn after a place in the order, up to a moment.
fn turning(field: &str, told: &Told, until_ms: i64) -> Document {
    let (at, until) = (
        DateTime::from_millis(told.at_ms),
        DateTime::from_millis(until_ms),
    );
    let range = |from: &str| doc! {"isActive": true, field: {from: at, "$lte": until}};
    match told.offer.as_ref().and_then(|id| object_id(id).ok()) {
        None => range("$gt"),
        Some(id) => doc! {
            "isActive": true,
            field: {"$gte": at, "$lte": until},
            "$or": [{field: {"$gt": at}}, {"_id": {"$gt": id}}],
        },
    }
}

/// The next turns of both kinds, in order.
async fn turns(tx: &mut Tx, told: &Told, until_ms: i64) -> Result<Vec<Turn>, MongoError> {
    let mut turns = Vec::new();
    for (field, kind) in FIELDS {
        let fields = doc! {"partnerId": 1, "location": 1, field: 1};
        let mut filter = turning(field, told, until_ms);
        // An offer that ends before it begins is never shown.
        filter.insert("$expr", doc! {"$lt": ["$validFrom", "$validUntil"]});
        let order = doc! {field: 1, "_id": 1};
        let found = tx
            .find_first(OFFERS, filter, order, fields, AT_ONCE)
            .await?;
        for stored in &found {
            turns.push(turn(stored, field, kind)?);
        }
    }
    turns.sort_by(|a, b| (a.at_ms, &a.offer).cmp(&(b.at_ms, &b.offer)));
    turns.truncate(AT_ONCE);
    Ok(turns)
}

fn turn(stored: &Document, field: &'static str, kind: TurnKind) -> Result<Turn, MongoError> {
    Ok(Turn {
        at_ms: moment_ms(stored, field)?,
        offer: offer_id(stored)?,
        partner: id(stored, "partnerId", PartnerId::parse)?,
        location: location(stored)?,
        kind,
    })
}
