//! Favourites in SQLite.

use std::collections::HashSet;

use domain::{
    OfferId, UserId,
    users::store::{Favored, MAX_FAVORITES},
};
use rusqlite::{Connection, Transaction};

use crate::{database::json_list, error::SqliteError, tables::users::is_active};

pub(super) fn add(
    tx: &Transaction<'_>,
    user: &UserId,
    offer: &OfferId,
    now_ms: i64,
) -> Result<Favored, SqliteError> {
    if !is_active(tx, user)? {
        return Ok(Favored::NoAccount);
    }
    if !among(tx, user, std::slice::from_ref(offer))?.is_empty() {
        return Ok(Favored::AlreadyThere);
    }
    let count: i64 = tx
        .prepare_cached("SELECT COUNT(*) FROM favorites WHERE user_id = ?1")?
        .query_row([user.as_str()], |row| row.get(0))?;
    if usize::try_from(count).is_ok_and(|count| count >= MAX_FAVORITES) {
        return Ok(Favored::Full);
    }
    tx.prepare_cached("INSERT INTO favorites(user_id, offer_id, at_ms) VALUES (?1, ?2, ?3)")?
        .execute((user.as_str(), offer.as_str(), now_ms))?;
    Ok(Favored::Added)
}

pub(super) fn remove(
    tx: &Transaction<'_>,
    user: &UserId,
    offer: &OfferId,
) -> Result<bool, SqliteError> {
    let removed = tx
        .prepare_cached("DELETE FROM favorites WHERE user_id = ?1 AND offer_id = ?2")?
        .execute((user.as_str(), offer.as_str()))?;
    Ok(removed > 0)
}

pub(super) fn list(
    connection: &Connection,
    user: &UserId,
) -> Result<Vec<(OfferId, i64)>, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT offer_id, at_ms FROM favorites WHERE user_id = ?1 ORDER BY at_ms DESC, offer_id",
    )?;
    let mut rows = statement.query([user.as_str()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push((offer_id(&row.get::<_, String>(0)?)?, row.get(1)?));
    }
    Ok(found)
}

pub(super) fn among(
    connection: &Connection,
    user: &UserId,
    offers: &[OfferId],
) -> Result<HashSet<OfferId>, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT offer_id FROM favorites
         WHERE user_id = ?1 AND offer_id IN (SELECT value FROM json_each(?2))",
    )?;
    let wanted = json_list(offers.iter().map(OfferId::as_str));
    let mut rows = statement.query((user.as_str(), wanted))?;
    let mut found = HashSet::new();
    while let Some(row) = rows.next()? {
        found.insert(offer_id(&row.get::<_, String>(0)?)?);
    }
    Ok(found)
}

fn offer_id(text: &str) -> Result<OfferId, SqliteError> {
    OfferId::parse(text).ok_or_else(|| SqliteError::corrupt("favourite", &text))
}
