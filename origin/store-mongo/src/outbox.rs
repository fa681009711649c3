//! The outbox: a write and the purge it calls for are one transaction.

use cache_core::Tag;
use domain::{
    StoreError,
    purges::{OutboxRow, PendingPurge, PurgeKind, stored_tags},
};
use mongodb::bson::{DateTime, Document, doc};

use crate::{
    documents::{id_number, moment_ms, text, texts},
    error::MongoError,
    tables::{collections::OUTBOX, users::actors},
    tx::Tx,
};

/// Stores `purge` in this transaction; gives the row's id. A user is named as its actor only while
/// there is the account. The id is random: numbers in an order would make all writers wait for each
/// other.
pub async fn push(tx: &mut Tx, purge: &PendingPurge, now_ms: i64) -> Result<i64, MongoError> {
    let actor = actors::named(tx, &purge.actor).await?;
    let id = random_id()?;
    tx.insert_one(OUTBOX, row(id, purge, actor, now_ms)).await?;
    Ok(id)
}

/// A positive number. Few rows wait in the outbox, so a number that one of them has does not come up.
fn random_id() -> Result<i64, MongoError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes)
        .map_err(|error| StoreError::backend(std::io::Error::other(error.to_string())))?;
    Ok((i64::from_be_bytes(bytes) & i64::MAX).max(1))
}

fn row(id: i64, purge: &PendingPurge, actor: &str, now_ms: i64) -> Document {
    doc! {
        "_id": id,
        "tags": purge.bounded_tags().iter().map(Tag::as_str).collect::<Vec<_>>(),
        "kind": purge.kind.as_str(),
        "reason": &purge.reason,
        "actor": actor,
        "at": DateTime::from_millis(now_ms),
    }
}

/// A row that was read.
pub fn pending(stored: &Document) -> Result<OutboxRow, MongoError> {
    let kind = text(stored, "kind")?;
    Ok(OutboxRow {
        id: id_number(stored, "_id")?,
        purge: PendingPurge {
            tags: stored_tags(&texts(stored, "tags")?),
            kind: PurgeKind::parse(&kind)
                .ok_or_else(|| MongoError::corrupt("outbox kind", &kind))?,
            reason: text(stored, "reason")?,
            actor: text(stored, "actor")?,
        },
        at_ms: moment_ms(stored, "at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_what_the_schema_says() {
        let purge = PendingPurge {
            tags: vec!["offer:1".parse().unwrap(), "geo:81fb".parse().unwrap()],
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
        assert_eq!(row(3, &purge, "test", 7), expected);
        let read = OutboxRow {
            id: 3,
            purge,
            at_ms: 7,
        };
        assert_eq!(pending(&expected).unwrap(), read);
        for (field, bad) in [("kind", "odd"), ("_id", "3"), ("at", "7"), ("tags", "*")] {
            let mut stored = expected.clone();
            stored.insert(field, bad);
            assert!(
                matches!(
                    pending(&stored),
                    Err(MongoError::Store(StoreError::Corrupt { .. }))
                ),
                "{field}"
            );
        }
    }
}
