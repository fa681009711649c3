//! Which server does a job: one row per job, taken for a while and renewed.

use rusqlite::Transaction;

use crate::error::SqliteError;

/// Ends bookings.
pub const BOOKINGS: &str = "bookings";
/// Deletes pictures that nobody needs.
pub const PICTURES: &str = "pictures";
/// Looks at payments, and compares the books.
pub const PAYMENTS: &str = "payments";

pub fn take(
    tx: &Transaction<'_>,
    name: &str,
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
        .execute((name, holder, until_ms, now_ms))?;
    Ok(taken > 0)
}

pub fn give_back(tx: &Transaction<'_>, name: &str, holder: &str) -> Result<(), SqliteError> {
    tx.prepare_cached("DELETE FROM leases WHERE name = ?1 AND holder = ?2")?
        .execute((name, holder))?;
    Ok(())
}
