//! Writes of accounts, each in the transaction of its session.

use domain::{
    UserId,
    users::{
        account::{Account, Consent},
        store::Created,
    },
};
use mongodb::{
    ClientSession,
    bson::{DateTime, Document, doc},
};

use crate::{
    database::MongoDb,
    documents::{moment_ms, object_id, text},
    error::MongoError,
    stores::bookings::erasing,
    tables::{
        collections::{CODES, CONSENTS, ERASURES, FAVORITES, INVITATIONS, USERS},
        users as rows,
        users::change::is_there,
    },
};

/// Looks who is there before it adds: a unique index that says no does not say which one on every
/// server, so the work is run again and sees what was added meanwhile.
pub(super) async fn create(
    db: &MongoDb,
    session: &mut ClientSession,
    account: &Account,
    consents: &[Consent],
) -> Result<Created, MongoError> {
    let key = doc! {"emailKey": account.email_key().as_str()};
    if is_there(db, session, key, &account.id).await? {
        return Ok(Created::EmailTaken);
    }
    if let Some(phone) = &account.phone
        && is_there(db, session, doc! {"phone": phone}, &account.id).await?
    {
        return Ok(Created::PhoneTaken);
    }
    db.collection::<Document>(USERS)
        .insert_one(rows::document(account)?)
        .session(&mut *session)
        .await?;
    if !consents.is_empty() {
        let owner = account.id.as_str();
        let rows = consents.iter().map(|consent| rows::consent(owner, consent));
        db.collection::<Document>(CONSENTS)
            .insert_many(rows)
            .session(&mut *session)
            .await?;
    }
    Ok(Created::Done)
}

pub(super) async fn erase(
    db: &MongoDb,
    session: &mut ClientSession,
    id: &UserId,
    pseudonym: &str,
    now_ms: i64,
) -> Result<bool, MongoError> {
    let erased = db
        .collection::<Document>(USERS)
        .find_one_and_delete(doc! {"_id": object_id(id)?})
        .session(&mut *session)
        .await?;
    let Some(erased) = erased else {
        return Ok(false);
    };
    erasing::erase(db, session, id, now_ms).await?;
    db.collection::<Document>(INVITATIONS)
        .delete_many(doc! {"emailKey": text(&erased, "emailKey")?})
        .session(&mut *session)
        .await?;
    for collection in [FAVORITES, CODES] {
        db.collection::<Document>(collection)
            .delete_many(doc! {"userId": object_id(id)?})
            .session(&mut *session)
            .await?;
    }
    db.collection::<Document>(CONSENTS)
        .update_many(
            doc! {"owner": id.as_str()},
            doc! {"$set": {"owner": pseudonym}},
        )
        .session(&mut *session)
        .await?;
    let proof = doc! {
        "_id": pseudonym,
        "createdAt": DateTime::from_millis(moment_ms(&erased, "createdAt")?),
        "erasedAt": DateTime::from_millis(now_ms),
    };
    db.collection::<Document>(ERASURES)
        .insert_one(proof)
        .session(session)
        .await?;
    Ok(true)
}
