//! Lists without a place: newest first.

use domain::{
    OfferId,
    offers::store::{Columns, ListFields, OfferPage},
};
use rusqlite::{Connection, params_from_iter, types::Value};

use super::filter::Filter;
use crate::{
    error::SqliteError,
    tables::{limit::limit, offers as rows},
};

pub(super) fn list(
    connection: &Connection,
    filter: &Filter,
    after: Option<(i64, OfferId)>,
    first: usize,
    columns: Columns,
    fields: ListFields,
) -> Result<OfferPage, SqliteError> {
    let conditions = filter.and_sql();
    let mut params = filter.params.clone();
    let mut sql = format!(
        "SELECT {} FROM offers o WHERE TRUE{conditions}",
        rows::list_columns(fields)
    );
    if let Some((created_at_ms, id)) = after {
        sql.push_str(" AND (o.created_at_ms, o.id) < (?, ?)");
        params.extend([created_at_ms.into(), id.as_str().to_owned().into()]);
    }
    sql.push_str(" ORDER BY o.created_at_ms DESC, o.id DESC LIMIT ?");
    // One more than asked tells whether there is a next page.
    params.push(limit(first.saturating_add(1)).into());
    let mut offers = rows::query(connection, &sql, params)?;
    let has_next_page = offers.len() > first;
    offers.truncate(first);
    let total = match columns {
        Columns::Edges => None,
        Columns::EdgesAndTotal => {
            let sql = format!("SELECT COUNT(*) FROM offers o WHERE TRUE{conditions}");
            let count: i64 = connection
                .prepare_cached(&sql)?
                .query_row(params_from_iter(&filter.params), |row| row.get(0))?;
            Some(count.unsigned_abs())
        }
    };
    Ok(OfferPage {
        items: offers.into_iter().map(|offer| (offer, None)).collect(),
        has_next_page,
        total,
        next_change_ms: None,
    })
}

pub(super) fn next_change_ms(
    connection: &Connection,
    filter: &Filter,
    now_ms: i64,
) -> Result<Option<i64>, SqliteError> {
    let conditions = filter.and_sql();
    let mut earliest: Option<i64> = None;
    for column in ["valid_from_ms", "valid_until_ms"] {
        // ORDER BY … LIMIT 1 walks the partial index and stops at the first row.
        let sql = format!(
            "SELECT o.{column} FROM offers o WHERE o.is_active = 1 AND o.{column} > ?{conditions}
             ORDER BY o.{column} LIMIT 1"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let params = std::iter::once(Value::from(now_ms)).chain(filter.params.iter().cloned());
        let mut found = statement.query(params_from_iter(params))?;
        if let Some(row) = found.next()? {
            let moment: i64 = row.get(0)?;
            earliest = Some(earliest.map_or(moment, |known| known.min(moment)));
        }
    }
    Ok(earliest)
}
