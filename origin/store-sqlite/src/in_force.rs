//! Which purge log is in force: one row a log, and all but one are retired.
//!
//! A log that was left behind (an old Redis that comes back, the embedded log after Redis was
//! configured) must never be trusted again, and a purge that was appended to it is not done. The
//! database is what all servers agree on, so it says which log counts: it is asked with every
//! question to the log, and in the transaction that takes a row out of the outbox.

use cache_core::{LogId, Revision};
use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::error::SqliteError;

/// The log in force, once there is one.
pub fn in_force(connection: &Connection) -> Result<Option<LogId>, SqliteError> {
    let found: Option<String> = connection
        .prepare_cached("SELECT log_id FROM purge_logs WHERE retired = 0")?
        .query_row([], |row| row.get(0))
        .optional()?;
    found
        .map(|text| {
            text.parse()
                .map_err(|error| SqliteError::corrupt("log in force", &error))
        })
        .transpose()
}

/// Whether a log was in force once and is not any more.
pub fn is_retired(connection: &Connection, log: LogId) -> Result<bool, SqliteError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM purge_logs WHERE log_id = ?1 AND retired = 1")?
        .exists([log.to_string()])?)
}

/// Where a log begins that is put in force next.
pub fn next_begins_after(connection: &Connection) -> Result<Revision, SqliteError> {
    let logs_before = connection
        .prepare_cached("SELECT COUNT(*) FROM purge_logs")?
        .query_row([], |row| row.get(0))?;
    Ok(Revision::of_generation(logs_before))
}

/// Puts a log that ends at `head` in force and retires the one before it; says whether it could. A
/// retired log stays retired, and one that gives out revisions of those before it never begins.
pub fn put_in_force(
    tx: &Transaction<'_>,
    log: LogId,
    head: Revision,
    now_ms: i64,
) -> Result<bool, SqliteError> {
    if in_force(tx)? == Some(log) {
        return Ok(true);
    }
    if is_retired(tx, log)? || head < next_begins_after(tx)? {
        return Ok(false);
    }
    tx.execute("UPDATE purge_logs SET retired = 1 WHERE retired = 0", [])?;
    tx.execute(
        "INSERT INTO purge_logs(log_id, began_at_ms, retired) VALUES (?1, ?2, 0)",
        (log.to_string(), now_ms),
    )?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::EmbeddedDb;

    #[tokio::test]
    async fn a_log_that_was_left_behind_never_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let db = EmbeddedDb::open(dir.path()).unwrap();
        let [first, second, third] = [1, 2, 3].map(|byte| LogId::from_bytes([byte; 16]));
        assert_eq!(db.read(in_force).await.unwrap(), None);
        let begins_after = Revision::of_generation;
        for (log, head, expected) in [
            (first, begins_after(0), true),
            (first, begins_after(0), true),
            (second, begins_after(0), false),
            (second, begins_after(1), true),
            (first, begins_after(2), false),
            (third, begins_after(1), false),
        ] {
            let put = db.write(move |tx| put_in_force(tx, log, head, 1));
            assert_eq!(put.await.unwrap(), expected, "{log} at {head}");
        }
        assert_eq!(db.read(next_begins_after).await.unwrap(), begins_after(2));
        assert_eq!(db.read(in_force).await.unwrap(), Some(second));
        assert!(db.read(move |c| is_retired(c, first)).await.unwrap());
        assert!(!db.read(move |c| is_retired(c, second)).await.unwrap());
    }
}
