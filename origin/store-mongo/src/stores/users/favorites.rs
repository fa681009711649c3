//! Favourites in MongoDB: one document each, whose `_id` is user and offer, so that none is there
//! twice.

use std::collections::HashSet;

use domain::{
    OfferId, UserId,
    users::store::{Favored, MAX_FAVORITES},
};
use mongodb::bson::{DateTime, Document, doc};

use crate::{
    database::MongoDb,
    documents::{batch, collect, id, moment_ms, object_id},
    error::MongoError,
    limits::SERVER_WITHIN,
    tables::{collections::FAVORITES, users::held},
    tx::Tx,
};

pub(super) async fn add(
    db: &MongoDb,
    user: &UserId,
    offer: &OfferId,
    now_ms: i64,
) -> Result<Favored, MongoError> {
    let row = doc! {
        "_id": key(user, offer),
        "userId": object_id(user)?,
        "offerId": object_id(offer)?,
        "at": DateTime::from_millis(now_ms),
    };
    let user = user.clone();
    let added = db.transaction(move |tx| {
        let (user, row) = (user.clone(), row.clone());
        Box::pin(async move { insert(tx, &user, row).await })
    });
    match added.await {
        Err(error) if error.is_duplicate_key() => Ok(Favored::AlreadyThere),
        outcome => outcome,
    }
}

async fn insert(tx: &mut Tx, user: &UserId, row: Document) -> Result<Favored, MongoError> {
    if !held::is_active(tx, user).await? {
        return Ok(Favored::NoAccount);
    }
    let same = doc! {"_id": row.get_str("_id").unwrap_or_default()};
    if tx.exists(FAVORITES, same).await? {
        return Ok(Favored::AlreadyThere);
    }
    let mine = doc! {"userId": object_id(user)?};
    if tx.count_up_to(FAVORITES, mine, MAX_FAVORITES).await? >= MAX_FAVORITES {
        return Ok(Favored::Full);
    }
    tx.insert_one(FAVORITES, row).await?;
    Ok(Favored::Added)
}

pub(super) async fn remove(
    db: &MongoDb,
    user: &UserId,
    offer: &OfferId,
) -> Result<bool, MongoError> {
    let (favorites, this) = (db.collection::<Document>(FAVORITES), key(user, offer));
    let removed = db.run(async move {
        let removed = favorites.delete_one(doc! {"_id": this}).await?;
        Ok(removed.deleted_count > 0)
    });
    removed.await
}

pub(super) async fn list(db: &MongoDb, user: &UserId) -> Result<Vec<(OfferId, i64)>, MongoError> {
    let favorites = db.collection::<Document>(FAVORITES);
    let mine = doc! {"userId": object_id(user)?};
    let found = db.run(async move {
        let found = favorites
            .find(mine)
            .sort(doc! {"at": -1, "offerId": 1})
            .batch_size(batch(MAX_FAVORITES))
            .max_time(SERVER_WITHIN);
        collect(found.await?).await
    });
    let found = found.await?;
    let rows = found
        .iter()
        .map(|row| Ok((id(row, "offerId", OfferId::parse)?, moment_ms(row, "at")?)));
    rows.collect()
}

pub(super) async fn among(
    db: &MongoDb,
    user: &UserId,
    offers: &[OfferId],
) -> Result<HashSet<OfferId>, MongoError> {
    let favorites = db.collection::<Document>(FAVORITES);
    let keys: Vec<String> = offers.iter().map(|offer| key(user, offer)).collect();
    let count = keys.len();
    let found = db.run(async move {
        let found = favorites
            .find(doc! {"_id": {"$in": keys}})
            .batch_size(batch(count))
            .max_time(SERVER_WITHIN);
        collect(found.await?).await
    });
    let found = found.await?;
    let ids = found.iter().map(|row| id(row, "offerId", OfferId::parse));
    ids.collect()
}

fn key(user: &UserId, offer: &OfferId) -> String {
    format!("{user}:{offer}")
}
