//! Which purge log is in force, as `in_force` of the embedded store has it: one document a log.
//!
//! A transaction that relies on a log writes to the log's document, so that one of two concurrent
//! transactions is run again. Two first logs meet in the unique index instead.

use cache_core::{LogId, Revision};
use mongodb::{
    Collection,
    bson::{DateTime, Document, doc},
};

use crate::{database::MongoDb, documents::text, error::MongoError, limits::SERVER_WITHIN, tx::Tx};

const LOGS: &str = "purge_logs";

pub(super) async fn in_force(db: &MongoDb) -> Result<Option<LogId>, MongoError> {
    let logs = logs(db);
    let found = db.run(async move {
        let found = logs.find_one(not_retired()).max_time(SERVER_WITHIN);
        Ok(found.await?)
    });
    found.await?.as_ref().map(log_id).transpose()
}

pub(super) async fn next_begins_after(db: &MongoDb) -> Result<Revision, MongoError> {
    let logs = logs(db);
    let counted = db.run(async move {
        let counted = logs.count_documents(every()).max_time(SERVER_WITHIN);
        Ok(counted.await?)
    });
    begins_after(counted.await?)
}

/// Whether `log` is in force, and will be until this transaction ends.
pub(super) async fn hold(tx: &mut Tx, log: LogId) -> Result<bool, MongoError> {
    let this = doc! {"_id": log.to_string(), "retired": false};
    let held = tx.find_one_and_update(LOGS, this, doc! {"$inc": {"held": 1_i64}});
    Ok(held.await?.is_some())
}

/// Puts a log in force in this transaction; says whether it could.
pub(super) async fn put(
    tx: &mut Tx,
    log: LogId,
    head: Revision,
    now_ms: i64,
) -> Result<bool, MongoError> {
    let id = log.to_string();
    let known = tx.find_one(LOGS, doc! {"_id": &id}).await?;
    let counted = tx.count(LOGS, every()).await?;
    match decide(known.as_ref(), head, begins_after(counted)?)? {
        Putting::IsInForce => return Ok(true),
        Putting::Refused => return Ok(false),
        Putting::Begins => {}
    }
    tx.update_many(LOGS, not_retired(), doc! {"$set": {"retired": true}})
        .await?;
    let began_at = DateTime::from_millis(now_ms);
    let new = doc! {"_id": id, "beganAt": began_at, "retired": false};
    tx.insert_one(LOGS, new).await?;
    Ok(true)
}

/// What becomes of a log that is to be put in force.
#[derive(Debug, PartialEq, Eq)]
enum Putting {
    IsInForce,
    Refused,
    Begins,
}

fn decide(
    known: Option<&Document>,
    head: Revision,
    begins_after: Revision,
) -> Result<Putting, MongoError> {
    let Some(known) = known else {
        return Ok(if head < begins_after {
            Putting::Refused
        } else {
            Putting::Begins
        });
    };
    let retired = known.get_bool("retired");
    Ok(
        if retired.map_err(|e| MongoError::corrupt("retired", &e))? {
            Putting::Refused
        } else {
            Putting::IsInForce
        },
    )
}

fn begins_after(logs_before: u64) -> Result<Revision, MongoError> {
    u32::try_from(logs_before)
        .map(Revision::of_generation)
        .map_err(|e| MongoError::corrupt("number of logs", &e))
}

fn log_id(stored: &Document) -> Result<LogId, MongoError> {
    let id = text(stored, "_id")?;
    id.parse()
        .map_err(|error| MongoError::corrupt("log in force", &error))
}

fn not_retired() -> Document {
    doc! {"retired": false}
}

/// All of them, by an index.
fn every() -> Document {
    doc! {"_id": {"$gte": ""}}
}

fn logs(db: &MongoDb) -> Collection<Document> {
    db.collection(LOGS)
}

#[cfg(test)]
mod tests {
    use domain::StoreError;

    use super::*;

    #[test]
    fn a_log_that_was_left_behind_never_comes_back() {
        let (retired, current) = (doc! {"retired": true}, doc! {"retired": false});
        let at = Revision::of_generation;
        for (known, head, expected) in [
            (None, at(1), Putting::Begins),
            (None, at(2), Putting::Begins),
            (None, at(0), Putting::Refused),
            (Some(&current), at(0), Putting::IsInForce),
            (Some(&retired), at(2), Putting::Refused),
        ] {
            let decided = decide(known, head, at(1)).unwrap();
            assert_eq!(decided, expected, "{known:?} at {head}");
        }
        assert!(decide(Some(&doc! {}), at(1), at(1)).is_err());
    }

    #[test]
    fn a_log_is_read_by_its_id() {
        let log = LogId::from_bytes([7; 16]);
        assert_eq!(log_id(&doc! {"_id": log.to_string()}).unwrap(), log);
        let bad = log_id(&doc! {"_id": "7"});
        assert!(matches!(
            bad,
            Err(MongoError::Store(StoreError::Corrupt { .. }))
        ));
        assert_eq!(begins_after(2).unwrap(), Revision::of_generation(2));
        assert!(begins_after(u64::MAX).is_err());
    }
}
