//! Samples for the checker of the catalogue index, by the R*Tree and the full-text index.

use domain::{
    OfferId,
    offers::store::{Sample, Visibility},
    search_text as text,
};
use rusqlite::{Connection, params_from_iter};

use super::{filter::Filter, near};
use crate::{error::SqliteError, tables::limit::limit};

pub(super) fn sample(
    connection: &Connection,
    sample: &Sample,
    most: usize,
    now_ms: i64,
) -> Result<Vec<OfferId>, SqliteError> {
    let mut filter = Filter::default();
    match sample {
        Sample::Near(disk) => {
            filter.visible(Visibility::Public, now_ms);
            let hits = near::hits_within(connection, disk.centre, disk.max_distance_km, &filter)?;
            let ids = hits.iter().take(most).map(|hit| hit.position.id);
            Ok(ids.map(OfferId::from_bytes).collect())
        }
        Sample::Word(word) => {
            let Some(expression) = text::match_expression(word) else {
                return Ok(Vec::new());
            };
            filter.visible(Visibility::Public, now_ms);
            // The limit is inside: a word of all offers costs no more than a rare one.
            let sql = format!(
                "SELECT o.id FROM (SELECT rowid FROM offer_text WHERE offer_text MATCH ? LIMIT ?) t
                 CROSS JOIN offers o ON o.row = t.rowid WHERE TRUE{}",
                filter.and_sql()
            );
            let params = [expression.into(), limit(most).into()]
                .into_iter()
                .chain(filter.params.iter().cloned());
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params_from_iter(params))?;
            let mut ids = Vec::new();
            while let Some(row) = rows.next()? {
                let id: String = row.get(0)?;
                let parsed = OfferId::parse(&id);
                ids.push(parsed.ok_or_else(|| SqliteError::corrupt("offer id", &id))?);
            }
            Ok(ids)
        }
    }
}
