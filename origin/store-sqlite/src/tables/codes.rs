//! Rows of one-time codes.

use domain::{UserId, auth::codes::StoredCode, queue::NewTask, users::account::EmailKey};
use rusqlite::{Transaction, named_params};

use super::queue;
use crate::error::SqliteError;

/// Stores a code, in place of the previous one for the same user and purpose, and the task that sends
/// it.
pub fn put(tx: &Transaction<'_>, code: &StoredCode, task: &NewTask) -> Result<(), SqliteError> {
    // Each write deletes the expired rows, so the table stays small.
    tx.prepare_cached("DELETE FROM codes WHERE expires_at_ms <= ?1")?
        .execute([code.created_at_ms])?;
    tx.prepare_cached(
        "INSERT OR REPLACE INTO codes(user_id, purpose, target, hash, epoch, tries_left,
            created_at_ms, expires_at_ms)
         VALUES (:user, :purpose, :target, :hash, :epoch, :tries, :created, :expires)",
    )?
    .execute(named_params! {
        ":user": code.user.as_str(),
        ":purpose": code.purpose.as_str(),
        ":target": code.target,
        ":hash": code.hash,
        ":epoch": code.epoch,
        ":tries": code.tries_left,
        ":created": code.created_at_ms,
        ":expires": code.expires_at_ms,
    })?;
    queue::push(tx, [task])
}

/// Holds an address for the account of a code, as long as the code is valid.
pub fn hold(tx: &Transaction<'_>, code: &StoredCode, email: &EmailKey) -> Result<(), SqliteError> {
    tx.prepare_cached("UPDATE codes SET holds_email = ?3 WHERE user_id = ?1 AND purpose = ?2")?
        .execute((code.user.as_str(), code.purpose.as_str(), email.as_str()))?;
    Ok(())
}

/// Whether an address is held for another account than this one.
pub fn is_held(
    tx: &Transaction<'_>,
    email: &EmailKey,
    own: &UserId,
    now_ms: i64,
) -> Result<bool, SqliteError> {
    Ok(tx
        .prepare_cached(
            "SELECT 1 FROM codes
             WHERE holds_email = ?1 AND user_id <> ?2 AND expires_at_ms > ?3",
        )?
        .exists((email.as_str(), own.as_str(), now_ms))?)
}
