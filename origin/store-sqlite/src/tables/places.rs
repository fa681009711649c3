//! Places of a quota, for the block that books them.

use domain::{Offer, OfferId};
use rusqlite::{Connection, Transaction};

use crate::{error::SqliteError, tables::offers as rows};

/// The offer as it is in this transaction.
pub fn one(connection: &Connection, id: &OfferId) -> Result<Option<Offer>, SqliteError> {
    Ok(rows::by_id(connection, id)?.map(|(_, offer)| offer))
}

/// Takes one, if one is left.
pub fn take_place(tx: &Transaction<'_>, id: &OfferId) -> Result<bool, SqliteError> {
    let taken = tx
        .prepare_cached(
            "UPDATE offers SET quota_remaining = quota_remaining - 1
             WHERE id = ?1 AND quota_remaining > 0",
        )?
        .execute([id.as_str()])?;
    Ok(taken > 0)
}

/// Gives one back; never more than there are.
pub fn give_back_place(tx: &Transaction<'_>, id: &OfferId) -> Result<(), SqliteError> {
    tx.prepare_cached(
        "UPDATE offers SET quota_remaining = quota_remaining + 1
         WHERE id = ?1 AND quota_remaining < quota_total",
    )?
    .execute([id.as_str()])?;
    Ok(())
}
