//! Accounts, for blocks whose transactions need that they stay.

use std::collections::HashSet;

use domain::{UserId, users::account::Status};
use mongodb::bson::{Document, doc};

use crate::{
    documents::{id, object_id, object_ids},
    error::MongoError,
    tables::collections::USERS,
    tx::Tx,
};

/// Whether the account exists and is active, until the transaction ends: its erasure conflicts.
pub async fn is_active(tx: &mut Tx, id: &UserId) -> Result<bool, MongoError> {
    let active = doc! {"_id": object_id(id)?, "status": Status::Active.as_str()};
    hold(tx, id, active).await
}

/// Which of these accounts exist and are active, until the transaction ends: their erasures conflict.
pub async fn active_among(tx: &mut Tx, ids: &[UserId]) -> Result<HashSet<UserId>, MongoError> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let active = doc! {"_id": {"$in": object_ids(ids)?}, "status": Status::Active.as_str()};
    let held = doc! {"$inc": {"held": 1_i64}};
    tx.update_many(USERS, active.clone(), held).await?;
    let found = tx
        .find(USERS, active, Some(doc! {"_id": 1}), ids.len())
        .await?;
    found
        .iter()
        .map(|one| id(one, "_id", UserId::parse))
        .collect()
}

/// Whether the account exists, until the transaction ends.
pub async fn exists(tx: &mut Tx, id: &UserId) -> Result<bool, MongoError> {
    if tx.holds(id) {
        return Ok(true);
    }
    hold(tx, id, doc! {"_id": object_id(id)?}).await
}

/// Writes to the account: what is only read here would be out of date when an erasure commits.
async fn hold(tx: &mut Tx, id: &UserId, this: Document) -> Result<bool, MongoError> {
    let held = tx.update_one(USERS, this, doc! {"$inc": {"held": 1_i64}});
    if held.await? == 0 {
        return Ok(false);
    }
    tx.hold(id);
    Ok(true)
}
