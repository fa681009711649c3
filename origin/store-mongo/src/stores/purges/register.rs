//! Which purge log is in force, as `in_force` of the embedded store has it: one document a log.
//!
//! A transaction that relies on a log writes to the log's document, so that one of two concurrent
//! transactions is run again. Two first logs meet in the unique index instead.

use cache_core::{Digest, LogId, Revision, Tip};
use domain::purges::{InForce, Proof, TakenOut};
use mongodb::{
    Collection,
    bson::{DateTime, Document, doc},
};

use crate::{
    database::MongoDb,
    documents::{id_number, optional_text, text},
    error::MongoError,
    limits::SERVER_WITHIN,
    tx::Tx,
};

const LOGS: &str = "purge_logs";
/// How many of a proof's positions are tried first; they are the newest.
const USUAL_ENDS: usize = 16;

pub(super) async fn in_force(db: &MongoDb) -> Result<Option<InForce>, MongoError> {
    let logs = logs(db);
    let found = db.run(async move {
        let found = logs.find_one(not_retired()).max_time(SERVER_WITHIN);
        Ok(found.await?)
    });
    found.await?.as_ref().map(register).transpose()
}

pub(super) async fn next_begins_after(db: &MongoDb) -> Result<Revision, MongoError> {
    let logs = logs(db);
    let counted = db.run(async move {
        let counted = logs.count_documents(every()).max_time(SERVER_WITHIN);
        Ok(counted.await?)
    });
    begins_after(counted.await?)
}

/// Attests the proof's log up to its tip, if it is in force and has what was attested before. It is in
/// force until this transaction ends.
pub(super) async fn attest(tx: &mut Tx, proof: &Proof) -> Result<TakenOut, MongoError> {
    let id = proof.log.to_string();
    // Nearly always the end is one of the newest positions: then one command does it.
    let ends: Vec<Document> = (proof.known.iter().take(USUAL_ENDS))
        .filter(|known| known.revision < proof.tip.revision)
        .map(|known| end_of(*known))
        .collect();
    if !ends.is_empty() {
        let this = doc! {"_id": &id, "retired": false, "$or": ends};
        let set = doc! {"$set": end_of(proof.tip)};
        if tx.update_one(LOGS, this, set).await? > 0 {
            return Ok(TakenOut::Done);
        }
    }
    let this = doc! {"_id": &id, "retired": false};
    let held = tx.find_one_and_update(LOGS, this, doc! {"$inc": {"held": 1_i64}});
    let Some(held) = held.await? else {
        return Ok(TakenOut::OtherLog);
    };
    let before = register(&held)?.end;
    let Some(end) = proof.attests(before) else {
        return Ok(TakenOut::Unproven(before));
    };
    if end != before {
        let set = doc! {"$set": end_of(end)};
        tx.update_one(LOGS, doc! {"_id": id}, set).await?;
    }
    Ok(TakenOut::Done)
}

/// Puts a log in force in this transaction; says whether it could.
pub(super) async fn put(
    tx: &mut Tx,
    log: LogId,
    tip: Tip,
    now_ms: i64,
) -> Result<bool, MongoError> {
    let id = log.to_string();
    let known = tx.find_one(LOGS, doc! {"_id": &id}).await?;
    let counted = tx.count(LOGS, every()).await?;
    match decide(known.as_ref(), tip.revision, begins_after(counted)?)? {
        Putting::IsInForce => return Ok(true),
        Putting::Refused => return Ok(false),
        Putting::Begins => {}
    }
    tx.update_many(LOGS, not_retired(), doc! {"$set": {"retired": true}})
        .await?;
    let began_at = DateTime::from_millis(now_ms);
    let mut new = doc! {"_id": id, "beganAt": began_at, "retired": false};
    new.extend(end_of(tip));
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

fn register(stored: &Document) -> Result<InForce, MongoError> {
    let id = text(stored, "_id")?;
    let log = id
        .parse()
        .map_err(|error| MongoError::corrupt("log in force", &error))?;
    // A log of an older version has no end: nothing is known of it.
    let digest = optional_text(stored, "endDigest")?.map(|text| text.parse::<Digest>());
    let digest = digest
        .transpose()
        .map_err(|error| MongoError::corrupt("end of a log", &error))?;
    let Some(digest) = digest else {
        let end = Tip::default();
        return Ok(InForce { log, end });
    };
    let revision = Revision(id_number(stored, "endRevision")?.unsigned_abs());
    let end = Tip { revision, digest };
    Ok(InForce { log, end })
}

fn end_of(tip: Tip) -> Document {
    let revision = i64::try_from(tip.revision.0).unwrap_or(i64::MAX);
    doc! {"endRevision": revision, "endDigest": tip.digest.to_string()}
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
    fn a_log_is_read_with_its_end() {
        let log = LogId::from_bytes([7; 16]);
        let end = Tip {
            revision: Revision::of_generation(3),
            digest: Digest::from_bytes([9; 8]),
        };
        let mut stored = doc! {"_id": log.to_string()};
        let of_older_version = register(&stored).unwrap();
        assert_eq!(
            (of_older_version.log, of_older_version.end),
            (log, Tip::default())
        );
        stored.extend(end_of(end));
        assert_eq!(register(&stored).unwrap(), InForce { log, end });
        let bad = register(&doc! {"_id": "7"});
        assert!(matches!(
            bad,
            Err(MongoError::Store(StoreError::Corrupt { .. }))
        ));
        assert_eq!(begins_after(2).unwrap(), Revision::of_generation(2));
        assert!(begins_after(u64::MAX).is_err());
    }
}
