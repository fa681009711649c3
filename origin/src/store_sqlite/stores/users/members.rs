//! Who works for a partner, in SQLite.

use rusqlite::{Connection, Transaction};

use super::apply;
use crate::store_sqlite::tables::users as rows;
use crate::{
    domain::{
        users::{
            account::{Account, Post},
            change::AccountChange,
            store::{PostChanged, post_change},
        },
        {PartnerId, UserId},
    },
    store_sqlite::database::StoreError,
};

/// The accounts of a team, the longest there first.
pub fn members(connection: &Connection, partner: &PartnerId) -> Result<Vec<Account>, StoreError> {
    rows::accounts(
        connection,
        "partner_id = ?1 ORDER BY created_at_ms, id",
        partner.as_str(),
    )
}

pub fn change_post(
    tx: &Transaction<'_>,
    partner: &PartnerId,
    user: &UserId,
    post: Option<Post>,
    now_ms: i64,
) -> Result<PostChanged, StoreError> {
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
