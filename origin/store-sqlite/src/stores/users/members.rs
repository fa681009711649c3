//! Who works for a partner, in SQLite.

use domain::{
    PartnerId, UserId,
    users::{
        account::Post,
        change::AccountChange,
        store::{PostChanged, post_change},
    },
};
use rusqlite::Transaction;

use crate::{
    error::SqliteError,
    tables::users::{change::apply, members},
};

pub(super) fn change_post(
    tx: &Transaction<'_>,
    partner: &PartnerId,
    user: &UserId,
    post: Option<Post>,
    now_ms: i64,
) -> Result<PostChanged, SqliteError> {
    let team = members(tx, partner)?;
    let before = team.iter().find(|account| account.id == *user);
    let owners = team
        .iter()
        .filter_map(|account| account.membership.as_ref())
        .filter(|of| of.post == Post::Owner)
        .count();
    let changed = post_change(before, owners, post);
    match changed {
        PostChanged::NotMember | PostChanged::LastOwner => {}
        PostChanged::Done => {
            apply(
                tx,
                user,
                &AccountChange::Post(partner.clone(), post),
                now_ms,
            )?;
        }
    }
    Ok(changed)
}
