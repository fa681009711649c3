//! What the catalogue index keeps of offers.

use domain::{
    Category, EstablishmentId, GeoPoint, OfferId, PartnerId,
    cities::CityArea,
    offers::{
        discount::{DiscountKind, DiscountTerms},
        listing::{CorruptOffer, Listing, Listings},
        translating::searched,
    },
};
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter, types::Value};

use crate::{
    error::SqliteError,
    tables::{
        limit::limit,
        offers::{optional_json, translations},
    },
};

const COLUMNS: &str = "o.id, o.partner_id, o.lat, o.lng, o.category, o.percentage, o.is_active,
    o.archived_at_ms IS NOT NULL, o.valid_from_ms, o.valid_until_ms, o.created_at_ms, o.title,
    o.description, COALESCE(p.name, ''), COALESCE(e.name, ''), o.row, o.establishment_id, p.category,
    p.rating, COALESCE(e.city, ''), o.discount_terms, o.schedule, o.translations,
    p.id IS NULL OR (p.status = 'APPROVED' AND p.archived_at_ms IS NULL),
    COALESCE(e.country, ''), COALESCE(e.postcode, '')";
const FROM: &str = "offers o
    LEFT JOIN partners p ON p.id = o.partner_id
    LEFT JOIN establishments e ON e.id = o.establishment_id";

/// Before the first row.
pub(super) const BEGIN: i64 = 0;

/// The listings after a row, in the order in which the rows are stored: in the order of the ids each
/// row would be another page of the file. And the last row that was read, from which to go on.
pub(super) fn after(
    connection: &Connection,
    row: i64,
    most: usize,
) -> Result<(Listings, i64), SqliteError> {
    let sql = format!("SELECT {COLUMNS} FROM {FROM} WHERE o.row > ? ORDER BY o.row LIMIT ?");
    let (listings, last) = query(connection, &sql, [row.into(), limit(most).into()])?;
    Ok((listings, last.unwrap_or(row)))
}

/// The row of an offer; of none, or of one that is gone, the beginning.
pub(super) fn row_of(connection: &Connection, id: Option<&OfferId>) -> Result<i64, SqliteError> {
    let Some(id) = id else { return Ok(BEGIN) };
    let mut statement = connection.prepare_cached("SELECT row FROM offers WHERE id = ?")?;
    let row = statement.query_row([id.as_str()], |row| row.get(0));
    Ok(row.optional()?.unwrap_or(BEGIN))
}

/// The listings of some ids, a JSON array.
pub(super) fn of(connection: &Connection, ids: Value) -> Result<Listings, SqliteError> {
    let sql =
        format!("SELECT {COLUMNS} FROM {FROM} WHERE o.id IN (SELECT value FROM json_each(?))");
    Ok(query(connection, &sql, [ids])?.0)
}

/// And the last row that was read.
fn query<const N: usize>(
    connection: &Connection,
    sql: &str,
    params: [Value; N],
) -> Result<(Listings, Option<i64>), SqliteError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params_from_iter(params))?;
    let (mut listings, mut last) = (Listings::default(), None);
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        last = Some(row.get(15)?);
        match listing(&id, row) {
            Ok(listing) => listings.found.push(listing),
            Err(error) => listings.corrupt.push(CorruptOffer {
                id,
                why: error.to_string(),
            }),
        }
    }
    Ok((listings, last))
}

fn listing(id: &str, row: &Row<'_>) -> Result<Listing, SqliteError> {
    let (partner_id, category): (String, String) = (row.get(1)?, row.get(4)?);
    let (lat, lng) = (row.get(2)?, row.get(3)?);
    let establishment_id: String = row.get(16)?;
    let partner_category: Option<String> = row.get(17)?;
    let (country, postcode): (String, String) = (row.get(24)?, row.get(25)?);
    let terms: Option<DiscountTerms> = optional_json("discount terms", row.get_ref(20)?)?;
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
        is_listed: row.get(23)?,
        valid_from_ms: row.get(8)?,
        valid_until_ms: row.get(9)?,
        created_at_ms: row.get(10)?,
        title: row.get(11)?,
        description: searched(row.get(12)?, &translations(row)?),
        partner_name: row.get(13)?,
        establishment_name: row.get(14)?,
        establishment_id: EstablishmentId::parse(&establishment_id)
            .ok_or_else(|| SqliteError::corrupt("establishment id", &establishment_id))?,
        partner_category: match partner_category {
            Some(category) => Category::parse(&category)
                .ok_or_else(|| SqliteError::corrupt("category", &category))?,
            None => Category::Other,
        },
        rating: row.get(18)?,
        city: row.get(19)?,
        city_area: CityArea::of(&country, &postcode),
        kind: terms.map_or(DiscountKind::Percentage, |terms| terms.kind()),
        schedule: optional_json("schedule", row.get_ref(21)?)?,
    })
}
