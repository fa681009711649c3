//! Samples for the checker of the catalogue index, by the R*Tree and the full-text index.

mod boxes;

use boxes::boxes;
use domain::{
    GeoPoint, OfferId,
    offers::store::{Near, Sample, Visibility},
    search_text as text,
};
use rusqlite::{Connection, Row, params_from_iter};

use super::filter::{self, Condition};
use crate::{error::SqliteError, tables::limit::limit};

pub(super) fn sample(
    connection: &Connection,
    sample: &Sample,
    most: usize,
    now_ms: i64,
) -> Result<Vec<OfferId>, SqliteError> {
    let visible = filter::visible(Visibility::Public, now_ms);
    match sample {
        Sample::Near(disk) => near(connection, disk, &visible, most),
        Sample::Word(word) => match text::match_expression(word) {
            Some(expression) => with_words(connection, expression, visible, most),
            None => Ok(Vec::new()),
        },
    }
}

/// The R*Tree gives candidates, the haversine decides.
fn near(
    connection: &Connection,
    disk: &Near,
    visible: &Condition,
    most: usize,
) -> Result<Vec<OfferId>, SqliteError> {
    // CROSS JOIN keeps the R*Tree outermost, whatever the planner thinks of the other conditions.
    let sql = format!(
        "SELECT o.id, o.lat, o.lng FROM offer_geo g CROSS JOIN offers o ON o.row = g.row
         WHERE g.max_lat >= ? AND g.min_lat <= ? AND g.max_lng >= ? AND g.min_lng <= ? AND {}",
        visible.sql
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut ids = Vec::new();
    for area in boxes(disk.centre, disk.max_distance_km) {
        let params = area.params().into_iter().chain(visible.params.clone());
        let mut rows = statement.query(params_from_iter(params))?;
        while let Some(row) = rows.next()? {
            if ids.len() >= most {
                return Ok(ids);
            }
            let place = GeoPoint {
                lat: row.get(1)?,
                lng: row.get(2)?,
            };
            if disk.centre.distance_km(&place) <= disk.max_distance_km {
                ids.push(id(row)?);
            }
        }
    }
    Ok(ids)
}

fn with_words(
    connection: &Connection,
    expression: String,
    visible: Condition,
    most: usize,
) -> Result<Vec<OfferId>, SqliteError> {
    // The limit is inside: a word of all offers costs no more than a rare one.
    let sql = format!(
        "SELECT o.id FROM (SELECT rowid FROM offer_text WHERE offer_text MATCH ? LIMIT ?) t
         CROSS JOIN offers o ON o.row = t.rowid WHERE {}",
        visible.sql
    );
    let params = [expression.into(), limit(most).into()]
        .into_iter()
        .chain(visible.params);
    let mut statement = connection.prepare_cached(&sql)?;
    let ids = statement.query_and_then(params_from_iter(params), id)?;
    ids.collect()
}

fn id(row: &Row<'_>) -> Result<OfferId, SqliteError> {
    let id: String = row.get(0)?;
    OfferId::parse(&id).ok_or_else(|| SqliteError::corrupt("offer id", &id))
}
