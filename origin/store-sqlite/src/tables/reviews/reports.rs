//! Rows of reports.

use domain::{
    ReportId, ReviewId, UserId,
    reviews::reports::{Report, ReportReason, Reporter, Reporting},
};
use rusqlite::{Connection, Params, Row, Transaction};

use crate::{
    error::SqliteError,
    tables::word::{optional_word, word},
};

const COLUMNS: &str = "id, review_id, reporter, user_id, reason, body, at_ms, decided_at_ms";

/// The reports that `rest` selects.
pub fn select(
    connection: &Connection,
    rest: &str,
    values: impl Params,
) -> Result<Vec<Report>, SqliteError> {
    let sql = format!("SELECT {COLUMNS} FROM review_reports {rest}");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

pub fn by_id(connection: &Connection, id: &ReportId) -> Result<Option<Report>, SqliteError> {
    Ok(select(connection, "WHERE id = ?1", [id.as_str()])?.pop())
}

/// Stores a report, and that its review waits for a decision.
pub fn put(tx: &Transaction<'_>, reporting: &Reporting) -> Result<(), SqliteError> {
    let report = &reporting.report;
    tx.prepare_cached(&format!(
        "INSERT INTO review_reports({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT(id) DO UPDATE SET user_id = excluded.user_id, reason = excluded.reason,
            body = excluded.body, at_ms = excluded.at_ms, decided_at_ms = excluded.decided_at_ms"
    ))?
    .execute((
        report.id.as_str(),
        report.review.as_str(),
        report.reporter.as_str(),
        report.user.as_ref().map(UserId::as_str),
        report.reason.as_str(),
        &report.text,
        report.at_ms,
        report.decided_at_ms,
    ))?;
    tx.prepare_cached("UPDATE reviews SET reported_at_ms = ?2 WHERE id = ?1")?
        .execute((report.review.as_str(), reporting.reported_at_ms))?;
    Ok(())
}

/// The reports of a review that wait are decided.
pub fn decide(tx: &Transaction<'_>, review: &ReviewId, now_ms: i64) -> Result<(), SqliteError> {
    tx.prepare_cached(
        "UPDATE review_reports SET decided_at_ms = ?2
         WHERE review_id = ?1 AND decided_at_ms IS NULL",
    )?
    .execute((review.as_str(), now_ms))?;
    Ok(())
}

/// All reports of a review go.
pub fn remove(tx: &Transaction<'_>, review: &ReviewId) -> Result<(), SqliteError> {
    tx.prepare_cached("DELETE FROM review_reports WHERE review_id = ?1")?
        .execute([review.as_str()])?;
    Ok(())
}

/// A row with [`COLUMNS`].
fn read(row: &Row<'_>) -> Result<Report, SqliteError> {
    let text = |column: usize| row.get::<_, String>(column);
    Ok(Report {
        id: word("id", &text(0)?, ReportId::parse)?,
        review: word("review id", &text(1)?, ReviewId::parse)?,
        reporter: word("reporter", &text(2)?, Reporter::parse)?,
        user: optional_word("user id", row.get(3)?, UserId::parse)?,
        reason: word("reason", &text(4)?, ReportReason::parse)?,
        text: row.get(5)?,
        at_ms: row.get(6)?,
        decided_at_ms: row.get(7)?,
    })
}
