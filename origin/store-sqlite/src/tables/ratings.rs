//! Rows of what partners' reviews add up to.

use std::collections::HashMap;

use domain::{
    PartnerId,
    reviews::{
        rating::{Kept, StarCounts},
        review::{ReviewState, Stars},
    },
};
use rusqlite::{Connection, OptionalExtension as _, Transaction, types::Value};

use super::word::word;
use crate::error::SqliteError;

/// What is kept of these partners; one that never had a review is absent.
pub fn of(
    connection: &Connection,
    wanted: Value,
) -> Result<HashMap<PartnerId, StarCounts>, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT partner_id, stars_1, stars_2, stars_3, stars_4, stars_5 FROM partner_ratings
         WHERE partner_id IN (SELECT value FROM json_each(?1))",
    )?;
    let mut rows = statement.query([wanted])?;
    let mut found = HashMap::new();
    while let Some(row) = rows.next()? {
        let mut counts = [0; Stars::MOST as usize];
        for (at, count) in counts.iter_mut().enumerate() {
            *count = row.get(at + 1)?;
        }
        let partner = word("partner id", &row.get::<_, String>(0)?, PartnerId::parse)?;
        found.insert(partner, StarCounts::new(counts));
    }
    Ok(found)
}

/// The reviews of these partners that are shown, counted.
pub fn counted(
    connection: &Connection,
    wanted: Value,
) -> Result<HashMap<PartnerId, StarCounts>, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT partner_id, stars, COUNT(*) FROM reviews
         WHERE partner_id IN (SELECT value FROM json_each(?1)) AND state = ?2
         GROUP BY partner_id, stars",
    )?;
    let mut rows = statement.query((wanted, ReviewState::Shown.as_str()))?;
    let mut found: HashMap<PartnerId, [i64; Stars::MOST as usize]> = HashMap::new();
    while let Some(row) = rows.next()? {
        let partner = word("partner id", &row.get::<_, String>(0)?, PartnerId::parse)?;
        let (stars, counted): (i64, i64) = (row.get(1)?, row.get(2)?);
        let place = usize::try_from(stars - 1).unwrap_or(usize::MAX);
        if let Some(count) = found.entry(partner).or_default().get_mut(place) {
            *count = counted;
        }
    }
    let found = found.into_iter();
    Ok(found
        .map(|(partner, counts)| (partner, StarCounts::new(counts)))
        .collect())
}

/// What a partner keeps of its rating; none if there is no such partner.
pub fn kept(connection: &Connection, partner: &PartnerId) -> Result<Option<Kept>, SqliteError> {
    let shown = connection
        .prepare_cached("SELECT rating FROM partners WHERE id = ?1")?
        .query_row([partner.as_str()], |row| row.get(0))
        .optional()?;
    let Some(rating) = shown else {
        return Ok(None);
    };
    let wanted = crate::database::json_list([partner.as_str()].into_iter());
    let counts = of(connection, wanted)?.remove(partner);
    Ok(Some(Kept { counts, rating }))
}

/// Keeps the counts of a partner, and shows what they add up to.
pub fn keep(tx: &Transaction<'_>, partner: &PartnerId, after: Kept) -> Result<(), SqliteError> {
    let counts = after.counts.unwrap_or_default();
    let [one, two, three, four, five] = counts.counts();
    tx.prepare_cached(
        "INSERT INTO partner_ratings(partner_id, stars_1, stars_2, stars_3, stars_4, stars_5)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT(partner_id) DO UPDATE SET stars_1 = ?2, stars_2 = ?3, stars_3 = ?4,
            stars_4 = ?5, stars_5 = ?6",
    )?
    .execute((partner.as_str(), one, two, three, four, five))?;
    tx.prepare_cached("UPDATE partners SET rating = ?2, review_count = ?3 WHERE id = ?1")?
        .execute((partner.as_str(), after.rating, counts.shown_total()))?;
    Ok(())
}
