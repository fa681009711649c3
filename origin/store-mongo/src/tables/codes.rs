//! Documents of one-time codes: `_id` is user and purpose.

use domain::{
    UserId,
    auth::codes::{CodePurpose, StoredCode},
    queue::NewTask,
    users::account::EmailKey,
};
use mongodb::bson::{DateTime, Document, doc};

use super::{collections::CODES, queue};
use crate::{
    documents::{epoch, moment_ms, object_id, text, whole},
    error::MongoError,
    tx::Tx,
};

/// Stores a code, in place of the previous one for the same user and purpose, and the task that sends
/// it.
pub async fn put(tx: &mut Tx, code: &StoredCode, task: &NewTask) -> Result<(), MongoError> {
    let (key, mut row) = (key(&code.user, code.purpose), row(code)?);
    let edit = doc! {"$set": row.clone(), "$unset": {"holdsEmail": ""}};
    if tx.update_one(CODES, doc! {"_id": &key}, edit).await? == 0 {
        row.insert("_id", key);
        tx.insert_one(CODES, row).await?;
    }
    queue::push(tx, [task]).await
}

/// Stores the first code of an account that the transaction adds, and the task that sends it.
pub async fn put_first(tx: &mut Tx, code: &StoredCode, task: &NewTask) -> Result<(), MongoError> {
    let mut row = row(code)?;
    row.insert("_id", key(&code.user, code.purpose));
    tx.insert_one(CODES, row).await?;
    queue::push_new(tx, std::slice::from_ref(task)).await
}

/// Holds an address for the account of a code, as long as the code is valid.
pub async fn hold(tx: &mut Tx, code: &StoredCode, email: &EmailKey) -> Result<(), MongoError> {
    let this = doc! {"_id": key(&code.user, code.purpose)};
    let edit = doc! {"$set": {"holdsEmail": email.as_str()}};
    tx.update_one(CODES, this, edit).await?;
    Ok(())
}

/// Whether an address is held for another account than this one.
pub async fn is_held(
    tx: &mut Tx,
    email: &EmailKey,
    own: &UserId,
    now_ms: i64,
) -> Result<bool, MongoError> {
    let held = doc! {
        "holdsEmail": email.as_str(),
        "userId": {"$ne": object_id(own)?},
        "expiresAt": {"$gt": DateTime::from_millis(now_ms)},
    };
    tx.exists(CODES, held).await
}

pub fn key(user: &UserId, purpose: CodePurpose) -> String {
    format!("{user}:{}", purpose.as_str())
}

fn row(code: &StoredCode) -> Result<Document, MongoError> {
    Ok(doc! {
        "userId": object_id(&code.user)?,
        "target": &code.target,
        "hash": &code.hash,
        "epoch": code.epoch,
        "triesLeft": code.tries_left,
        "createdAt": DateTime::from_millis(code.created_at_ms),
        "expiresAt": DateTime::from_millis(code.expires_at_ms),
    })
}

pub fn read(
    user: &UserId,
    purpose: CodePurpose,
    stored: &Document,
) -> Result<StoredCode, MongoError> {
    Ok(StoredCode {
        user: user.clone(),
        purpose,
        target: text(stored, "target")?,
        hash: text(stored, "hash")?,
        epoch: epoch(stored)?,
        tries_left: whole(stored, "triesLeft")?,
        created_at_ms: moment_ms(stored, "createdAt")?,
        expires_at_ms: moment_ms(stored, "expiresAt")?,
    })
}
