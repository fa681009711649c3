//! Places of a quota, for the block that books them.

use domain::{Offer, OfferId};
use rusqlite::{Connection, Transaction};

use crate::{error::SqliteError, tables::offers as rows};

/// The offer as it is in this transaction.
pub fn one(connection: &Connection, id: &OfferId) -> Result<Option<Offer>, SqliteError> {
    Ok(rows::by_id(connection, id)?.map(|(_, offer)| offer))
}

/// How many bookings of the offer hold a place. From now on they count in the offer's quota, also
/// those that were made while it had none.
pub fn count_booked(tx: &Transaction<'_>, id: &OfferId) -> Result<i32, SqliteError> {
    let count = tx
        .prepare_cached(
            "UPDATE bookings SET counted = 1
             WHERE offer_id = ?1 AND status NOT IN ('CANCELLED', 'EXPIRED')",
        )?
        .execute([id.as_str()])?;
    Ok(i32::try_from(count).unwrap_or(i32::MAX))
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
