//! Who ends bookings: one row, taken for a while and renewed.

use rusqlite::Transaction;

use crate::error::SqliteError;

const NAME: &str = "bookings";

pub(super) fn take(
    tx: &Transaction<'_>,
    holder: &str,
    until_ms: i64,
    now_ms: i64,
) -> Result<bool, SqliteError> {
    let taken = tx
        .prepare_cached(
            "INSERT INTO leases(name, holder, until_ms) VALUES (?1, ?2, ?3)
             ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms
             WHERE leases.holder = excluded.holder OR leases.until_ms <= ?4",
        )?
        .execute((NAME, holder, until_ms, now_ms))?;
    Ok(taken > 0)
}

pub(super) fn give_back(tx: &Transaction<'_>, holder: &str) -> Result<(), SqliteError> {
    tx.prepare_cached("DELETE FROM leases WHERE name = ?1 AND holder = ?2")?
        .execute((NAME, holder))?;
    Ok(())
}
