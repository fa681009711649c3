//! Rows of one-time codes.

use domain::{auth::codes::StoredCode, queue::NewTask};
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
