//! Writes of accounts, each in one transaction.

use domain::{
    UserId,
    users::{
        account::{Account, Consent},
        store::{Created, Erased, loses_owner},
    },
};
use mongodb::bson::{DateTime, doc};

use crate::{
    documents::object_id,
    error::MongoError,
    stores::bookings::erasing,
    tables::{
        collections::{CODES, CONSENTS, ERASURES, FAVORITES, INVITATIONS, USERS},
        users as rows,
        users::change::{has_one_owner, is_there},
    },
    tx::Tx,
};

/// Looks who is there before it adds: a unique index that says no does not say which one on every
/// server, so the work is run again and sees what was added meanwhile.
pub(super) async fn create(
    tx: &mut Tx,
    account: &Account,
    consents: &[Consent],
) -> Result<Created, MongoError> {
    let key = doc! {"emailKey": account.email_key().as_str()};
    if is_there(tx, key, &account.id).await? {
        return Ok(Created::EmailTaken);
    }
    if let Some(phone) = &account.phone
        && is_there(tx, doc! {"phone": phone}, &account.id).await?
    {
        return Ok(Created::PhoneTaken);
    }
    tx.insert_one(USERS, rows::document(account)?).await?;
    let owner = account.id.as_str();
    let consents = consents.iter().map(|consent| rows::consent(owner, consent));
    tx.insert_many(CONSENTS, consents.collect()).await?;
    Ok(Created::Done)
}

pub(super) async fn erase(
    tx: &mut Tx,
    id: &UserId,
    pseudonym: &str,
    now_ms: i64,
) -> Result<Erased, MongoError> {
    let this = doc! {"_id": object_id(id)?};
    let Some(stored) = tx.find_one(USERS, this.clone()).await? else {
        return Ok(Erased::NotFound);
    };
    let account = rows::account(&stored)?;
    if let Some(partner) = loses_owner(&account, None)
        && has_one_owner(tx, partner).await?
    {
        return Ok(Erased::LastOwner(partner.clone()));
    }
    tx.delete_one(USERS, this).await?;
    erasing::erase(tx, id, now_ms).await?;
    let to_address = doc! {"emailKey": account.email_key().as_str()};
    tx.delete_many(INVITATIONS, to_address).await?;
    for collection in [FAVORITES, CODES] {
        tx.delete_many(collection, doc! {"userId": object_id(id)?})
            .await?;
    }
    let (owned, renamed) = (doc! {"owner": id.as_str()}, doc! {"owner": pseudonym});
    tx.update_many(CONSENTS, owned, doc! {"$set": renamed})
        .await?;
    let proof = doc! {
        "_id": pseudonym,
        "createdAt": DateTime::from_millis(account.created_at_ms),
        "erasedAt": DateTime::from_millis(now_ms),
    };
    tx.insert_one(ERASURES, proof).await?;
    Ok(Erased::Done)
}
