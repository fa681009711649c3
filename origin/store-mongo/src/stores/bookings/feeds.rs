//! Calendar feeds. They are fields of the account, so they end with it. `calendar.epoch` is the epoch of
//! the credentials with which the feed ends.

use domain::{UserId, bookings::calendar_feed::FeedHash, users::account::Status};
use mongodb::bson::{DateTime, Document, doc};

use crate::{
    database::MongoDb,
    documents::{id, moment_ms, object_id, part, whole},
    error::MongoError,
    limits::SERVER_WITHIN,
    tables::collections::USERS,
    tx::Tx,
};

/// The account was read in the transaction: a change of its epoch at the same moment conflicts.
pub(super) async fn put(
    tx: &mut Tx,
    user: &UserId,
    hash: &FeedHash,
    now_ms: i64,
) -> Result<bool, MongoError> {
    let this = doc! {"_id": object_id(user)?, "status": Status::Active.as_str()};
    let found = tx.find_one_projected(USERS, this.clone(), doc! {"epoch": 1});
    let Some(found) = found.await? else {
        return Ok(false);
    };
    let calendar = doc! {
        "hash": hash.as_str(),
        "epoch": found.get("epoch"),
        "since": DateTime::from_millis(now_ms),
    };
    let put = tx.update_one(USERS, this, doc! {"$set": {"calendar": calendar}});
    Ok(put.await? > 0)
}

pub(super) async fn since(db: &MongoDb, user: &UserId) -> Result<Option<i64>, MongoError> {
    let found = one(db, doc! {"_id": object_id(user)?}).await?;
    found
        .as_ref()
        .filter(|found| is_good(found))
        .map(since_of)
        .transpose()
}

pub(super) async fn revoke(tx: &mut Tx, user: &UserId) -> Result<bool, MongoError> {
    let this = doc! {"_id": object_id(user)?};
    let found = tx
        .find_one_projected(USERS, this.clone(), columns())
        .await?;
    let was_good = found.as_ref().is_some_and(is_good);
    tx.update_one(USERS, this, doc! {"$unset": {"calendar": ""}})
        .await?;
    Ok(was_good)
}

pub(super) async fn user(db: &MongoDb, hash: &FeedHash) -> Result<Option<UserId>, MongoError> {
    let found = one(db, doc! {"calendar.hash": hash.as_str()}).await?;
    let is_active = |found: &&Document| matches!(found.get_str("status"), Ok(status) if status == Status::Active.as_str());
    let good = found
        .as_ref()
        .filter(|found| is_good(found))
        .filter(is_active);
    good.map(|found| id(found, "_id", UserId::parse))
        .transpose()
}

fn columns() -> Document {
    doc! {"calendar": 1, "epoch": 1, "status": 1}
}

/// Whether there is a feed, made with the credentials that the account has now.
fn is_good(account: &Document) -> bool {
    let epoch = part(account, "calendar").and_then(|calendar| whole(calendar, "epoch"));
    epoch.is_ok_and(|epoch| whole(account, "epoch").is_ok_and(|now| now == epoch))
}

fn since_of(account: &Document) -> Result<i64, MongoError> {
    moment_ms(part(account, "calendar")?, "since")
}

async fn one(db: &MongoDb, filter: Document) -> Result<Option<Document>, MongoError> {
    let users = db.collection::<Document>(USERS);
    let found = db.run(async move {
        let found = users.find_one(filter).projection(columns());
        Ok(found.max_time(SERVER_WITHIN).await?)
    });
    found.await
}
