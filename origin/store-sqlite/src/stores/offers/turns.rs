//! Tells the purge log of offers that began or ended.

use domain::{
    GeoPoint, OfferId, PartnerId,
    offers::validity::{AT_ONCE, Told, Turn, TurnKind, telling},
};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};

use crate::{error::SqliteError, outbox::outbox_push, tables::limit::limit};

/// Active offers that turn after a place in the order, up to a moment.
const TURNS: &str = "
    SELECT at_ms, id, partner_id, lat, lng, begins FROM (
        SELECT valid_from_ms AS at_ms, id, partner_id, lat, lng, 1 AS begins FROM offers
        WHERE is_active = 1 AND valid_from_ms BETWEEN ?1 AND ?3 AND valid_from_ms < valid_until_ms
        UNION ALL
        SELECT valid_until_ms, id, partner_id, lat, lng, 0 FROM offers
        WHERE is_active = 1 AND valid_until_ms BETWEEN ?1 AND ?3 AND valid_from_ms < valid_until_ms)
    WHERE (at_ms, id) > (?1, ?2)
    ORDER BY at_ms, id LIMIT ?4";

/// Greater than every id.
const AFTER_ALL_IDS: &str = "g";

/// Whether there is anything to tell; also when nothing was ever told.
pub(super) fn is_due(connection: &Connection, until_ms: i64) -> Result<bool, SqliteError> {
    match told(connection)? {
        None => Ok(true),
        Some(told) => Ok(!turns(connection, &told, until_ms, 1)?.is_empty()),
    }
}

pub(super) fn tell(tx: &Transaction<'_>, until_ms: i64) -> Result<usize, SqliteError> {
    let due = match told(tx)? {
        // The first time: what turned before was never cached otherwise.
        None => Vec::new(),
        Some(told) => turns(tx, &told, until_ms, AT_ONCE)?,
    };
    let telling = telling(&due, until_ms);
    for purge in &telling.purges {
        outbox_push(tx, purge, until_ms)?;
    }
    let offer = telling.told.offer.as_ref().map_or("", OfferId::as_str);
    tx.prepare_cached(
        "INSERT INTO turns_told(one, at_ms, offer_id) VALUES (1, ?1, ?2)
         ON CONFLICT (one) DO UPDATE SET at_ms = excluded.at_ms, offer_id = excluded.offer_id
         WHERE excluded.at_ms >= turns_told.at_ms",
    )?
    .execute((telling.told.at_ms, offer))?;
    Ok(telling.count)
}

fn told(connection: &Connection) -> Result<Option<Told>, SqliteError> {
    let stored = connection
        .prepare_cached("SELECT at_ms, offer_id FROM turns_told")?
        .query_row([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))
        .optional()?;
    Ok(stored.map(|(at_ms, offer)| Told {
        at_ms,
        offer: OfferId::parse(&offer),
    }))
}

fn turns(
    connection: &Connection,
    told: &Told,
    until_ms: i64,
    most: usize,
) -> Result<Vec<Turn>, SqliteError> {
    let after = told.offer.as_ref().map_or(AFTER_ALL_IDS, OfferId::as_str);
    let mut statement = connection.prepare_cached(TURNS)?;
    let mut rows = statement.query((told.at_ms, after, until_ms, limit(most)))?;
    let mut turns = Vec::new();
    while let Some(row) = rows.next()? {
        turns.push(turn(row)?);
    }
    Ok(turns)
}

fn turn(row: &Row<'_>) -> Result<Turn, SqliteError> {
    let (id, partner): (String, String) = (row.get(1)?, row.get(2)?);
    let begins: bool = row.get(5)?;
    Ok(Turn {
        at_ms: row.get(0)?,
        offer: OfferId::parse(&id).ok_or_else(|| SqliteError::corrupt("offer id", &id))?,
        partner: PartnerId::parse(&partner)
            .ok_or_else(|| SqliteError::corrupt("partner id", &partner))?,
        location: GeoPoint {
            lat: row.get(3)?,
            lng: row.get(4)?,
        },
        kind: if begins {
            TurnKind::Begins
        } else {
            TurnKind::Ends
        },
    })
}
