//! Places of a quota, for the block that books them.

use domain::{Offer, OfferId, bookings::party::PartySize};
use rusqlite::{Connection, Transaction};

use crate::{
    error::SqliteError,
    tables::{offers as rows, walk_ins},
};

/// The offer as it is in this transaction.
pub fn one(connection: &Connection, id: &OfferId) -> Result<Option<Offer>, SqliteError> {
    Ok(rows::by_id(connection, id)?.map(|(_, offer)| offer))
}

/// How many places the offer's bookings and walk-ins hold. From now on they count in the offer's quota, also
/// those that were made while it had none.
pub fn count_booked(tx: &Transaction<'_>, id: &OfferId) -> Result<i32, SqliteError> {
    tx.prepare_cached(
        "UPDATE bookings SET counted = 1
         WHERE offer_id = ?1 AND status NOT IN ('CANCELLED', 'EXPIRED')",
    )?
    .execute([id.as_str()])?;
    let places: i64 = tx
        .prepare_cached(
            "SELECT COALESCE(SUM(COALESCE(party_size, 1)), 0) FROM bookings
             WHERE offer_id = ?1 AND status NOT IN ('CANCELLED', 'EXPIRED')",
        )?
        .query_row([id.as_str()], |row| row.get(0))?;
    let places = places + walk_ins::count_places(tx, id)?;
    Ok(i32::try_from(places).unwrap_or(i32::MAX))
}

/// Takes one for each person, if so many are left.
pub fn take_places(
    tx: &Transaction<'_>,
    id: &OfferId,
    party: PartySize,
) -> Result<bool, SqliteError> {
    let taken = tx
        .prepare_cached(
            "UPDATE offers SET quota_remaining = quota_remaining - ?2
             WHERE id = ?1 AND quota_remaining >= ?2",
        )?
        .execute((id.as_str(), party.people()))?;
    Ok(taken > 0)
}

/// Gives one back for each person; never more than there are.
pub fn give_places_back(
    tx: &Transaction<'_>,
    id: &OfferId,
    party: PartySize,
) -> Result<(), SqliteError> {
    tx.prepare_cached(
        "UPDATE offers SET quota_remaining = MIN(quota_total, quota_remaining + ?2)
         WHERE id = ?1 AND quota_remaining < quota_total",
    )?
    .execute((id.as_str(), party.people()))?;
    Ok(())
}
