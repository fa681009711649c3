//! The purge log in the embedded store: one total order of purges, with an identity of its own.

use cache_core::{LogId, PurgeKind, PurgeRecord, Revision};
use domain::purges::{
    AuditRow, DRAINED_AT_ONCE, LOG_KEPT_MS, LOG_KEPT_RECORDS, PendingPurge, log_store::LogExtent,
};
use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::{
    audit,
    error::SqliteError,
    outbox::{outbox_pending, outbox_remove},
};

/// The log's identity; it is made once, with the log.
pub fn identity(tx: &Transaction<'_>, fresh: LogId) -> Result<LogId, SqliteError> {
    tx.execute(
        "INSERT INTO purge_log_meta(id, log_id, horizon) VALUES (1, ?1, 0)
         ON CONFLICT (id) DO NOTHING",
        [fresh.to_string()],
    )?;
    let stored: String = tx.query_row(
        "SELECT log_id FROM purge_log_meta WHERE id = 1",
        [],
        |row| row.get(0),
    )?;
    stored
        .parse()
        .map_err(|error| SqliteError::corrupt("log identity", &error))
}

/// Forgets the log and begins one with another identity, whose first revision follows
/// `begins_after`.
pub fn begin_anew(
    tx: &Transaction<'_>,
    fresh: LogId,
    begins_after: Revision,
) -> Result<LogId, SqliteError> {
    tx.execute("DELETE FROM purge_log", [])?;
    tx.execute(
        "UPDATE purge_log_meta SET log_id = ?1, horizon = ?2 WHERE id = 1",
        (fresh.to_string(), as_number(begins_after)),
    )?;
    Ok(fresh)
}

fn as_revision(number: i64) -> Revision {
    Revision(number.unsigned_abs())
}

fn as_number(revision: Revision) -> i64 {
    i64::try_from(revision.0).unwrap_or(i64::MAX)
}

pub fn extent(connection: &Connection) -> Result<LogExtent, SqliteError> {
    // A log that was trimmed to nothing still ends where it ended.
    let (horizon, head) = connection
        .prepare_cached(
            "SELECT horizon, MAX(horizon, COALESCE((SELECT MAX(revision) FROM purge_log), 0))
             FROM purge_log_meta WHERE id = 1",
        )?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(LogExtent {
        horizon: as_revision(horizon),
        head: as_revision(head),
    })
}

fn append(tx: &Transaction<'_>, purge: PendingPurge, now_ms: i64) -> Result<Revision, SqliteError> {
    let revision = extent(tx)?.head.next();
    let tags = serde_json::to_string(&purge.tags).map_err(|e| SqliteError::corrupt("tags", &e))?;
    tx.prepare_cached(
        "INSERT INTO purge_log(revision, tags, kind, reason, actor, at_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((
        as_number(revision),
        tags,
        purge.kind.as_str(),
        &purge.reason,
        &purge.actor,
        now_ms,
    ))?;
    let log: String = tx
        .prepare_cached("SELECT log_id FROM purge_log_meta WHERE id = 1")?
        .query_row([], |row| row.get(0))?;
    let row = AuditRow {
        id: None,
        at_ms: now_ms,
        actor: purge.actor,
        reason: purge.reason,
        kind: purge.kind,
        tags: purge.tags,
        log: log.parse().ok(),
        revision: Some(revision),
    };
    audit::record(tx, &row)?;
    Ok(revision)
}

pub fn drain(tx: &Transaction<'_>, now_ms: i64) -> Result<Option<Revision>, SqliteError> {
    let mut last = None;
    for row in outbox_pending(tx, 0, DRAINED_AT_ONCE)? {
        // Record and row change places in one transaction: neither lost nor there twice. The
        // record's time is now, not the write's: a row that lay here for days is not trimmed
        // before it was relayed.
        last = Some(append(tx, row.purge, now_ms)?);
        outbox_remove(tx, row.id)?;
    }
    Ok(last)
}

pub fn records_after(
    connection: &Connection,
    after: Revision,
    limit: usize,
) -> Result<Vec<PurgeRecord>, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT revision, tags, kind FROM purge_log WHERE revision > ?1 ORDER BY revision LIMIT ?2",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = statement.query([as_number(after), limit])?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        let (tags, kind): (String, String) = (row.get(1)?, row.get(2)?);
        records.push(PurgeRecord {
            revision: as_revision(row.get(0)?),
            tags: serde_json::from_str(&tags).map_err(|e| SqliteError::corrupt("log tags", &e))?,
            kind: PurgeKind::parse(&kind).ok_or_else(|| SqliteError::corrupt("log kind", &kind))?,
        });
    }
    Ok(records)
}

pub fn trim(tx: &Transaction<'_>, now_ms: i64) -> Result<usize, SqliteError> {
    // Only a prefix goes: the log has no gaps.
    let first_young: Option<i64> = tx
        .query_row(
            "SELECT MIN(revision) FROM purge_log WHERE at_ms >= ?1",
            [now_ms - LOG_KEPT_MS],
            |row| row.get(0),
        )
        .optional()?
        .flatten();
    let head = as_number(extent(tx)?.head);
    let horizon = first_young
        .map_or(head, |first| first - 1)
        .max(head - LOG_KEPT_RECORDS);
    let gone = tx.execute("DELETE FROM purge_log WHERE revision <= ?1", [horizon])?;
    if gone > 0 {
        tx.execute(
            "UPDATE purge_log_meta SET horizon = MAX(horizon, ?1) WHERE id = 1",
            [horizon],
        )?;
    }
    Ok(gone)
}
