//! What a partner's nights add up to: bookings made, guests who came, and those who came without a booking.

use domain::{
    OfferId, PartnerId,
    bookings::figures::{Figures, OfferNight, UtcHour},
    night::Night,
};
use rusqlite::Connection;

use super::word::word;
use crate::error::SqliteError;

const HOUR_MS: i64 = 3_600_000;

pub fn by_offer(
    connection: &Connection,
    partner: &PartnerId,
    first: Night,
    last: Night,
) -> Result<Vec<OfferNight>, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT night, offer_id, SUM(made), SUM(came), SUM(guests), SUM(walked) FROM (
            SELECT made_on AS night, offer_id, COUNT(*) AS made, 0 AS came, 0 AS guests, 0 AS walked
            FROM bookings WHERE partner_id = ?1 AND made_on BETWEEN ?2 AND ?3
            GROUP BY made_on, offer_id
            UNION ALL
            SELECT checked_in_on, offer_id, 0, COUNT(*), SUM(COALESCE(party_size, 1)), 0
            FROM bookings WHERE partner_id = ?1 AND checked_in_on BETWEEN ?2 AND ?3
            GROUP BY checked_in_on, offer_id
            UNION ALL
            SELECT night, offer_id, 0, 0, 0, SUM(party_size)
            FROM walk_ins WHERE partner_id = ?1 AND night BETWEEN ?2 AND ?3
            GROUP BY night, offer_id)
         GROUP BY night, offer_id ORDER BY night, offer_id",
    )?;
    let mut rows = statement.query((partner.as_str(), first.to_string(), last.to_string()))?;
    let mut nights = Vec::new();
    while let Some(row) = rows.next()? {
        nights.push(OfferNight {
            night: word("night", &row.get::<_, String>(0)?, Night::parse)?,
            offer: word("offer id", &row.get::<_, String>(1)?, OfferId::parse)?,
            figures: Figures {
                bookings: row.get(2)?,
                check_ins: row.get(3)?,
                guests: row.get(4)?,
                walk_ins: row.get(5)?,
            },
        });
    }
    Ok(nights)
}

pub fn by_hour(
    connection: &Connection,
    partner: &PartnerId,
    first: Night,
    last: Night,
) -> Result<Vec<UtcHour>, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT night, hour, SUM(came), SUM(guests), SUM(walked) FROM (
            SELECT checked_in_on AS night, checked_in_at_ms / ?4 % 24 AS hour, COUNT(*) AS came,
                SUM(COALESCE(party_size, 1)) AS guests, 0 AS walked
            FROM bookings WHERE partner_id = ?1 AND checked_in_on BETWEEN ?2 AND ?3
            GROUP BY 1, 2
            UNION ALL
            SELECT night, at_ms / ?4 % 24, 0, 0, SUM(party_size)
            FROM walk_ins WHERE partner_id = ?1 AND night BETWEEN ?2 AND ?3
            GROUP BY 1, 2)
         GROUP BY night, hour",
    )?;
    let days = (first.to_string(), last.to_string());
    let mut rows = statement.query((partner.as_str(), days.0, days.1, HOUR_MS))?;
    let mut hours = Vec::new();
    while let Some(row) = rows.next()? {
        hours.push(UtcHour {
            night: word("night", &row.get::<_, String>(0)?, Night::parse)?,
            hour: row.get(1)?,
            figures: Figures {
                bookings: 0,
                check_ins: row.get(2)?,
                guests: row.get(3)?,
                walk_ins: row.get(4)?,
            },
        });
    }
    Ok(hours)
}
