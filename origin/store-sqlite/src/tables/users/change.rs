//! Changes of an account, in a transaction of its block or of another.

use domain::{
    PartnerId, UserId,
    auth::codes::StoredCode,
    queue::NewTask,
    users::{
        account::{Account, EmailKey, Membership, Post, Status},
        change::AccountChange,
        profile::purge_of_change,
        store::{Changed, Joined, lose_owner},
    },
};
use rusqlite::Transaction;

use super::{account, update};
use crate::{
    error::SqliteError,
    outbox::outbox_push,
    tables::{codes, reviews},
};

fn verified_by_another(
    tx: &Transaction<'_>,
    phone: &str,
    own: &UserId,
) -> Result<bool, SqliteError> {
    Ok(tx
        .prepare_cached(
            "SELECT 1 FROM users
             WHERE phone = ?1 AND phone_verified_at_ms IS NOT NULL AND id <> ?2",
        )?
        .exists((phone, own.as_str()))?)
}

/// Whether an account has an address, or another one than this may still take it back.
pub fn is_taken(
    tx: &Transaction<'_>,
    email: &EmailKey,
    own: &UserId,
    now_ms: i64,
) -> Result<bool, SqliteError> {
    let has = account(tx, "email_key", email.as_str())?.is_some();
    Ok(has || codes::is_held(tx, email, own, now_ms)?)
}

/// Applies a change, and says what came of it.
pub fn apply(
    tx: &Transaction<'_>,
    id: &UserId,
    change: &AccountChange,
    now_ms: i64,
) -> Result<Changed, SqliteError> {
    let Some(before) = account(tx, "id", id.as_str())? else {
        return Ok(Changed::NotFound);
    };
    let after = change.apply(&before, now_ms);
    if after == before {
        return Ok(Changed::Done(Box::new(after)));
    }
    let email = after.email_key();
    if email != before.email_key() && is_taken(tx, &email, id, now_ms)? {
        return Ok(Changed::EmailTaken);
    }
    if let Some(phone) = after.verifies(&before)
        && verified_by_another(tx, phone, id)?
    {
        return Ok(Changed::PhoneTaken);
    }
    for partner in lose_owner(&before, Some(&after)) {
        if has_one_owner(tx, partner)? {
            return Ok(Changed::LastOwner(partner.clone()));
        }
    }
    update(tx, &after)?;
    if let Some(purge) = purge_of_change(&before, &after) {
        outbox_push(tx, &purge, now_ms)?;
    }
    reviews::naming::follow(tx, &before, &after, now_ms)?;
    Ok(Changed::Done(Box::new(after)))
}

/// Applies a change of the address; stores what tells the owner of the one before, if it applies. The one
/// before is held for them, if it was proven to be theirs.
pub fn apply_email(
    tx: &Transaction<'_>,
    id: &UserId,
    change: &AccountChange,
    (code, task): &(StoredCode, NewTask),
    now_ms: i64,
) -> Result<Changed, SqliteError> {
    let before = account(tx, "id", id.as_str())?;
    let changed = apply(tx, id, change, now_ms)?;
    if let (Some(before), Changed::Done(after)) = (before, &changed)
        && before.epoch != after.epoch
    {
        codes::put(tx, code, task)?;
        if before.email_verified_at_ms.is_some() {
            codes::hold(tx, code, &before.email_key())?;
        }
    }
    Ok(changed)
}

/// Whether a partner has no second owner. One that has ended needs none.
pub fn has_one_owner(tx: &Transaction<'_>, partner: &PartnerId) -> Result<bool, SqliteError> {
    if has_ended(tx, partner)? {
        return Ok(false);
    }
    let owns = |account: &Account| {
        let of = account.memberships.of(partner);
        of.is_some_and(|of| of.post == Post::Owner)
    };
    let owners = super::members(tx, partner)?
        .iter()
        .filter(|one| owns(one))
        .count();
    Ok(owners <= 1)
}

fn has_ended(tx: &Transaction<'_>, partner: &PartnerId) -> Result<bool, SqliteError> {
    let sql = "SELECT 1 FROM partners WHERE id = ?1 AND archived_at_ms IS NOT NULL";
    Ok(tx.prepare_cached(sql)?.exists([partner.as_str()])?)
}

/// Makes a user work for a partner, in a transaction of the partner's.
pub fn join(
    tx: &Transaction<'_>,
    id: &UserId,
    membership: &Membership,
    now_ms: i64,
) -> Result<Joined, SqliteError> {
    match account(tx, "id", id.as_str())? {
        None => Ok(Joined::NoUser),
        Some(account) if account.status == Status::Disabled => Ok(Joined::NoUser),
        Some(account) if account.works_for(&membership.partner) => Ok(Joined::Member),
        Some(account) if account.memberships.is_full() => Ok(Joined::TooMany),
        Some(_) => {
            apply(tx, id, &AccountChange::Join(membership.clone()), now_ms)?;
            Ok(Joined::Done)
        }
    }
}
