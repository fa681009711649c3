//! Writes of accounts, each in the transaction of its session.

use domain::{
    UserId,
    users::{
        account::{Account, Consent, Membership},
        change::AccountChange,
        store::{Changed, Created, Joined},
    },
};
use mongodb::{
    ClientSession,
    bson::{Bson, DateTime, Document, doc},
};

use super::{CODES, CONSENTS, ERASURES, FAVORITES, INVITATIONS, USERS};
use crate::{
    database::{MongoDb, SERVER_WITHIN},
    documents::{moment_ms, object_id, text},
    error::MongoError,
    stores::bookings,
    tables::users as rows,
};

/// Looks who is there before it adds: a unique index that says no does not say which one on every
/// server, so the work is run again and sees what was added meanwhile.
pub async fn create(
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

pub async fn change(
    db: &MongoDb,
    session: &mut ClientSession,
    id: &UserId,
    change: &AccountChange,
    now_ms: i64,
) -> Result<Changed, MongoError> {
    let users = db.collection::<Document>(USERS);
    let this = doc! {"_id": object_id(id)?};
    let stored = users
        .find_one(this.clone())
        .max_time(SERVER_WITHIN)
        .session(&mut *session)
        .await?;
    let Some(stored) = stored else {
        return Ok(Changed::NotFound);
    };
    let before = rows::account(&stored)?;
    let after = change.apply(&before, now_ms);
    if after == before {
        return Ok(Changed::Done(Box::new(after)));
    }
    if let Some(phone) = &after.phone
        && before.phone.as_ref() != Some(phone)
        && is_there(db, session, doc! {"phone": phone}, id).await?
    {
        return Ok(Changed::PhoneTaken);
    }
    // Not the whole document: a later version may keep more in it than this one knows.
    let mut fields = rows::document(&after)?;
    fields.remove("_id");
    let mut edit = doc! {"$set": fields};
    if after.phone.is_none() {
        edit.insert("$unset", doc! {"phone": ""});
    }
    users.update_one(this, edit).session(&mut *session).await?;
    Ok(Changed::Done(Box::new(after)))
}

pub async fn erase(
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
    bookings::erase(db, session, id, now_ms).await?;
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

/// Whether an account other than `own` has this.
async fn is_there(
    db: &MongoDb,
    session: &mut ClientSession,
    filter: Document,
    own: &UserId,
) -> Result<bool, MongoError> {
    let found = db
        .collection::<Document>(USERS)
        .find_one(filter)
        .projection(doc! {"_id": 1})
        .max_time(SERVER_WITHIN)
        .session(session)
        .await?;
    let own = Bson::ObjectId(object_id(own)?);
    Ok(found.is_some_and(|found| found.get("_id") != Some(&own)))
}

/// Makes a user work for a partner, in a transaction of the partner's.
pub async fn join(
    db: &MongoDb,
    session: &mut ClientSession,
    id: &UserId,
    membership: &Membership,
    now_ms: i64,
) -> Result<Joined, MongoError> {
    let stored = db
        .collection::<Document>(USERS)
        .find_one(doc! {"_id": object_id(id)?})
        .max_time(SERVER_WITHIN)
        .session(&mut *session)
        .await?;
    match stored.as_ref().map(rows::account).transpose()? {
        None => Ok(Joined::NoUser),
        Some(account) if account.membership.is_some() => Ok(Joined::Member),
        Some(_) => {
            let joined = AccountChange::Join(membership.clone());
            change(db, session, id, &joined, now_ms).await?;
            Ok(Joined::Done)
        }
    }
}
