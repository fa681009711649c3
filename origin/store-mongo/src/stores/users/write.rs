//! Writes of accounts, each in one transaction.

use domain::{
    UserId,
    users::{
        account::{Account, Consent},
        consents::{MAX_CONSENTS, Recorded, recorded},
        store::{Created, Erased, loses_owner},
    },
};
use mongodb::bson::{DateTime, doc};

use crate::{
    documents::{bad, object_id},
    error::MongoError,
    stores::bookings::erasing,
    tables::{
        collections::{
            CODES, CONSENTS, DEVICES, ERASURES, FAVORITES, INBOX, INVITATIONS, QUEUE, USERS,
        },
        pictures, users as rows,
        users::{actors, change::has_one_owner, held},
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
    if tx.exists(USERS, key).await? {
        return Ok(Created::EmailTaken);
    }
    tx.insert_one(USERS, rows::document(account)?).await?;
    let owner = account.id.as_str();
    let consents = consents.iter().map(|consent| rows::consent(owner, consent));
    tx.insert_many(CONSENTS, consents.collect()).await?;
    Ok(Created::Done)
}

pub(super) async fn record_consent(
    tx: &mut Tx,
    owner: &UserId,
    consent: Consent,
) -> Result<Recorded, MongoError> {
    if !held::is_active(tx, owner).await? {
        return Ok(Recorded::NoAccount);
    }
    let of_user = doc! {"owner": owner.as_str()};
    let stored = tx.find(CONSENTS, of_user, None, MAX_CONSENTS).await?;
    let all = stored.iter().map(|row| {
        let id = row.get_object_id("_id").map_err(bad("_id"))?;
        Ok((id, rows::read_consent(row)?))
    });
    let mut all: Vec<_> = all.collect::<Result<_, MongoError>>()?;
    all.retain(|(_, before)| before.purpose == consent.purpose);
    // In the order of `consents`.
    let last = all
        .into_iter()
        .max_by_key(|(id, before)| (before.at_ms, *id))
        .map(|(_, before)| before);
    let outcome = recorded(consent, last, stored.len());
    if let Recorded::Done(consent) = &outcome {
        tx.insert_one(CONSENTS, rows::consent(owner.as_str(), consent))
            .await?;
    }
    Ok(outcome)
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
    actors::rename(tx, id, pseudonym).await?;
    let to_address = doc! {"emailKey": account.email_key().as_str()};
    tx.delete_many(INVITATIONS, to_address).await?;
    for collection in [FAVORITES, CODES, DEVICES, INBOX] {
        tx.delete_many(collection, doc! {"userId": object_id(id)?})
            .await?;
    }
    tx.delete_many(QUEUE, doc! {"personId": object_id(id)?})
        .await?;
    let (owned, renamed) = (doc! {"owner": id.as_str()}, doc! {"owner": pseudonym});
    pictures::leave(tx, id, now_ms).await?;
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
