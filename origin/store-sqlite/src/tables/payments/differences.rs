//! How the provider's books and the ledger differ.

use std::ops::Range;

use domain::payments::reconciling::{Difference, DifferenceKind};
use rusqlite::{Connection, Row, Transaction, named_params};

use crate::{
    database::json_list,
    error::SqliteError,
    tables::{limit::limit, word::word},
};

/// Keeps those that were found among these moments, and forgets the others of these moments.
pub fn keep(
    tx: &Transaction<'_>,
    moments: &Range<i64>,
    found: &[Difference],
) -> Result<(), SqliteError> {
    let names = json_list(found.iter().map(|found| found.provider_id.as_str()));
    tx.prepare_cached(
        "DELETE FROM payment_differences WHERE at_ms >= ?1 AND at_ms < ?2
            AND provider_id NOT IN (SELECT value FROM json_each(?3))",
    )?
    .execute((moments.start, moments.end, names))?;
    let mut keep = tx.prepare_cached(
        "INSERT INTO payment_differences(provider_id, kind, provider_minor, ledger_minor, currency,
            at_ms, found_at_ms)
         VALUES (:name, :kind, :provider, :ledger, :currency, :at, :found)
         ON CONFLICT(provider_id) DO UPDATE SET kind = :kind, provider_minor = :provider,
            ledger_minor = :ledger, currency = :currency, at_ms = :at",
    )?;
    for found in found {
        keep.execute(named_params! {
            ":name": found.provider_id,
            ":kind": found.kind.as_str(),
            ":provider": found.provider_minor,
            ":ledger": found.ledger_minor,
            ":currency": found.currency,
            ":at": found.at_ms,
            ":found": found.found_at_ms,
        })?;
    }
    Ok(())
}

/// Oldest first.
pub fn all(connection: &Connection, most: usize) -> Result<Vec<Difference>, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT provider_id, kind, provider_minor, ledger_minor, currency, at_ms, found_at_ms
         FROM payment_differences ORDER BY at_ms, provider_id LIMIT ?1",
    )?;
    let all = statement.query_and_then([limit(most)], difference)?;
    all.collect()
}

fn difference(row: &Row<'_>) -> Result<Difference, SqliteError> {
    Ok(Difference {
        provider_id: row.get(0)?,
        kind: word("kind", &row.get::<_, String>(1)?, DifferenceKind::parse)?,
        provider_minor: row.get(2)?,
        ledger_minor: row.get(3)?,
        currency: row.get(4)?,
        at_ms: row.get(5)?,
        found_at_ms: row.get(6)?,
    })
}
