//! The audit: who purged what, when and why.

use cache_core::{PurgeKind, Revision, Tag};
use domain::purges::{AuditFilter, AuditRow, audit::AUDIT_KEPT_MS};
use mongodb::bson::{Bson, DateTime, Document, doc};

use crate::{
    counters,
    database::MongoDb,
    documents::{at_most, batch, collect, id_number, moment_ms, optional_text, text, texts},
    error::MongoError,
    limits::SERVER_WITHIN,
    tables::collections::AUDIT,
    tx::Tx,
};

/// The first id that a revision gives. Rows of another database have smaller ids, and so have those
/// of programs that counted all rows.
const OF_LOGS: i64 = 1 << 62;

/// Stores rows with the records that they tell of, in one transaction. The log numbers them: its
/// revisions are given once and grow from log to log, so nothing is counted here and no two
/// transactions wait for each other.
pub(super) async fn record(tx: &mut Tx, rows: &[AuditRow]) -> Result<(), MongoError> {
    let documents = rows.iter().map(|row| Ok(document(id_of(row)?, row)));
    let documents = documents.collect::<Result<_, MongoError>>()?;
    tx.insert_many(AUDIT, documents).await
}

fn id_of(row: &AuditRow) -> Result<i64, MongoError> {
    let revision = row.revision.map(|revision| i64::try_from(revision.0));
    let id = revision.and_then(|number| OF_LOGS.checked_add(number.ok()?));
    id.ok_or_else(|| MongoError::corrupt("audit revision", &format!("{:?}", row.revision)))
}

/// Stores rows of another database, whose revisions may be given again by this one's logs.
pub(super) async fn tell(tx: &mut Tx, rows: &[AuditRow]) -> Result<(), MongoError> {
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let last = counters::take(tx, counters::AUDIT, count).await?;
    let documents = (last - count + 1..=last)
        .zip(rows)
        .map(|(id, row)| document(id, row));
    tx.insert_many(AUDIT, documents.collect()).await
}

/// The newest rows before `before_id`, at most `limit`, newest first.
pub(super) async fn list(
    db: &MongoDb,
    before_id: Option<i64>,
    limit: usize,
    filter: &AuditFilter,
) -> Result<Vec<AuditRow>, MongoError> {
    // No limit is zero to a server.
    if limit == 0 {
        return Ok(Vec::new());
    }
    let (all, filter) = (
        db.collection::<Document>(AUDIT),
        conditions(before_id, filter),
    );
    let found = db.run(async move {
        let newest = all
            .find(filter)
            .sort(doc! {"id": -1})
            .limit(i64::from(at_most(limit)))
            .batch_size(batch(limit))
            .max_time(SERVER_WITHIN);
        collect(newest.await?).await
    });
    found.await?.iter().map(row).collect()
}

/// Forgets what is older than 400 days.
pub(super) async fn trim(db: &MongoDb, now_ms: i64) -> Result<(), MongoError> {
    let all = db.collection::<Document>(AUDIT);
    let oldest = DateTime::from_millis(now_ms.saturating_sub(AUDIT_KEPT_MS));
    db.run(async move {
        all.delete_many(doc! {"at": {"$lt": oldest}}).await?;
        Ok(())
    })
    .await
}

fn conditions(before_id: Option<i64>, filter: &AuditFilter) -> Document {
    // Both bounds: an order alone does not lead every server to an index.
    let mut conditions = doc! {"id": {"$gt": 0_i64, "$lt": before_id.unwrap_or(i64::MAX)}};
    if let Some(actor) = &filter.actor {
        conditions.insert("actor", actor);
    }
    if let Some(tag) = &filter.tag {
        let either = [tag.as_str(), Tag::everything().as_str()].map(Bson::from);
        conditions.insert("tags", doc! {"$in": either.to_vec()});
    }
    conditions
}

/// `id` is what is asked for; `_id` is the same, so that it is given once.
fn document(id: i64, row: &AuditRow) -> Document {
    let tags: Vec<&str> = row.tags.iter().map(Tag::as_str).collect();
    let revision = row
        .revision
        .map(|revision| i64::try_from(revision.0).unwrap_or(i64::MAX));
    doc! {
        "_id": id,
        "id": id,
        "at": DateTime::from_millis(row.at_ms),
        "actor": &row.actor,
        "reason": &row.reason,
        "kind": row.kind.as_str(),
        "tags": tags,
        "log": row.log.map(|log| log.to_string()),
        "revision": revision,
    }
}

