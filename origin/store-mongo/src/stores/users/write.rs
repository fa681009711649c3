//! Writes of accounts, each in one transaction.

use domain::{
    UserId,
    analytics::{agrees, registered},
    auth::codes::StoredCode,
    queue::NewTask,
    users::{
        account::{Account, Consent, Purpose},
        consents::{MAX_CONSENTS, Recorded, recorded},
        profile::purge_of,
        store::{Created, Erased, lose_owner},
    },
};
use mongodb::bson::{DateTime, doc};

use crate::{
    documents::{bad, object_id},
    error::MongoError,
    outbox,
    stores::bookings::erasing,
    tables::{
        codes,
        collections::{
            CODES, CONSENTS, DEVICES, ERASURES, FAVORITES, INBOX, INVITATIONS, KNOWN_DEVICES,
            QUEUE, USERS,
        },
        payments, pictures, queue, reviews, users as rows,
        users::{
            actors,
            change::{has_one_owner, is_taken},
            held,
        },
        verifications,
    },
    tx::Tx,
};

/// Looks who is there before it adds: a unique index that says no does not say which one on every
/// server, so the work is run again and sees what was added meanwhile.
pub(super) async fn create(
    tx: &mut Tx,
    account: &Account,
    consents: &[Consent],
    code: Option<&(StoredCode, NewTask)>,
) -> Result<Created, MongoError> {
    let (email, now_ms) = (account.email_key(), account.created_at_ms);
    if is_taken(tx, &email, &account.id, now_ms).await? {
        return Ok(Created::EmailTaken);
    }
    tx.insert_one(USERS, rows::document(account)?).await?;
    let owner = account.id.as_str();
    if let Some((code, task)) = code {
        codes::put_first(tx, code, task).await?;
    }
    let documents = consents.iter().map(|consent| rows::consent(owner, consent));
    tx.insert_many(CONSENTS, documents.collect()).await?;
    // The account's id is new, and so is the key.
    let event = registered(account, consents).map(NewTask::of_registration);
    queue::push_new(tx, event.as_slice()).await?;
    Ok(Created::Done)
}

pub(super) async fn record_events(
    tx: &mut Tx,
    owner: &UserId,
    events: &[NewTask],
) -> Result<bool, MongoError> {
    let agrees = held::is_active(tx, owner).await? && agrees(&consents_of(tx, owner).await?);
    if agrees {
        queue::push(tx, events).await?;
    }
    Ok(agrees)
}

/// The consents of a user, oldest first, in the order of `consents`.
async fn consents_of(tx: &mut Tx, owner: &UserId) -> Result<Vec<Consent>, MongoError> {
    let of_user = doc! {"owner": owner.as_str()};
    let stored = tx.find(CONSENTS, of_user, None, MAX_CONSENTS).await?;
    let all = stored.iter().map(|row| {
        let id = row.get_object_id("_id").map_err(bad("_id"))?;
        Ok((id, rows::read_consent(row)?))
    });
    let mut all: Vec<_> = all.collect::<Result<_, MongoError>>()?;
    all.sort_unstable_by_key(|(id, consent)| (consent.at_ms, *id));
    Ok(all.into_iter().map(|(_, consent)| consent).collect())
}

pub(super) async fn record_consent(
    tx: &mut Tx,
    owner: &UserId,
    consent: Consent,
) -> Result<Recorded, MongoError> {
    if !held::is_active(tx, owner).await? {
        return Ok(Recorded::NoAccount);
    }
    let all = consents_of(tx, owner).await?;
    let count = all.len();
    let mut newest_first = all.into_iter().rev();
    let last = newest_first.find(|before| before.purpose == consent.purpose);
    let outcome = recorded(consent, last, count);
    if let Recorded::Done(consent) = &outcome {
        tx.insert_one(CONSENTS, rows::consent(owner.as_str(), consent))
            .await?;
    }
    Ok(outcome)
}

pub(in crate::stores) async fn erase(
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
    for partner in lose_owner(&account, None) {
        if has_one_owner(tx, partner).await? {
            return Ok(Erased::LastOwner(partner.clone()));
        }
    }
    let agreed_once =
        doc! {"owner": id.as_str(), "purpose": Purpose::Analytics.as_str(), "granted": true};
    let agreed_once = tx.exists(CONSENTS, agreed_once).await?;
    tx.delete_one(USERS, this).await?;
    erasing::erase(tx, id, now_ms).await?;
    payments::leave(tx, id).await?;
    actors::rename(tx, id, pseudonym).await?;
    let to_address = doc! {"emailKey": account.email_key().as_str()};
    tx.delete_many(INVITATIONS, to_address).await?;
    for collection in [FAVORITES, CODES, DEVICES, INBOX, KNOWN_DEVICES] {
        tx.delete_many(collection, doc! {"userId": object_id(id)?})
            .await?;
    }
    tx.delete_many(QUEUE, doc! {"personId": object_id(id)?})
        .await?;
    if agreed_once {
        queue::push(tx, &[NewTask::of_forgetting(id, now_ms)]).await?;
    }
    let (owned, renamed) = (doc! {"owner": id.as_str()}, doc! {"owner": pseudonym});
    outbox::push(tx, &purge_of(id), now_ms).await?;
    pictures::leave(tx, id, now_ms).await?;
    verifications::erase(tx, id, now_ms).await?;
    reviews::erasing::erase(tx, id, now_ms).await?;
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
