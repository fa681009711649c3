//! The outbox: a write and the purge it calls for are one transaction.

use mongodb::{
    ClientSession,
    bson::{DateTime, Document, doc},
    options::ReturnDocument,
};

use super::MongoDb;
use crate::embedded::{StoreError, outbox::PendingPurge};

pub(crate) const OUTBOX: &str = "outbox";
const COUNTERS: &str = "counters";

/// Stores `purge` in the transaction of `session`; gives the row's id. Of two transactions that
/// push at once one is run again, so that ids grow in the order of commits.
pub(crate) async fn push(
    db: &MongoDb,
    session: &mut ClientSession,
    purge: &PendingPurge,
    now_ms: i64,
) -> Result<i64, StoreError> {
    let counted = db
        .collection::<Document>(COUNTERS)
        .find_one_and_update(doc! {"_id": OUTBOX}, doc! {"$inc": {"value": 1_i64}})
        .upsert(true)
        .return_document(ReturnDocument::After)
        .session(&mut *session)
        .await?;
    let counted = counted.unwrap_or_default();
    let id = counted
        .get_i64("value")
        .map_err(|e| StoreError::corrupt("counter", &e))?;
    db.collection::<Document>(OUTBOX)
        .insert_one(row(id, purge, now_ms))
        .session(session)
        .await?;
    Ok(id)
}

fn row(id: i64, purge: &PendingPurge, now_ms: i64) -> Document {
    doc! {
        "_id": id,
        "tags": &purge.tags,
        "kind": purge.kind.as_str(),
        "reason": &purge.reason,
        "actor": &purge.actor,
        "at": DateTime::from_millis(now_ms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::outbox::PurgeKind;

    #[test]
    fn a_row_is_what_the_schema_says() {
        let purge = PendingPurge {
            tags: vec!["offer:1".into(), "geo:81fb".into()],
            kind: PurgeKind::Soft,
            reason: "édité".into(),
            actor: "test".into(),
        };
        let expected = doc! {
            "_id": 3_i64,
            "tags": ["offer:1", "geo:81fb"],
            "kind": "soft",
            "reason": "édité",
            "actor": "test",
            "at": DateTime::from_millis(7),
        };
        assert_eq!(row(3, &purge, 7), expected);
    }
}
