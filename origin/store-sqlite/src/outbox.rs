//! The outbox: a write and the purge it calls for are one transaction.
//!
//! A row leaves only when its record was read back from the purge log, so a crash between commit
//! and append loses nothing; a record that is appended twice is harmless.

pub use cache_core::PurgeKind;
use domain::purges::{OutboxRow, PendingPurge, stored_tags};
use rusqlite::{Connection, OptionalExtension as _, Transaction};

use crate::{error::SqliteError, tables::users::actors};

/// Stores `purge` with the rows of the same transaction; gives the row's id. A user is named as its
/// actor only while there is the account.
pub fn outbox_push(
    tx: &Transaction<'_>,
    purge: &PendingPurge,
    now_ms: i64,
) -> Result<i64, SqliteError> {
    let tags = serde_json::to_string(&purge.bounded_tags())
        .map_err(|e| SqliteError::corrupt("tags", &e))?;
    tx.prepare_cached(
        "INSERT INTO outbox(tags, kind, reason, actor, at_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((
        tags,
        purge.kind.as_str(),
        &purge.reason,
        actors::named(tx, &purge.actor)?,
        now_ms,
    ))?;
    Ok(tx.last_insert_rowid())
}

/// The pending purges whose ids are greater than `after`, at most `limit`, by id.
pub fn outbox_pending(
    connection: &Connection,
    after: i64,
    limit: usize,
) -> Result<Vec<OutboxRow>, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, tags, kind, reason, actor, at_ms FROM outbox
         WHERE id > ?1 ORDER BY id LIMIT ?2",
    )?;
    let mut rows = statement.query((after, i64::try_from(limit).unwrap_or(i64::MAX)))?;
    let mut pending = Vec::new();
    while let Some(row) = rows.next()? {
        let (tags, kind): (String, String) = (row.get(1)?, row.get(2)?);
        let texts: Vec<String> =
            serde_json::from_str(&tags).map_err(|e| SqliteError::corrupt("outbox tags", &e))?;
        pending.push(OutboxRow {
            id: row.get(0)?,
            purge: PendingPurge {
                tags: stored_tags(&texts),
                kind: PurgeKind::parse(&kind)
                    .ok_or_else(|| SqliteError::corrupt("outbox kind", &kind))?,
                reason: row.get(3)?,
                actor: row.get(4)?,
            },
            at_ms: row.get(5)?,
        });
    }
    Ok(pending)
}

/// The greatest id of a pending purge; zero without any.
pub fn outbox_last(connection: &Connection) -> Result<i64, SqliteError> {
    let last = "SELECT COALESCE(MAX(id), 0) FROM outbox";
    Ok(connection
        .prepare_cached(last)?
        .query_row([], |row| row.get(0))?)
}

/// Removes a row whose record was read back from the log; gives the actor that it named, if it was
/// still there.
pub fn outbox_remove(tx: &Transaction<'_>, id: i64) -> Result<Option<String>, SqliteError> {
    let actor = tx
        .prepare_cached("DELETE FROM outbox WHERE id = ?1 RETURNING actor")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(actor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::EmbeddedDb;

    #[tokio::test]
    async fn a_purge_reads_back_until_it_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let db = EmbeddedDb::open(dir.path()).unwrap();
        let purge = PendingPurge {
            tags: vec!["offer:1".parse().unwrap(), "geo:81fb".parse().unwrap()],
            kind: PurgeKind::Soft,
            reason: "édité".into(),
            actor: "test".into(),
        };
        let pushed = purge.clone();
        let id = db
            .write(move |tx| outbox_push(tx, &pushed, 7))
            .await
            .unwrap();
        let rows = db.read(|c| outbox_pending(c, 0, 10)).await.unwrap();
        assert_eq!(
            rows,
            [OutboxRow {
                id,
                purge,
                at_ms: 7
            }]
        );
        db.write(move |tx| outbox_remove(tx, id)).await.unwrap();
        assert_eq!(db.read(|c| outbox_pending(c, 0, 10)).await.unwrap(), []);
    }
}
