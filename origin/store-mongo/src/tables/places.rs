//! Places of a quota, for the block that books them.

use domain::{Offer, OfferId};
use mongodb::{
    ClientSession,
    bson::{Document, doc},
};

use crate::{
    database::MongoDb,
    documents::object_id,
    error::MongoError,
    limits::SERVER_WITHIN,
    tables::{collections::OFFERS, offers as rows},
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
pub async fn one(
    db: &MongoDb,
    session: &mut ClientSession,
    id: &OfferId,
) -> Result<Option<Offer>, MongoError> {
    let found = db
        .collection::<Document>(OFFERS)
        .find_one(doc! {"_id": object_id(id)?})
        .projection(doc! {"folded": 0})
        .max_time(SERVER_WITHIN)
        .session(session)
        .await?;
    found.as_ref().map(rows::offer).transpose()
}

/// Takes one, if one is left. Of an offer without a total nothing is taken, but its document is
/// written: who counts what others may be adding has to meet them here.
pub async fn take_place(
    db: &MongoDb,
    session: &mut ClientSession,
    offer: &Offer,
) -> Result<bool, MongoError> {
    let mut this = doc! {"_id": object_id(&offer.id)?};
    let mut one = doc! {"bookings": 1};
    if offer.quota.is_some() {
        this.insert("quota.remaining", doc! {"$gt": 0});
        one.insert("quota.remaining", -1);
    }
    let taken = db
        .collection::<Document>(OFFERS)
        .update_one(this, doc! {"$inc": one})
        .session(session)
        .await?;
    Ok(taken.matched_count > 0)
}

/// Gives one back; never more than there are.
pub async fn give_back_place(
    db: &MongoDb,
    session: &mut ClientSession,
    id: &OfferId,
) -> Result<(), MongoError> {
    let Some(offer) = self::one(db, session, id).await? else {
        return Ok(());
    };
    let Some(quota) = offer.quota else {
        return Ok(());
    };
    let this = doc! {"_id": object_id(id)?, "quota.remaining": {"$lt": quota.total}};
    db.collection::<Document>(OFFERS)
        .update_one(this, doc! {"$inc": {"quota.remaining": 1}})
        .session(session)
        .await?;
    Ok(())
}
