//! Calendar feeds. They are columns of the account, so they end with it.

use domain::{UserId, bookings::calendar_feed::FeedHash};
use rusqlite::{Connection, OptionalExtension as _, Transaction};

use crate::{error::SqliteError, tables::word::word};

pub(super) fn put(
    tx: &Transaction<'_>,
    user: &UserId,
    hash: &FeedHash,
    now_ms: i64,
) -> Result<bool, SqliteError> {
    let put = tx
        .prepare_cached(
            "UPDATE users SET calendar_hash = ?2, calendar_epoch = epoch, calendar_since_ms = ?3
             WHERE id = ?1 AND status = 'active'",
        )?
        .execute((user.as_str(), hash.as_str(), now_ms))?;
    Ok(put > 0)
}

pub(super) fn since(connection: &Connection, user: &UserId) -> Result<Option<i64>, SqliteError> {
    let found = connection
        .prepare_cached(
            "SELECT calendar_since_ms FROM users
             WHERE id = ?1 AND calendar_hash IS NOT NULL AND calendar_epoch = epoch",
        )?
        .query_row([user.as_str()], |row| row.get(0));
    Ok(found.optional()?)
}

pub(super) fn revoke(tx: &Transaction<'_>, user: &UserId) -> Result<bool, SqliteError> {
    let was_good = since(tx, user)?.is_some();
    tx.prepare_cached(
        "UPDATE users SET calendar_hash = NULL, calendar_epoch = NULL, calendar_since_ms = NULL
         WHERE id = ?1",
    )?
    .execute([user.as_str()])?;
    Ok(was_good)
}

pub(super) fn user(
    connection: &Connection,
    hash: &FeedHash,
) -> Result<Option<UserId>, SqliteError> {
    let found: Option<String> = connection
        .prepare_cached(
            "SELECT id FROM users
             WHERE calendar_hash = ?1 AND calendar_epoch = epoch AND status = 'active'",
        )?
        .query_row([hash.as_str()], |row| row.get(0))
        .optional()?;
    found
        .map(|text| word("user id", &text, UserId::parse))
        .transpose()
}