fn row(stored: &Document) -> Result<AuditRow, MongoError> {
    let tags = texts(stored, "tags")?;
    let tags = tags.iter().map(|tag| {
        tag.parse()
            .map_err(|e| MongoError::corrupt("audit tags", &e))
    });
    Ok(AuditRow {
        id: Some(id_number(stored, "id")?),
        at_ms: moment_ms(stored, "at")?,
        actor: text(stored, "actor")?,
        reason: text(stored, "reason")?,
        kind: kind(&text(stored, "kind")?)?,
        tags: tags.collect::<Result<_, _>>()?,
        log: optional_text(stored, "log")?
            .map(|log| log.parse())
            .transpose()
            .map_err(|e| MongoError::corrupt("audit log", &e))?,
        revision: revision(stored)?,
    })
}

fn kind(stored: &str) -> Result<PurgeKind, MongoError> {
    match stored {
        "hard" => Ok(PurgeKind::Hard),
        "soft" => Ok(PurgeKind::Soft),
        other => Err(MongoError::corrupt("audit kind", &other)),
    }
}

fn revision(stored: &Document) -> Result<Option<Revision>, MongoError> {
    match stored.get("revision") {
        None | Some(Bson::Null) => Ok(None),
        Some(_) => {
            let number = id_number(stored, "revision")?;
            Ok(Some(Revision(number.unsigned_abs())))
        }
    }
}

#[cfg(test)]
mod tests {
    use cache_core::LogId;

    use domain::StoreError;

    use super::*;

    fn a_row() -> AuditRow {
        AuditRow {
            id: Some(9),
            at_ms: 1_790_000_000_000,
            actor: "cli".into(),
            reason: "périmé".into(),
            kind: PurgeKind::Soft,
            tags: vec!["offer:1".parse().unwrap(), Tag::everything()],
            log: Some(LogId::from_bytes([3; 16])),
            revision: Some(Revision::of_generation(2).next()),
        }
    }

    #[test]
    fn a_row_reads_back_with_everything_and_with_nothing() {
        let whole = a_row();
        let stored = document(9, &whole);
        assert_eq!(stored.get("_id"), stored.get("id"));
        assert_eq!(row(&stored).unwrap(), whole);
        let bare = AuditRow {
            tags: Vec::new(),
            log: None,
            revision: None,
            ..whole
        };
        let mut stored = document(9, &bare);
        assert_eq!(row(&stored).unwrap(), bare);
        stored.remove("log");
        stored.remove("revision");
        assert_eq!(row(&stored).unwrap(), bare);
    }

    #[test]
    fn the_log_numbers_rows_after_all_that_were_counted() {
        let (old, new) = (
            a_row(),
            AuditRow {
                revision: Some(Revision::of_generation(3)),
                ..a_row()
            },
        );
        let (old, new) = (id_of(&old).unwrap(), id_of(&new).unwrap());
        assert!(OF_LOGS < old && old < new, "{old} {new}");
        let of_none = AuditRow {
            revision: None,
            ..a_row()
        };
        assert!(id_of(&of_none).is_err());
    }

    #[test]
    fn what_cannot_be_read_is_corrupt() {
        for (field, bad) in [
            ("id", Bson::from("9")),
            ("kind", "odd".into()),
            ("tags", vec!["no tag"].into()),
            ("log", "3".into()),
            ("revision", "1".into()),
            ("at", 1_i64.into()),
        ] {
            let mut stored = document(9, &a_row());
            stored.insert(field, bad);
            let read = row(&stored);
            assert!(
                matches!(read, Err(MongoError::Store(StoreError::Corrupt { .. }))),
                "{field}"
            );
        }
    }

    #[test]
    fn a_filter_names_only_what_was_asked() {
        let filter = AuditFilter::default();
        let all = doc! {"id": {"$gt": 0_i64, "$lt": i64::MAX}};
        assert_eq!(conditions(None, &filter), all);
        let filter = AuditFilter {
            tag: Some("offer:1".parse().unwrap()),
            actor: Some("cli".into()),
        };
        let expected = doc! {
            "id": {"$gt": 0_i64, "$lt": 7_i64},
            "actor": "cli",
            "tags": {"$in": ["offer:1", "*"]},
        };
        assert_eq!(conditions(Some(7), &filter), expected);
    }
}
