//! Changes of an account, in a transaction of its block or of another.

use domain::{
    UserId,
    users::{
        account::Membership,
        change::AccountChange,
        store::{Changed, Joined},
    },
};
use mongodb::{
    ClientSession,
    bson::{Bson, Document, doc},
};

use super::{account, document};
use crate::{
    database::MongoDb, documents::object_id, error::MongoError, limits::SERVER_WITHIN,
    tables::collections::USERS,
};

/// Whether an account other than `own` has this.
pub async fn is_there(
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

/// Applies a change, and says what came of it.
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
    let before = account(&stored)?;
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
    let mut fields = document(&after)?;
    fields.remove("_id");
    let mut edit = doc! {"$set": fields};
    if after.phone.is_none() {
        edit.insert("$unset", doc! {"phone": ""});
    }
    users.update_one(this, edit).session(&mut *session).await?;
    Ok(Changed::Done(Box::new(after)))
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
    match stored.as_ref().map(super::account).transpose()? {
        None => Ok(Joined::NoUser),
        Some(account) if account.membership.is_some() => Ok(Joined::Member),
        Some(_) => {
            let joined = AccountChange::Join(membership.clone());
            change(db, session, id, &joined, now_ms).await?;
            Ok(Joined::Done)
        }
    }
}
