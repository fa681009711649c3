//! The purge log in the embedded store: one total order of purges, with an identity of its own.

#[cfg(test)]
mod tests;

use cache_core::{AsOf, LogId, PurgeKind, PurgeRecord, Revision, Tag};
use rusqlite::{Connection, OptionalExtension, Transaction};
use tokio::sync::watch;

use super::audit::{self, AuditRow};
use crate::embedded::{
    EmbeddedDb, StoreError,
    outbox::{self, outbox_pending, outbox_remove},
};

/// Records are kept for longer than the longest life of an entry (categories: 8 days exactly).
const KEEP_MS: i64 = (8 * 24 + 1) * 3_600_000;
/// And at most so many. An entry from before the horizon is not valid, so this is safe as well.
const KEEP_RECORDS: i64 = 1_000_000;
/// Rows of one drain: the writer is not held for long.
const DRAIN_ROWS: usize = 200;

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

/// A handle on the log; clones share it.
#[derive(Clone, Debug)]
pub struct PurgeLog {
    db: EmbeddedDb,
    id: LogId,
    /// Wakes who relays. Another process's appends are not seen here: they are found by looking.
    appended: watch::Sender<()>,
}

impl PurgeLog {
    /// Opens the log; its identity is made once, with the log.
    pub async fn open(db: EmbeddedDb) -> Result<Self, StoreError> {
        let mut fresh = [0; 16];
        getrandom::fill(&mut fresh)
            .map_err(|error| StoreError::Io(std::io::Error::other(error.to_string())))?;
        let fresh = LogId::from_bytes(fresh).to_string();
        let stored: String = db
            .write(move |tx| {
                tx.execute(
                    "INSERT INTO purge_log_meta(id, log_id, horizon) VALUES (1, ?1, 0)
                     ON CONFLICT (id) DO NOTHING",
                    [fresh],
                )?;
                Ok(tx.query_row(
                    "SELECT log_id FROM purge_log_meta WHERE id = 1",
                    [],
                    |row| row.get(0),
                )?)
            })
            .await?;
        let id = stored
            .parse()
            .map_err(|error| StoreError::corrupt("log identity", &error))?;
        Ok(Self {
            db,
            id,
            appended: watch::Sender::new(()),
        })
    }

    /// The log's identity.
    pub const fn id(&self) -> LogId {
        self.id
    }

    /// Hears of every append of this process.
    pub fn subscribe(&self) -> watch::Receiver<()> {
        self.appended.subscribe()
    }

    /// The last record's revision.
    pub async fn head(&self) -> Result<Revision, StoreError> {
        Ok(self.extent().await?.head)
    }

    /// Where the log begins and ends, at one moment.
    pub async fn extent(&self) -> Result<Extent, StoreError> {
        self.db.read(extent).await
    }

    /// The position of what is read from now on. To be taken before the first read.
    pub async fn as_of(&self) -> Result<AsOf, StoreError> {
        Ok(AsOf {
            log: self.id,
            revision: self.head().await?,
        })
    }

    /// Appends one record; its revision is given after every commit that it speaks of.
    pub async fn append(&self, entry: Entry, now_ms: i64) -> Result<Revision, StoreError> {
        let revision = self.db.write(move |tx| append(tx, &entry, now_ms)).await?;
        self.appended.send_replace(());
        Ok(revision)
    }

    /// The records after `after`, at most `limit`, without gaps.
    pub async fn records_after(
        &self,
        after: Revision,
        limit: usize,
    ) -> Result<Vec<PurgeRecord>, StoreError> {
        self.db
            .read(move |connection| records_after(connection, after, limit))
            .await
    }

    /// Moves the outbox into the log; gives the last revision if there was anything.
    pub async fn drain_outbox(&self, now_ms: i64) -> Result<Option<Revision>, StoreError> {
        let mut last = None;
        // A look on a reader first: the writer is not taken ten times a second for nothing.
        while !self.db.read(|c| outbox_pending(c, 1)).await?.is_empty() {
            let drained = self.db.write(move |tx| drain(tx, now_ms)).await?;
            self.appended.send_replace(());
            last = drained.or(last);
        }
        Ok(last)
    }

    /// Forgets what no entry can need any more; gives the number of records.
    pub async fn trim(&self, now_ms: i64) -> Result<usize, StoreError> {
        self.db
            .write(move |tx| {
                audit::trim(tx, now_ms)?;
                trim(tx, now_ms)
            })
            .await
    }
}

fn as_revision(number: i64) -> Revision {
    Revision(number.unsigned_abs())
}

fn as_number(revision: Revision) -> i64 {
    i64::try_from(revision.0).unwrap_or(i64::MAX)
}

fn extent(connection: &Connection) -> Result<Extent, StoreError> {
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

fn append(tx: &Transaction<'_>, entry: &Entry, now_ms: i64) -> Result<Revision, StoreError> {
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

fn drain(tx: &Transaction<'_>, now_ms: i64) -> Result<Option<Revision>, StoreError> {
    let mut last = None;
    for row in outbox_pending(tx, DRAIN_ROWS)? {
        let entry = Entry {
            tags: tags_of(&row.purge.tags),
            kind: match row.purge.kind {
                outbox::PurgeKind::Hard => PurgeKind::Hard,
                outbox::PurgeKind::Soft => PurgeKind::Soft,
            },
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

/// A tag that cannot be read purges everything: too much is safe, too little is not.
fn tags_of(texts: &[String]) -> Vec<Tag> {
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

fn records_after(
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

fn trim(tx: &Transaction<'_>, now_ms: i64) -> Result<usize, StoreError> {
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
