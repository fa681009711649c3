//! Places of a quota, for the block that books them.

use domain::{Offer, OfferId};
use mongodb::bson::{Document, doc};

use crate::{
    database::MongoDb,
    documents::object_id,
    error::MongoError,
    limits::SERVER_WITHIN,
    tables::{
        bookings,
        collections::{BOOKINGS, OFFERS},
        offers as rows,
    },
    tx::Tx,
};

/// Whether nothing is left of its quota, outside of any transaction.
pub async fn is_sold_out(db: &MongoDb, id: &OfferId) -> Result<bool, MongoError> {
    let (offers, this) = (
        db.collection::<Document>(OFFERS),
        doc! {"_id": object_id(id)?},
    );
    let found = db.run(async move {
        let found = offers
            .find_one(this)
            .projection(doc! {"quota.remaining": 1});
        Ok(found.max_time(SERVER_WITHIN).await?)
    });
    let left = found.await?.as_ref().map(rows::remaining).transpose()?;
    Ok(left.flatten().is_some_and(|left| left <= 0))
}

/// The offer as it is in this transaction.
pub async fn one(tx: &mut Tx, id: &OfferId) -> Result<Option<Offer>, MongoError> {
    let this = doc! {"_id": object_id(id)?};
    let found = tx.find_one_projected(OFFERS, this, doc! {"folded": 0});
    found.await?.as_ref().map(rows::offer).transpose()
}

/// How many bookings of the offer hold a place. From now on they count in the offer's quota, also
/// those that were made while it had none.
pub async fn count_booked(tx: &mut Tx, id: &OfferId) -> Result<i32, MongoError> {
    // A booking that is made at the same moment conflicts: both write to the offer.
    meet_others(tx, id).await?;
    let holding = doc! {"offerId": object_id(id)?, "status": bookings::holding()};
    let counted = doc! {"$set": {"counted": true}};
    let count = tx.update_many(BOOKINGS, holding, counted).await?;
    Ok(i32::try_from(count).unwrap_or(i32::MAX))
}

/// Takes one, if one is left.
pub async fn take_place(tx: &mut Tx, id: &OfferId) -> Result<bool, MongoError> {
    let this = doc! {"_id": object_id(id)?, "quota.remaining": {"$gt": 0}};
    let one = doc! {"$inc": {"quota.remaining": -1}};
    Ok(tx.update_one(OFFERS, this, one).await? > 0)
}

/// Writes to the offer, so that transactions that count its bookings at the same time conflict;
/// returns the offer as it is in this transaction.
pub async fn meet_others(tx: &mut Tx, id: &OfferId) -> Result<Option<Offer>, MongoError> {
    let this = doc! {"_id": object_id(id)?};
    let met = tx.find_one_and_update(OFFERS, this, doc! {"$inc": {"bookings": 1}});
    met.await?.as_ref().map(rows::offer).transpose()
}

/// Gives one back; never more than there are.
pub async fn give_back_place(tx: &mut Tx, offer: &Offer) -> Result<(), MongoError> {
    let Some(quota) = offer.quota else {
        return Ok(());
    };
    let this = doc! {"_id": object_id(&offer.id)?, "quota.remaining": {"$lt": quota.total}};
    tx.update_one(OFFERS, this, doc! {"$inc": {"quota.remaining": 1}})
        .await?;
    Ok(())
}
