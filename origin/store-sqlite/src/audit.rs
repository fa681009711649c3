//! Who purged what, when and why: kept for longer than the log, and across its identities.

#[cfg(test)]
mod tests;

use cache_core::{PurgeKind, Revision, Tag};
use domain::purges::{AuditFilter, AuditRow, audit::AUDIT_KEPT_MS};
use rusqlite::{Connection, Row, Transaction, named_params};

use crate::error::SqliteError;

/// Stores a row with the record that it tells of, in one transaction.
pub fn record(tx: &Transaction<'_>, row: &AuditRow) -> Result<(), SqliteError> {
    let tags = serde_json::to_string(&row.tags).map_err(|e| SqliteError::corrupt("tags", &e))?;
    tx.prepare_cached(
        "INSERT INTO purge_audit(at_ms, actor, reason, kind, tags, log_id, revision)
         VALUES (:at_ms, :actor, :reason, :kind, :tags, :log_id, :revision)",
    )?
    .execute(named_params! {
        ":at_ms": row.at_ms,
        ":actor": row.actor,
        ":reason": row.reason,
        ":kind": row.kind.as_str(),
        ":tags": tags,
        ":log_id": row.log.map(|log| log.to_string()),
        ":revision": row.revision.map(|revision| i64::try_from(revision.0).unwrap_or(i64::MAX)),
    })?;
    Ok(())
}

/// The newest rows before `before_id`, at most `limit`, newest first.
pub fn list(
    connection: &Connection,
    before_id: Option<i64>,
    limit: usize,
    filter: &AuditFilter,
) -> Result<Vec<AuditRow>, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, at_ms, actor, reason, kind, tags, log_id, revision FROM purge_audit
         WHERE id < :before
           AND (:actor IS NULL OR actor = :actor)
           AND (:tag IS NULL OR EXISTS (
                SELECT 1 FROM json_each(purge_audit.tags) WHERE value IN (:tag, :everything)))
         ORDER BY id DESC LIMIT :limit",
    )?;
    let everything = Tag::everything();
    let mut rows = statement.query(named_params! {
        ":before": before_id.unwrap_or(i64::MAX),
        ":actor": filter.actor,
        ":tag": filter.tag.as_ref().map(Tag::as_str),
        ":everything": everything.as_str(),
        ":limit": i64::try_from(limit).unwrap_or(i64::MAX),
    })?;
    let mut listed = Vec::new();
    while let Some(row) = rows.next()? {
        listed.push(read(row)?);
    }
    Ok(listed)
}

/// Forgets what is older than 400 days; gives the number of rows.
pub fn trim(tx: &Transaction<'_>, now_ms: i64) -> Result<usize, SqliteError> {
    Ok(tx
        .prepare_cached("DELETE FROM purge_audit WHERE at_ms < ?1")?
        .execute([now_ms - AUDIT_KEPT_MS])?)
}

fn read(row: &Row<'_>) -> Result<AuditRow, SqliteError> {
    let (kind, tags): (String, String) = (row.get(4)?, row.get(5)?);
    let (log, revision): (Option<String>, Option<i64>) = (row.get(6)?, row.get(7)?);
    Ok(AuditRow {
        id: Some(row.get(0)?),
        at_ms: row.get(1)?,
        actor: row.get(2)?,
        reason: row.get(3)?,
        kind: PurgeKind::parse(&kind).ok_or_else(|| SqliteError::corrupt("audit kind", &kind))?,
        tags: serde_json::from_str(&tags).map_err(|e| SqliteError::corrupt("audit tags", &e))?,
        log: log
            .map(|log| log.parse())
            .transpose()
            .map_err(|e| SqliteError::corrupt("audit log", &e))?,
        revision: revision.map(|number| Revision(number.unsigned_abs())),
    })
}
