//! Who works for a partner, in SQLite.

use domain::{
    PartnerId, UserId,
    users::{account::Post, change::AccountChange, store::PostChanged},
};
use rusqlite::Transaction;

use crate::{
    error::SqliteError,
    tables::users::{account, change::apply},
};

pub(super) fn change_post(
    tx: &Transaction<'_>,
    partner: &PartnerId,
    user: &UserId,
    post: Option<Post>,
    now_ms: i64,
) -> Result<PostChanged, SqliteError> {
    let found = account(tx, "id", user.as_str())?;
    if !found.is_some_and(|account| account.works_for(partner)) {
        return Ok(PostChanged::NotMember);
    }
    let change = AccountChange::Post(partner.clone(), post);
    Ok(apply(tx, user, &change, now_ms)?.into())
}
