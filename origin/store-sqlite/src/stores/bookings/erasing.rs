//! The erasure of an account, in its transaction: its bookings stay for the partner's figures, and
//! name no user.

use domain::{
    UserId,
    bookings::{booking::Step, rules, store::By},
};
use rusqlite::Transaction;

use super::write;
use crate::{error::SqliteError, tables::bookings as rows};

/// Cancels what is open, at any time, and takes the user out of all bookings, also of those that
/// they checked in.
pub fn erase(tx: &Transaction<'_>, user: &UserId, now_ms: i64) -> Result<(), SqliteError> {
    for before in rows::open_of(tx, user)? {
        if let Some(after) = rules::withdrawn(&before, now_ms) {
            write::store(tx, &before, &after, Step::Cancel, &By::Erasure, now_ms)?;
        }
    }
    tx.prepare_cached(
        "UPDATE bookings SET user_id = NULL, idempotency_key = NULL WHERE user_id = ?1",
    )?
    .execute([user.as_str()])?;
    tx.prepare_cached("UPDATE bookings SET checked_in_by = NULL WHERE checked_in_by = ?1")?
        .execute([user.as_str()])?;
    Ok(())
}
