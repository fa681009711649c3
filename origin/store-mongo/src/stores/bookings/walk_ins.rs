//! People who come without a booking. Recording them writes to the offer, as a booking does: two that take its
//! places conflict.

use domain::{
    OfferId, PartnerId, WalkInId,
    bookings::{
        night::WalkInCount,
        refusals::BookingRefusal,
        walk_in::{self, NewWalkIn, WalkIn, WalkInUndone, WalkedIn, walk_in},
    },
    night::Night,
};
use mongodb::bson::{Document, doc};

use crate::{
    database::MongoDb,
    documents::{collect, id, moment_ms, object_id, whole},
    error::MongoError,
    limits::SERVER_WITHIN,
    outbox,
    tables::{collections::WALK_INS, places, walk_ins as rows},
    tx::Tx,
};

pub(super) async fn record(
    tx: &mut Tx,
    new: &NewWalkIn,
    now_ms: i64,
) -> Result<WalkedIn, MongoError> {
    let this = doc! {"_id": object_id(&new.id)?};
    let before = tx.find_one(WALK_INS, this).await?;
    let before = before.as_ref().map(rows::walk_in).transpose()?;
    let offer = places::meet_others(tx, &new.offer).await?;
    let write = match walk_in(new, before, offer, now_ms) {
        Ok(write) => write,
        Err(answer) => return Ok(answer),
    };
    if write.walk_in.counted && !places::take_places(tx, &new.offer, new.party).await? {
        return Ok(WalkedIn::Refused(BookingRefusal::SoldOut));
    }
    tx.insert_one(WALK_INS, rows::document(&write.walk_in)?)
        .await?;
    outbox::push(tx, &write.purge, now_ms).await?;
    Ok(WalkedIn::Done(Box::new(write.walk_in)))
}

pub(super) async fn one(db: &MongoDb, id: &WalkInId) -> Result<Option<WalkIn>, MongoError> {
    let walk_ins = db.collection::<Document>(WALK_INS);
    let this = doc! {"_id": object_id(id)?};
    let found = db.run(async move { Ok(walk_ins.find_one(this).max_time(SERVER_WITHIN).await?) });
    found.await?.as_ref().map(rows::walk_in).transpose()
}

pub(super) async fn undo(
    tx: &mut Tx,
    id: &WalkInId,
    now_ms: i64,
) -> Result<WalkInUndone, MongoError> {
    let this = doc! {"_id": object_id(id)?};
    let Some(stored) = tx.find_one(WALK_INS, this.clone()).await? else {
        return Ok(WalkInUndone::NotFound);
    };
    let walk_in = rows::walk_in(&stored)?;
    let offer = places::meet_others(tx, &walk_in.offer).await?;
    let purge = match walk_in::undo(&walk_in, offer.clone(), now_ms) {
        Ok(purge) => purge,
        Err(refusal) => return Ok(WalkInUndone::Refused(refusal)),
    };
    if tx.delete_one(WALK_INS, this).await? == 0 {
        return Ok(WalkInUndone::NotFound);
    }
    if let Some(offer) = offer.filter(|_| walk_in.counted) {
        places::give_places_back(tx, &offer, walk_in.party).await?;
    }
    outbox::push(tx, &purge, now_ms).await?;
    Ok(WalkInUndone::Done)
}

pub(super) async fn of_night(
    db: &MongoDb,
    partner: &PartnerId,
    night: Night,
) -> Result<Vec<WalkInCount>, MongoError> {
    let stages = vec![
        doc! {"$match": {"partnerId": object_id(partner)?, "night": night.to_string()}},
        doc! {"$group": {
            "_id": "$offerId",
            "people": {"$sum": "$partySize"},
            "first": {"$min": "$at"},
            "last": {"$max": "$at"},
        }},
    ];
    let walk_ins = db.collection::<Document>(WALK_INS);
    let found = db.run(async move {
        let found = walk_ins.aggregate(stages).max_time(SERVER_WITHIN);
        collect(found.await?).await
    });
    let found = found.await?;
    let counts = found.iter().map(|stored| {
        Ok(WalkInCount {
            offer: id(stored, "_id", OfferId::parse)?,
            people: whole(stored, "people")?.into(),
            first_ms: moment_ms(stored, "first")?,
            last_ms: moment_ms(stored, "last")?,
        })
    });
    counts.collect()
}
