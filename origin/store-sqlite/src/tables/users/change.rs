//! Changes of an account, in a transaction of its block or of another.

use domain::{
    PartnerId, UserId,
    users::{
        account::{Membership, Post, Status},
        change::AccountChange,
        store::{Changed, Joined, loses_owner},
    },
};
use rusqlite::Transaction;

use super::{account, update};
use crate::{error::SqliteError, tables::reviews};

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
    if let Some(phone) = after.verifies(&before)
        && verified_by_another(tx, phone, id)?
    {
        return Ok(Changed::PhoneTaken);
    }
    if let Some(partner) = loses_owner(&before, Some(&after))
        && has_one_owner(tx, partner)?
    {
        return Ok(Changed::LastOwner(partner.clone()));
    }
    update(tx, &after)?;
    reviews::naming::follow(tx, &before, &after, now_ms)?;
    Ok(Changed::Done(Box::new(after)))
}

/// Whether a partner has no second owner.
pub fn has_one_owner(tx: &Transaction<'_>, partner: &PartnerId) -> Result<bool, SqliteError> {
    let owners: i64 = tx
        .prepare_cached("SELECT COUNT(*) FROM users WHERE partner_id = ?1 AND post = ?2")?
        .query_row((partner.as_str(), Post::Owner.as_str()), |row| row.get(0))?;
    Ok(owners <= 1)
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
        Some(account) if account.membership.is_some() => Ok(Joined::Member),
        Some(_) => {
            apply(tx, id, &AccountChange::Join(membership.clone()), now_ms)?;
            Ok(Joined::Done)
        }
    }
}
