//! Documents in MongoDB, and how often they are asked for. The queries are in `crate::queries`.

mod usage;

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use domain::{
    StoreError,
    documents::{DocumentStore, Published, Publishing, Record, Usage, UsageSum, retired},
    paris::Day,
    purges::PendingPurge,
};
use mongodb::{
    Collection,
    bson::{DateTime, Document, doc},
};
use pq_core::DocumentHash;

use crate::{
    database::MongoDb,
    documents::{collect, text},
    error::MongoError,
    limits::SERVER_WITHIN,
    outbox,
    tx::Tx,
};

const DOCUMENTS: &str = "documents";

/// The documents of a MongoDB database.
#[derive(Debug, Clone)]
pub struct MongoDocuments {
    db: MongoDb,
}

impl MongoDocuments {
    pub const fn new(db: MongoDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl DocumentStore for MongoDocuments {
    async fn record(&self, hash: DocumentHash) -> Result<Option<String>, StoreError> {
        let documents = documents(&self.db);
        let found = self.db.run(async move {
            let found = documents
                .find_one(doc! {"_id": hash.to_string()})
                .projection(doc! {"record": 1})
                .max_time(SERVER_WITHIN);
            Ok(found.await?)
        });
        let found = found.await?;
        Ok(found.map(|stored| text(&stored, "record")).transpose()?)
    }

    async fn names(&self) -> Result<HashMap<DocumentHash, String>, StoreError> {
        /// A client has hundreds.
        const IN_ONE_ANSWER: u32 = 10_000;
        let documents = documents(&self.db);
        let found = self.db.run(async move {
            // All of them, by an index.
            let all = documents
                .find(doc! {"_id": {"$gte": ""}})
                .projection(doc! {"name": 1})
                .batch_size(IN_ONE_ANSWER)
                .max_time(SERVER_WITHIN);
            collect(all.await?).await
        });
        let found = found.await?;
        let names = found
            .iter()
            .map(|stored| Ok((hash_of(stored)?, text(stored, "name")?)));
        names.collect()
    }

    async fn publish(
        &self,
        records: Vec<Record>,
        now_ms: i64,
    ) -> Result<(Published, Vec<DocumentHash>), StoreError> {
        let records = Arc::new(records);
        Ok(self
            .db
            .transaction_that_adds(move |tx| {
                let records = Arc::clone(&records);
                Box::pin(async move { publish(tx, &records, now_ms).await })
            })
            .await?)
    }

    async fn retire(
        &self,
        hashes: Vec<DocumentHash>,
        now_ms: i64,
    ) -> Result<Vec<DocumentHash>, StoreError> {
        let hashes = Arc::new(hashes);
        let gone = self.db.transaction(move |tx| {
            let hashes = Arc::clone(&hashes);
            Box::pin(async move { retire(tx, &hashes, now_ms).await })
        });
        Ok(gone.await?)
    }

    async fn add_usage(&self, rows: Vec<Usage>) -> Result<(), StoreError> {
        let rows = Arc::new(rows);
        let added = self.db.transaction_that_adds(move |tx| {
            let rows = Arc::clone(&rows);
            Box::pin(async move { usage::add(tx, &rows).await })
        });
        Ok(added.await?)
    }

    async fn usage(&self, since: Day) -> Result<Vec<UsageSum>, StoreError> {
        Ok(usage::sums(&self.db, since).await?)
    }

    async fn usage_since(&self) -> Result<Option<Day>, StoreError> {
        Ok(usage::first(&self.db).await?)
    }

    async fn forget_usage(&self, before: Day) -> Result<(), StoreError> {
        Ok(usage::forget(&self.db, before).await?)
    }
}

async fn retire(
    tx: &mut Tx,
    hashes: &[DocumentHash],
    now_ms: i64,
) -> Result<Vec<DocumentHash>, MongoError> {
    let ids = hashes.iter().map(|hash| hash.to_string().into()).collect();
    let stored = tx.find_ids(DOCUMENTS, ids, doc! {"_id": 1}).await?;
    let mut gone = Vec::new();
    for stored in &stored {
        let hash = hash_of(stored)?;
        let this = doc! {"_id": hash.to_string()};
        if tx.delete_one(DOCUMENTS, this).await? > 0 {
            outbox::push(tx, &retired(&hash), now_ms).await?;
            gone.push(hash);
        }
    }
    Ok(gone)
}

async fn publish(
    tx: &mut Tx,
    records: &[Record],
    now_ms: i64,
) -> Result<(Published, Vec<DocumentHash>), MongoError> {
    let plan = plan(known(tx, records).await?, records);
    let new = plan.added.iter().map(|record| document(record, now_ms));
    tx.insert_many(DOCUMENTS, new.collect()).await?;
    for Replaced {
        record,
        json,
        purge,
    } in &plan.replaced
    {
        let fields = doc! {"record": json, "name": &record.name};
        let this = doc! {"_id": record.hash.to_string()};
        tx.update_one(DOCUMENTS, this, doc! {"$set": fields})
            .await?;
        if let Some(purge) = purge {
            outbox::push(tx, purge, now_ms).await?;
        }
    }
    let changed = plan.replaced.iter().map(|replaced| replaced.record.hash);
    Ok((plan.published, changed.collect()))
}

/// What is stored of these hashes.
async fn known(
    tx: &mut Tx,
    records: &[Record],
) -> Result<HashMap<DocumentHash, String>, MongoError> {
    if records.is_empty() {
        return Ok(HashMap::new());
    }
    let hashes = records.iter().map(|record| record.hash.to_string().into());
    let found = tx.find_ids(DOCUMENTS, hashes.collect(), doc! {"record": 1});
    let found = found.await?;
    let known = found
        .iter()
        .map(|stored| Ok((hash_of(stored)?, text(stored, "record")?)));
    known.collect()
}

/// What is written by a publish.
#[derive(Debug, Default, PartialEq)]
struct Plan<'r> {
    added: Vec<&'r Record>,
    /// In order: of one that is given twice the last stays.
    replaced: Vec<Replaced<'r>>,
    published: Published,
}

#[derive(Debug, PartialEq)]
struct Replaced<'r> {
    record: &'r Record,
    /// What is stored instead.
    json: String,
    purge: Option<PendingPurge>,
}

