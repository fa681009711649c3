//! Which purge log is in force: one row a log, and all but one are retired.
//!
//! A log that was left behind (an old Redis that comes back, the embedded log after Redis was
//! configured) must never be trusted again, and a purge that was appended to it is not done. The
//! database is what all servers agree on, so it says which log counts: it is asked with every
//! question to the log, and in the transaction that takes a row out of the outbox.

use cache_core::{LogId, Revision, Tip};
use domain::purges::{InForce, Proof, TakenOut};
use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::error::SqliteError;

/// The log in force, once there is one.
pub fn in_force(connection: &Connection) -> Result<Option<LogId>, SqliteError> {
    Ok(register(connection)?.map(|found| found.log))
}

/// The log in force and how far it is attested, once there is one.
pub fn register(connection: &Connection) -> Result<Option<InForce>, SqliteError> {
    let found: Option<(String, i64, String)> = connection
        .prepare_cached(
            "SELECT log_id, end_revision, end_digest FROM purge_logs WHERE retired = 0",
        )?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((log, revision, digest)) = found else {
        return Ok(None);
    };
    Ok(Some(InForce {
        log: log
            .parse()
            .map_err(|error| SqliteError::corrupt("log in force", &error))?,
        end: Tip {
            revision: Revision(revision.unsigned_abs()),
            digest: digest
                .parse()
                .map_err(|error| SqliteError::corrupt("end of a log", &error))?,
        },
    }))
}

/// Attests the log in force up to the proof's tip, if it is the proof's log and has what was attested
/// before.
pub fn attest(tx: &Transaction<'_>, proof: &Proof) -> Result<TakenOut, SqliteError> {
    let Some(found) = register(tx)?.filter(|found| found.log == proof.log) else {
        return Ok(TakenOut::OtherLog);
    };
    let Some(end) = proof.attests(found.end) else {
        return Ok(TakenOut::Unproven(found.end));
    };
    if end != found.end {
        tx.prepare_cached(
            "UPDATE purge_logs SET end_revision = ?2, end_digest = ?3 WHERE log_id = ?1",
        )?
        .execute((proof.log.to_string(), number(end), end.digest.to_string()))?;
    }
    Ok(TakenOut::Done)
}

fn number(tip: Tip) -> i64 {
    i64::try_from(tip.revision.0).unwrap_or(i64::MAX)
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

/// Puts a log that ends at `tip` in force and retires the one before it; says whether it could. A
/// retired log stays retired, and one that gives out revisions of those before it never begins.
pub fn put_in_force(
    tx: &Transaction<'_>,
    log: LogId,
    tip: Tip,
    now_ms: i64,
) -> Result<bool, SqliteError> {
    if in_force(tx)? == Some(log) {
        return Ok(true);
    }
    if is_retired(tx, log)? || tip.revision < next_begins_after(tx)? {
        return Ok(false);
    }
    tx.execute("UPDATE purge_logs SET retired = 1 WHERE retired = 0", [])?;
    tx.execute(
        "INSERT INTO purge_logs(log_id, began_at_ms, retired, end_revision, end_digest)
         VALUES (?1, ?2, 0, ?3, ?4)",
        (log.to_string(), now_ms, number(tip), tip.digest.to_string()),
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
            let tip = Tip {
                revision: head,
                ..Tip::default()
            };
            let put = db.write(move |tx| put_in_force(tx, log, tip, 1));
            assert_eq!(put.await.unwrap(), expected, "{log} at {head}");
        }
        assert_eq!(db.read(next_begins_after).await.unwrap(), begins_after(2));
        assert_eq!(db.read(in_force).await.unwrap(), Some(second));
        assert!(db.read(move |c| is_retired(c, first)).await.unwrap());
        assert!(!db.read(move |c| is_retired(c, second)).await.unwrap());
    }
}
