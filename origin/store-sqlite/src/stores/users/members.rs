//! Who works for a partner, in SQLite.

use domain::{
    PartnerId, UserId,
    users::{change::AccountChange, membership::NewPost, store::PostChanged},
};
use rusqlite::Transaction;

use crate::{
    error::SqliteError,
    tables::users::{account, change::apply, memberships},
};

pub(super) fn change_post(
    tx: &Transaction<'_>,
    partner: &PartnerId,
    user: &UserId,
    to: Option<NewPost>,
    now_ms: i64,
) -> Result<PostChanged, SqliteError> {
    let found = account(tx, "id", user.as_str())?;
    if !found.is_some_and(|account| account.works_for(partner)) {
        return Ok(PostChanged::NotMember);
    }
    if let Some(NewPost {
        places: Some(places),
        ..
    }) = &to
    {
        let named = places.named().unwrap_or_default();
        if memberships::open(tx, partner, places)?.len() < named.len() {
            return Ok(PostChanged::NoPlace);
        }
    }
    let change = AccountChange::Post(partner.clone(), to);
    Ok(apply(tx, user, &change, now_ms)?.into())
}
