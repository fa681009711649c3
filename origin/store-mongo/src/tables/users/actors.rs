//! Users as the actors of purges: in the outbox and in the audit.

use domain::{
    UserId,
    purges::audit::{ERASED_USER, actor_of, erased_actor, user_of},
};
use mongodb::bson::doc;

use super::held;
use crate::{
    error::MongoError,
    tables::collections::{AUDIT, OUTBOX},
    tx::Tx,
};

/// The actor as it is stored: nobody, if it is a user whose account was erased.
pub async fn named<'a>(tx: &mut Tx, actor: &'a str) -> Result<&'a str, MongoError> {
    match user_of(actor) {
        Some(user) if !held::exists(tx, &user).await? => Ok(ERASED_USER),
        Some(_) | None => Ok(actor),
    }
}

/// Puts a pseudonym in place of a user whose account is erased.
pub async fn rename(tx: &mut Tx, user: &UserId, pseudonym: &str) -> Result<(), MongoError> {
    let by = actor_of(user);
    let renamed = doc! {"$set": {"actor": erased_actor(pseudonym)}};
    // The bound leads to an index: few rows wait in the outbox.
    let pending = doc! {"_id": {"$gt": 0_i64}, "actor": &by};
    tx.update_many(OUTBOX, pending, renamed.clone()).await?;
    tx.update_many(AUDIT, doc! {"actor": &by}, renamed).await?;
    Ok(())
}
