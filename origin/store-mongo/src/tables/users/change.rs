//! Changes of an account, in a transaction of its block or of another.

use domain::{
    EstablishmentId, PartnerId, UserId,
    auth::codes::StoredCode,
    queue::NewTask,
    team::MOST_MEMBERS,
    users::{
        account::{EmailKey, Membership, Status},
        change::AccountChange,
        profile::purge_of_change,
        store::{Changed, Joined, lose_owner},
    },
};
use mongodb::bson::{Bson, DateTime, doc};

use super::{account, document, memberships};
use crate::{
    documents::object_id,
    error::MongoError,
    outbox,
    tables::{
        codes,
        collections::{PARTNERS, USERS},
        reviews,
    },
    tx::Tx,
};

async fn verified_by_another(tx: &mut Tx, phone: &str, own: &UserId) -> Result<bool, MongoError> {
    let verified = doc! {"phone": phone, "phoneVerifiedAt": {"$type": "date"}};
    let found = tx.find_one_projected(USERS, verified, doc! {"_id": 1});
    let own = Bson::ObjectId(object_id(own)?);
    Ok(found
        .await?
        .is_some_and(|found| found.get("_id") != Some(&own)))
}

/// Whether an account has an address, or another one than this may still take it back. Of two transactions at
/// the same time, each sees an account that has it, or the code that holds it.
pub async fn is_taken(
    tx: &mut Tx,
    email: &EmailKey,
    own: &UserId,
    now_ms: i64,
) -> Result<bool, MongoError> {
    let has = doc! {"emailKey": email.as_str()};
    Ok(tx.exists(USERS, has).await? || codes::is_held(tx, email, own, now_ms).await?)
}

/// Applies a change, and says what came of it.
pub async fn change(
    tx: &mut Tx,
    id: &UserId,
    change: &AccountChange,
    now_ms: i64,
) -> Result<Changed, MongoError> {
    let this = doc! {"_id": object_id(id)?};
    let Some(stored) = tx.find_one(USERS, this.clone()).await? else {
        return Ok(Changed::NotFound);
    };
    let before = account(&stored)?;
    let after = change.apply(&before, now_ms);
    if after == before {
        return Ok(Changed::Done(Box::new(after)));
    }
    let email = after.email_key();
    if email != before.email_key() && is_taken(tx, &email, id, now_ms).await? {
        return Ok(Changed::EmailTaken);
    }
    if let Some(phone) = after.verifies(&before)
        && verified_by_another(tx, phone, id).await?
    {
        return Ok(Changed::PhoneTaken);
    }
    for partner in lose_owner(&before, Some(&after)) {
        if has_one_owner(tx, partner).await? {
            return Ok(Changed::LastOwner(partner.clone()));
        }
    }
    // Not the whole document: a later version may keep more in it than this one knows.
    let mut fields = document(&after)?;
    fields.remove("_id");
    let mut edit = doc! {"$set": fields};
    if after.phone.is_none() {
        edit.insert("$unset", doc! {"phone": ""});
    }
    tx.update_one(USERS, this, edit).await?;
    if let Some(purge) = purge_of_change(&before, &after) {
        outbox::push(tx, &purge, now_ms).await?;
    }
    reviews::naming::follow(tx, &before, &after, now_ms).await?;
    Ok(Changed::Done(Box::new(after)))
}

/// Applies a change of the address; stores what tells the owner of the one before, if it applies. The one
/// before is held for them, if it was proven to be theirs.
pub async fn change_email(
    tx: &mut Tx,
    id: &UserId,
    to: &AccountChange,
    (code, task): &(StoredCode, NewTask),
    now_ms: i64,
) -> Result<Changed, MongoError> {
    let before = tx.find_one(USERS, doc! {"_id": object_id(id)?}).await?;
    let before = before.as_ref().map(account).transpose()?;
    let changed = change(tx, id, to, now_ms).await?;
    if let (Some(before), Changed::Done(after)) = (before, &changed)
        && before.epoch != after.epoch
    {
        codes::put(tx, code, task).await?;
        if before.email_verified_at_ms.is_some() {
            codes::hold(tx, code, &before.email_key()).await?;
        }
    }
    Ok(changed)
}

/// Whether a partner has no second owner; one that has ended needs none. Writes to all of them: of two owners
/// who leave at the same time, each would else see one that remains.
pub async fn has_one_owner(tx: &mut Tx, partner: &PartnerId) -> Result<bool, MongoError> {
    let ended = doc! {"_id": object_id(partner)?, "archivedAt": {"$gt": DateTime::from_millis(0)}};
    if tx.exists(PARTNERS, ended).await? {
        return Ok(false);
    }
    let owners = memberships::owners(partner)?;
    let held = tx.update_many(USERS, owners, doc! {"$inc": {"held": 1_i64}});
    Ok(held.await? <= 1)
}

/// Takes an archived establishment off the lists of a team's members.
pub async fn leave_place(
    tx: &mut Tx,
    partner: &PartnerId,
    place: &EstablishmentId,
    now_ms: i64,
) -> Result<(), MongoError> {
    let team = memberships::of_team(partner)?;
    for stored in tx.find(USERS, team, None, MOST_MEMBERS).await? {
        let left = AccountChange::PlaceArchived(place.clone());
        change(tx, &account(&stored)?.id, &left, now_ms).await?;
    }
    Ok(())
}

/// Makes a user work for a partner, in a transaction of the partner's.
pub async fn join(
    tx: &mut Tx,
    id: &UserId,
    membership: &Membership,
    now_ms: i64,
) -> Result<Joined, MongoError> {
    let stored = tx.find_one(USERS, doc! {"_id": object_id(id)?}).await?;
    match stored.as_ref().map(super::account).transpose()? {
        None => Ok(Joined::NoUser),
        Some(account) if account.status == Status::Disabled => Ok(Joined::NoUser),
        Some(account) if account.works_for(&membership.partner) => Ok(Joined::Member),
        Some(account) if account.memberships.is_full() => Ok(Joined::TooMany),
        Some(_) => {
            let joined = AccountChange::Join(membership.clone());
            change(tx, id, &joined, now_ms).await?;
            Ok(Joined::Done)
        }
    }
}
