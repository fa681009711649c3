//! The purge log in the embedded store: one total order of purges, with an identity of its own.

use cache_core::{LogId, PurgeKind, PurgeRecord, Revision, Tag};
use rusqlite::{Connection, OptionalExtension, Transaction};

use super::audit::{self, AuditRow};
use crate::embedded::{
    StoreError,
    outbox::{self, outbox_pending, outbox_remove},
};

/// Records are kept for longer than the longest life of an entry (categories: 8 days exactly).
pub(super) const KEEP_MS: i64 = (8 * 24 + 1) * 3_600_000;
/// And at most so many. An entry from before the horizon is not valid, so this is safe as well.
pub(super) const KEEP_RECORDS: i64 = 1_000_000;
/// Rows of one drain: the writer is not held for long.
pub(super) const DRAIN_ROWS: usize = 200;

/// What a record of the log says; the audit keeps it for longer.
#[derive(Clone, Debug)]
pub struct Entry {
    pub tags: Vec<Tag>,
    pub kind: PurgeKind,
    pub reason: String,
    pub actor: String,
}

/// Where the log begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Every purge after this is known.
    pub horizon: Revision,
    /// The last record.
    pub head: Revision,
}

/// The log's identity; it is made once, with the log.
pub(super) fn identity(tx: &Transaction<'_>, fresh: LogId) -> Result<LogId, StoreError> {
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
        .map_err(|error| StoreError::corrupt("log identity", &error))
}

/// Forgets the log and begins one with another identity, whose first revision follows
/// `begins_after`.
pub(super) fn begin_anew(
    tx: &Transaction<'_>,
    fresh: LogId,
    begins_after: Revision,
) -> Result<LogId, StoreError> {
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

pub(super) fn extent(connection: &Connection) -> Result<Extent, StoreError> {
    // A log that was trimmed to nothing still ends where it ended.
    let (horizon, head) = connection
        .prepare_cached(
            "SELECT horizon, MAX(horizon, COALESCE((SELECT MAX(revision) FROM purge_log), 0))
             FROM purge_log_meta WHERE id = 1",
        )?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Extent {
        horizon: as_revision(horizon),
        head: as_revision(head),
    })
}

pub(super) fn append(
    tx: &Transaction<'_>,
    entry: &Entry,
    now_ms: i64,
) -> Result<Revision, StoreError> {
    let revision = extent(tx)?.head.next();
    let tags = serde_json::to_string(&entry.tags).map_err(|e| StoreError::corrupt("tags", &e))?;
    tx.prepare_cached(
        "INSERT INTO purge_log(revision, tags, kind, reason, actor, at_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((
        as_number(revision),
        tags,
        entry.kind.as_str(),
        &entry.reason,
        &entry.actor,
        now_ms,
    ))?;
    let log: String = tx
        .prepare_cached("SELECT log_id FROM purge_log_meta WHERE id = 1")?
        .query_row([], |row| row.get(0))?;
    let row = AuditRow {
        id: None,
        at_ms: now_ms,
        actor: entry.actor.clone(),
        reason: entry.reason.clone(),
        kind: entry.kind,
        tags: entry.tags.clone(),
        log: log.parse().ok(),
        revision: Some(revision),
    };
    audit::record(tx, &row)?;
    Ok(revision)
}

pub(super) fn drain(tx: &Transaction<'_>, now_ms: i64) -> Result<Option<Revision>, StoreError> {
    let mut last = None;
    for row in outbox_pending(tx, DRAIN_ROWS)? {
        let entry = Entry {
            tags: tags_of(&row.purge.tags),
            kind: kind_of(row.purge.kind),
            reason: row.purge.reason,
            actor: row.purge.actor,
        };
        // Record and row change places in one transaction: neither lost nor there twice. The
        // record's time is now, not the write's: a row that lay here for days is not trimmed
        // before it was relayed.
        last = Some(append(tx, &entry, now_ms)?);
        outbox_remove(tx, row.id)?;
    }
    Ok(last)
}

pub(super) const fn kind_of(kind: outbox::PurgeKind) -> PurgeKind {
    match kind {
        outbox::PurgeKind::Hard => PurgeKind::Hard,
        outbox::PurgeKind::Soft => PurgeKind::Soft,
    }
}

/// A tag that cannot be read purges everything: too much is safe, too little is not.
pub(super) fn tags_of(texts: &[String]) -> Vec<Tag> {
    texts
        .iter()
        .map(|text| {
            text.parse().unwrap_or_else(|_| {
                tracing::error!("a malformed tag in the outbox: everything is purged");
                Tag::everything()
            })
        })
        .collect()
}

pub(super) fn records_after(
    connection: &Connection,
    after: Revision,
    limit: usize,
) -> Result<Vec<PurgeRecord>, StoreError> {
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
            tags: serde_json::from_str(&tags).map_err(|e| StoreError::corrupt("log tags", &e))?,
            kind: match kind.as_str() {
                "hard" => PurgeKind::Hard,
                "soft" => PurgeKind::Soft,
                _ => return Err(StoreError::corrupt("log kind", &kind)),
            },
        });
    }
    Ok(records)
}

pub(super) fn trim(tx: &Transaction<'_>, now_ms: i64) -> Result<usize, StoreError> {
    // Only a prefix goes: the log has no gaps.
    let first_young: Option<i64> = tx
        .query_row(
            "SELECT MIN(revision) FROM purge_log WHERE at_ms >= ?1",
            [now_ms - KEEP_MS],
            |row| row.get(0),
        )
        .optional()?
        .flatten();
    let head = as_number(extent(tx)?.head);
    let horizon = first_young
        .map_or(head, |first| first - 1)
        .max(head - KEEP_RECORDS);
    let gone = tx.execute("DELETE FROM purge_log WHERE revision <= ?1", [horizon])?;
    if gone > 0 {
        tx.execute(
            "UPDATE purge_log_meta SET horizon = MAX(horizon, ?1) WHERE id = 1",
            [horizon],
        )?;
    }
    Ok(gone)
}
