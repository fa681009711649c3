//! Between rows and walk-ins.

use domain::{
    OfferId, PartnerId, WalkInId,
    bookings::{night::WalkInCount, party::PartySize, walk_in::WalkIn},
    night::Night,
};
use rusqlite::{Connection, Transaction};

use super::word::word;
use crate::error::SqliteError;

pub fn by_id(connection: &Connection, id: &WalkInId) -> Result<Option<WalkIn>, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, offer_id, partner_id, night, party_size, counted, at_ms FROM walk_ins
         WHERE id = ?1",
    )?;
    let mut rows = statement.query([id.as_str()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let people: i32 = row.get(4)?;
    Ok(Some(WalkIn {
        id: word("walk-in id", &row.get::<_, String>(0)?, WalkInId::parse)?,
        offer: word("offer id", &row.get::<_, String>(1)?, OfferId::parse)?,
        partner: word("partner id", &row.get::<_, String>(2)?, PartnerId::parse)?,
        night: word("night", &row.get::<_, String>(3)?, Night::parse)?,
        party: PartySize::new(people).ok_or_else(|| SqliteError::corrupt("party size", &people))?,
        counted: row.get(5)?,
        at_ms: row.get(6)?,
    }))
}

pub fn insert(tx: &Transaction<'_>, walk_in: &WalkIn) -> Result<(), SqliteError> {
    tx.prepare_cached(
        "INSERT INTO walk_ins(id, offer_id, partner_id, night, party_size, counted, at_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute((
        walk_in.id.as_str(),
        walk_in.offer.as_str(),
        walk_in.partner.as_str(),
        walk_in.night.to_string(),
        walk_in.party.people(),
        walk_in.counted,
        walk_in.at_ms,
    ))?;
    Ok(())
}

pub fn delete(tx: &Transaction<'_>, id: &WalkInId) -> Result<(), SqliteError> {
    tx.prepare_cached("DELETE FROM walk_ins WHERE id = ?1")?
        .execute([id.as_str()])?;
    Ok(())
}

/// The people who walked in to a partner's offers in a night.
pub fn of_night(
    connection: &Connection,
    partner: &PartnerId,
    night: Night,
) -> Result<Vec<WalkInCount>, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT offer_id, SUM(party_size), MIN(at_ms), MAX(at_ms) FROM walk_ins
         WHERE partner_id = ?1 AND night = ?2 GROUP BY offer_id",
    )?;
    let mut rows = statement.query((partner.as_str(), night.to_string()))?;
    let mut counts = Vec::new();
    while let Some(row) = rows.next()? {
        counts.push(WalkInCount {
            offer: word("offer id", &row.get::<_, String>(0)?, OfferId::parse)?,
            people: row.get(1)?,
            first_ms: row.get(2)?,
            last_ms: row.get(3)?,
        });
    }
    Ok(counts)
}

/// The people who walked in to an offer. From now on they count in its quota, also those who came while it
/// had none.
pub fn count_places(tx: &Transaction<'_>, offer: &OfferId) -> Result<i64, SqliteError> {
    tx.prepare_cached("UPDATE walk_ins SET counted = 1 WHERE offer_id = ?1")?
        .execute([offer.as_str()])?;
    let sum = "SELECT COALESCE(SUM(party_size), 0) FROM walk_ins WHERE offer_id = ?1";
    Ok(tx
        .prepare_cached(sum)?
        .query_row([offer.as_str()], |row| row.get(0))?)
}
