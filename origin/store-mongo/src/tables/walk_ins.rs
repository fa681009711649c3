//! Between documents and walk-ins.

use domain::{
    OfferId, PartnerId, WalkInId,
    bookings::{party::PartySize, walk_in::WalkIn},
    night::Night,
};
use mongodb::bson::{DateTime, Document, doc};

use super::collections::WALK_INS;
use crate::{
    documents::{flag, id, moment_ms, object_id, whole, word},
    error::MongoError,
    tx::Tx,
};

pub fn document(walk_in: &WalkIn) -> Result<Document, MongoError> {
    Ok(doc! {
        "_id": object_id(&walk_in.id)?,
        "offerId": object_id(&walk_in.offer)?,
        "partnerId": object_id(&walk_in.partner)?,
        "night": walk_in.night.to_string(),
        "partySize": walk_in.party.people(),
        "counted": walk_in.counted,
        "at": DateTime::from_millis(walk_in.at_ms),
    })
}

pub fn walk_in(stored: &Document) -> Result<WalkIn, MongoError> {
    let people = whole(stored, "partySize")?;
    Ok(WalkIn {
        id: id(stored, "_id", WalkInId::parse)?,
        offer: id(stored, "offerId", OfferId::parse)?,
        partner: id(stored, "partnerId", PartnerId::parse)?,
        night: word(stored, "night", Night::parse)?,
        party: PartySize::new(people).ok_or_else(|| MongoError::corrupt("party size", &people))?,
        counted: flag(stored, "counted")?,
        at_ms: moment_ms(stored, "at")?,
    })
}

/// The people who walked in to an offer. From now on they count in its quota, also those who came while it
/// had none.
pub async fn count_places(tx: &mut Tx, offer: &OfferId) -> Result<i64, MongoError> {
    let of_offer = doc! {"offerId": object_id(offer)?};
    let counted = doc! {"$set": {"counted": true}};
    if tx.update_many(WALK_INS, of_offer.clone(), counted).await? == 0 {
        return Ok(0);
    }
    let sum = doc! {"_id": null, "people": {"$sum": "$partySize"}};
    let stages = vec![doc! {"$match": of_offer}, doc! {"$group": sum}];
    let groups = tx.aggregate(WALK_INS, stages).await?;
    let people = groups.first().map(|group| whole(group, "people"));
    Ok(i64::from(people.transpose()?.unwrap_or(0)))
}
