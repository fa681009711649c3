//! What the catalogue index keeps of offers.

use domain::{
    Category, GeoPoint, OfferId, PartnerId,
    offers::listing::{CorruptOffer, Listing, Listings},
};
use rusqlite::{Connection, Row, params_from_iter, types::Value};

use crate::{error::SqliteError, tables::limit::limit};

const COLUMNS: &str = "o.id, o.partner_id, o.lat, o.lng, o.category, o.percentage, o.is_active,
    o.archived_at_ms IS NOT NULL, o.valid_from_ms, o.valid_until_ms, o.created_at_ms, o.title,
    o.description, COALESCE(p.name, ''), COALESCE(e.name, '')";
const FROM: &str = "offers o
    LEFT JOIN partners p ON p.id = o.partner_id
    LEFT JOIN establishments e ON e.id = o.establishment_id";

/// The listings after the one of this id, in the order in which the rows are stored: in the order of the
/// ids each row would be another page of the file. If there is no such offer any more, all.
pub(super) fn after(
    connection: &Connection,
    after: Option<&OfferId>,
    most: usize,
) -> Result<Listings, SqliteError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {FROM}
         WHERE o.row > COALESCE((SELECT row FROM offers WHERE id = ?), 0) ORDER BY o.row LIMIT ?"
    );
    let after = after.map_or("", OfferId::as_str).to_owned();
    query(connection, &sql, [after.into(), limit(most).into()])
}

/// The listings of some ids, a JSON array.
pub(super) fn of(connection: &Connection, ids: Value) -> Result<Listings, SqliteError> {
    let sql =
        format!("SELECT {COLUMNS} FROM {FROM} WHERE o.id IN (SELECT value FROM json_each(?))");
    query(connection, &sql, [ids])
}

fn query<const N: usize>(
    connection: &Connection,
    sql: &str,
    params: [Value; N],
) -> Result<Listings, SqliteError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params_from_iter(params))?;
    let mut listings = Listings::default();
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        if let Some(id) = OfferId::parse(&id) {
            listings.last = Some(id);
        }
        match listing(&id, row) {
            Ok(listing) => listings.found.push(listing),
            Err(error) => listings.corrupt.push(CorruptOffer {
                id,
                why: error.to_string(),
            }),
        }
    }
    Ok(listings)
}

fn listing(id: &str, row: &Row<'_>) -> Result<Listing, SqliteError> {
    let (partner_id, category): (String, String) = (row.get(1)?, row.get(4)?);
    let (lat, lng) = (row.get(2)?, row.get(3)?);
    Ok(Listing {
        id: OfferId::parse(id).ok_or_else(|| SqliteError::corrupt("offer id", &id))?,
        partner_id: PartnerId::parse(&partner_id)
            .ok_or_else(|| SqliteError::corrupt("partner id", &partner_id))?,
        location: GeoPoint::new(lat, lng)
            .ok_or_else(|| SqliteError::corrupt("location", &format!("{lat}, {lng}")))?,
        category: Category::parse(&category)
            .ok_or_else(|| SqliteError::corrupt("category", &category))?,
        percentage: row.get(5)?,
        is_active: row.get(6)?,
        is_archived: row.get(7)?,
        valid_from_ms: row.get(8)?,
        valid_until_ms: row.get(9)?,
        created_at_ms: row.get(10)?,
        title: row.get(11)?,
        description: row.get(12)?,
        partner_name: row.get(13)?,
        establishment_name: row.get(14)?,
    })
}
