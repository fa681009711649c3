//! Places of a quota, for the block that books them.

use domain::{Offer, OfferId, bookings::party::PartySize};
use mongodb::bson::{Document, doc};

use crate::{
    database::MongoDb,
    documents::{object_id, whole},
    error::MongoError,
    limits::SERVER_WITHIN,
    tables::{
        bookings,
        collections::{BOOKINGS, OFFERS},
        offers as rows, walk_ins,
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

/// How many places the offer's bookings and walk-ins hold. From now on they count in the offer's quota, also
/// those that were made while it had none.
pub async fn count_booked(tx: &mut Tx, id: &OfferId) -> Result<i32, MongoError> {
    // A booking that is made at the same moment conflicts: both write to the offer.
    meet_others(tx, id).await?;
    let holding = doc! {"offerId": object_id(id)?, "status": bookings::holding()};
    let counted = doc! {"$set": {"counted": true}};
    tx.update_many(BOOKINGS, holding.clone(), counted).await?;
    let places = held_places(tx, holding).await?;
    let places = places + walk_ins::count_places(tx, id).await?;
    Ok(i32::try_from(places).unwrap_or(i32::MAX))
}

/// The places that these bookings hold together.
pub async fn held_places(tx: &mut Tx, filter: Document) -> Result<i64, MongoError> {
    let group = doc! {"_id": null, "places": bookings::sum_of_places()};
    let groups = tx
        .aggregate(
            BOOKINGS,
            vec![doc! {"$match": filter}, doc! {"$group": group}],
        )
        .await?;
    let places = groups.first().map(|group| whole(group, "places"));
    Ok(i64::from(places.transpose()?.unwrap_or(0)))
}

/// Takes one for each person, if so many are left.
pub async fn take_places(tx: &mut Tx, id: &OfferId, party: PartySize) -> Result<bool, MongoError> {
    let people = party.people();
    let this = doc! {"_id": object_id(id)?, "quota.remaining": {"$gte": people}};
    let taken = doc! {"$inc": {"quota.remaining": -people}};
    Ok(tx.update_one(OFFERS, this, taken).await? > 0)
}

/// Writes to the offer, so that transactions that count its bookings at the same time conflict;
/// returns the offer as it is in this transaction.
pub async fn meet_others(tx: &mut Tx, id: &OfferId) -> Result<Option<Offer>, MongoError> {
    let this = doc! {"_id": object_id(id)?};
    let met = tx.find_one_and_update(OFFERS, this, doc! {"$inc": {"bookings": 1}});
    met.await?.as_ref().map(rows::offer).transpose()
}

/// Gives one back for each person; never more than there are.
pub async fn give_places_back(
    tx: &mut Tx,
    offer: &Offer,
    party: PartySize,
) -> Result<(), MongoError> {
    let Some(quota) = offer.quota else {
        return Ok(());
    };
    let id = object_id(&offer.id)?;
    let people = party.people();
    let fits = doc! {"_id": id, "quota.remaining": {"$lte": quota.total - people}};
    let given = doc! {"$inc": {"quota.remaining": people}};
    if tx.update_one(OFFERS, fits, given).await? == 0 {
        let this = doc! {"_id": id, "quota.remaining": {"$lt": quota.total}};
        let all = doc! {"$set": {"quota.remaining": quota.total}};
        tx.update_one(OFFERS, this, all).await?;
    }
    Ok(())
}
