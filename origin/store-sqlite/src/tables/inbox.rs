//! Rows of the inbox.

use domain::{
    NotificationId, UserId,
    notifications::inbox::{Entry, MOST_ENTRIES},
};
use rusqlite::{Row, Transaction};

use super::{limit::limit, word::word};
use crate::error::SqliteError;

pub const COLUMNS: &str = "id, user_id, letter, at_ms, read_at_ms";

/// Stores an entry, unless it is stored, in the transaction that causes it. The oldest make room.
pub fn push(tx: &Transaction<'_>, entry: &Entry) -> Result<(), SqliteError> {
    tx.prepare_cached(
        "INSERT INTO inbox(id, user_id, letter, at_ms, read_at_ms) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT(id) DO NOTHING",
    )?
    .execute((
        entry.id.as_str(),
        entry.user.as_str(),
        &entry.letter,
        entry.at_ms,
        entry.read_at_ms,
    ))?;
    tx.prepare_cached(
        "DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE user_id = ?1
            ORDER BY at_ms DESC, id DESC LIMIT -1 OFFSET ?2)",
    )?
    .execute((entry.user.as_str(), limit(MOST_ENTRIES)))?;
    Ok(())
}

/// A row with [`COLUMNS`].
pub fn read(row: &Row<'_>) -> Result<Entry, SqliteError> {
    Ok(Entry {
        id: word("id", &row.get::<_, String>(0)?, NotificationId::parse)?,
        user: word("user id", &row.get::<_, String>(1)?, UserId::parse)?,
        letter: row.get(2)?,
        at_ms: row.get(3)?,
        read_at_ms: row.get(4)?,
    })
}
