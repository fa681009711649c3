//! A partner's bookings of a night.

use domain::{
    OfferId, PartnerId,
    bookings::{
        booking::{Booking, BookingStatus},
        night::{NightCount, NightPage, NightQuery},
        short_code::ShortCode,
    },
    night::Night,
};
use rusqlite::{Connection, params_from_iter, types::Value};

use super::{COLUMNS, query};
use crate::{
    database::json_list,
    error::SqliteError,
    tables::{limit::limit, word::word},
};

pub fn page(connection: &Connection, wanted: &NightQuery) -> Result<NightPage, SqliteError> {
    let mut sql = format!("SELECT {COLUMNS} FROM bookings WHERE partner_id = ? AND day = ?");
    let mut params = vec![
        Value::from(wanted.partner.to_string()),
        Value::from(wanted.night.to_string()),
    ];
    if let Some(offers) = &wanted.offers {
        sql.push_str(" AND offer_id IN (SELECT value FROM json_each(?))");
        params.push(json_list(offers.iter().map(OfferId::as_str)));
    }
    if let Some(status) = wanted.status {
        sql.push_str(" AND status = ?");
        params.push(Value::from(status.as_str().to_owned()));
    }
    if let Some(after) = &wanted.after {
        sql.push_str(" AND (from_ms, id) > (?, ?)");
        params.push(Value::from(after.from_ms));
        params.push(Value::from(after.id.to_string()));
    }
    sql.push_str(" ORDER BY from_ms, id LIMIT ?");
    params.push(Value::from(limit(wanted.first.saturating_add(1))));
    let mut items = query(connection, &sql, params_from_iter(params))?;
    let has_next_page = items.len() > wanted.first;
    items.truncate(wanted.first);
    Ok(NightPage {
        items,
        has_next_page,
    })
}

pub fn counts(
    connection: &Connection,
    partner: &PartnerId,
    night: Night,
) -> Result<Vec<NightCount>, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT offer_id, status, MIN(from_ms), until_ms, COUNT(*), SUM(COALESCE(party_size, 1))
         FROM bookings
         WHERE partner_id = ?1 AND day = ?2 GROUP BY offer_id, status, until_ms",
    )?;
    let mut rows = statement.query((partner.as_str(), night.to_string()))?;
    let mut counts = Vec::new();
    while let Some(row) = rows.next()? {
        counts.push(NightCount {
            offer: word("offer id", &row.get::<_, String>(0)?, OfferId::parse)?,
            status: word("status", &row.get::<_, String>(1)?, BookingStatus::parse)?,
            from_ms: row.get(2)?,
            until_ms: row.get(3)?,
            bookings: row.get(4)?,
            people: row.get(5)?,
        });
    }
    Ok(counts)
}

pub fn by_short_code(
    connection: &Connection,
    partner: &PartnerId,
    nights: Value,
    code: &ShortCode,
) -> Result<Vec<Booking>, SqliteError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM bookings
         WHERE partner_id = ? AND day IN (SELECT value FROM json_each(?)) AND short_code = ?"
    );
    let params = [
        Value::from(partner.to_string()),
        nights,
        Value::from(code.as_str().to_owned()),
    ];
    query(connection, &sql, params_from_iter(params))
}

/// Whether another booking of the night has the code.
pub fn has_short_code(
    connection: &Connection,
    booking: &Booking,
    code: &ShortCode,
) -> Result<bool, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT 1 FROM bookings WHERE partner_id = ?1 AND day = ?2 AND short_code = ?3",
    )?;
    let night = booking.night.to_string();
    Ok(statement.exists((booking.partner.as_str(), night, code.as_str()))?)
}