fn plan(mut known: HashMap<DocumentHash, String>, records: &[Record]) -> Plan<'_> {
    let mut plan = Plan::default();
    for record in records {
        let stored = match record.publishing(known.get(&record.hash).map(String::as_str)) {
            Publishing::Add => {
                plan.added.push(record);
                plan.published.added += 1;
                record.json.clone()
            }
            Publishing::Keep => {
                plan.published.unchanged += 1;
                continue;
            }
            Publishing::Replace { json, purge } => {
                plan.replaced.push(Replaced {
                    record,
                    json: json.clone(),
                    purge,
                });
                plan.published.unchanged += 1;
                json
            }
        };
        known.insert(record.hash, stored);
    }
    plan
}

fn document(record: &Record, now_ms: i64) -> Document {
    doc! {
        "_id": record.hash.to_string(),
        "record": &record.json,
        "name": &record.name,
        "publishedAt": DateTime::from_millis(now_ms),
    }
}

fn hash_of(stored: &Document) -> Result<DocumentHash, MongoError> {
    let hash = text(stored, "_id")?;
    hash.parse()
        .map_err(|error| MongoError::corrupt("document hash", &error))
}

fn documents(db: &MongoDb) -> Collection<Document> {
    db.collection(DOCUMENTS)
}

#[cfg(test)]
mod tests {
    use domain::StoreError;

    use super::*;

    fn record(digit: &str, json: &str) -> Record {
        Record {
            hash: digit.repeat(64).parse().unwrap(),
            name: format!("Query{digit}"),
            json: json.into(),
        }
    }

    #[test]
    fn a_publish_adds_keeps_and_replaces() {
        let [new, same, other] = ["1", "2", "3"].map(|digit| record(digit, "{}"));
        let known = HashMap::from([(same.hash, "{}".into()), (other.hash, "{\"old\":1}".into())]);
        let records = [new.clone(), same, other.clone(), new.clone()];
        let plan = plan(known, &records);
        assert_eq!(plan.added, [&new]);
        let replaced: Vec<&Record> = plan.replaced.iter().map(|one| one.record).collect();
        assert_eq!(replaced, [&other]);
        let tags = &plan.replaced[0].purge.as_ref().unwrap().tags;
        assert_eq!(tags, &[domain::tags::document(&other.hash)]);
        let published = Published {
            added: 1,
            unchanged: 3,
        };
        assert_eq!(plan.published, published);
    }

    #[test]
    fn of_a_document_that_is_given_twice_the_last_stays() {
        let [first, last] = ["{\"a\":1}", "{\"a\":2}"].map(|json| record("1", json));
        let records = [first.clone(), last.clone()];
        let plan = plan(HashMap::new(), &records);
        assert_eq!(plan.added, [&first]);
        assert_eq!(plan.replaced[0].record, &last);
    }

    #[test]
    fn a_document_is_found_by_its_hash() {
        let record = record("a", "{}");
        let stored = document(&record, 7);
        assert_eq!(hash_of(&stored).unwrap(), record.hash);
        let at = stored.get_datetime("publishedAt").unwrap();
        assert_eq!(at.timestamp_millis(), 7);
        let bad = hash_of(&doc! {"_id": "a"});
        assert!(matches!(
            bad,
            Err(MongoError::Store(StoreError::Corrupt { .. }))
        ));
    }
}
