//! How often clients asked for documents. `_id` is day, document, client and version, so that days are
//! ranges of it.

use std::collections::HashSet;

use domain::{
    documents::{Usage, UsageSum},
    paris::Day,
};
use mongodb::bson::{Bson, Document, doc};

use crate::{
    database::MongoDb,
    documents::{batch, collect, text},
    error::MongoError,
    limits::SERVER_WITHIN,
    tx::Tx,
};

const USAGE: &str = "document_usage";
/// More rows than documents, clients and versions make.
const SUMS: usize = 20_000;

/// Not upserts: of two that meet, Azure DocumentDB would lose one.
pub(super) async fn add(tx: &mut Tx, rows: &[Usage]) -> Result<(), MongoError> {
    let keys = rows.iter().map(|row| key(row).into()).collect();
    let stored = tx.find_ids(USAGE, keys, doc! {"_id": 1}).await?;
    let stored = stored.iter().map(|one| text(one, "_id"));
    let stored: HashSet<String> = stored.collect::<Result<_, _>>()?;
    let mut missing = Vec::new();
    for row in rows {
        let key = key(row);
        if stored.contains(&key) {
            let more = doc! {"$inc": {"requests": row.requests}};
            tx.update_one(USAGE, doc! {"_id": key}, more).await?;
        } else {
            missing.push(doc! {
                "_id": key,
                "day": row.day.to_string(),
                "document": row.document.to_string(),
                "client": &row.client,
                "version": &row.version,
                "requests": row.requests,
            });
        }
    }
    tx.insert_many(USAGE, missing).await
}

pub(super) async fn sums(db: &MongoDb, since: Day) -> Result<Vec<UsageSum>, MongoError> {
    let usage = db.collection::<Document>(USAGE);
    let by = doc! {"document": "$document", "client": "$client", "version": "$version"};
    let stages = [
        doc! {"$match": {"_id": {"$gte": since.to_string()}}},
        doc! {"$group": {"_id": by, "requests": {"$sum": "$requests"}, "last": {"$max": "$day"}}},
        doc! {"$sort": {"_id.document": 1, "_id.client": 1, "_id.version": 1}},
    ];
    let found = db.run(async move {
        let found = usage
            .aggregate(stages)
            .batch_size(batch(SUMS))
            .max_time(SERVER_WITHIN);
        collect(found.await?).await
    });
    found.await?.iter().map(sum).collect()
}

fn sum(stored: &Document) -> Result<UsageSum, MongoError> {
    let by = stored
        .get_document("_id")
        .map_err(|error| MongoError::corrupt("usage", &error))?;
    Ok(UsageSum {
        document: text(by, "document")?
            .parse()
            .map_err(|error| MongoError::corrupt("document hash", &error))?,
        client: text(by, "client")?,
        version: text(by, "version")?,
        requests: count(stored)?,
        last: day(&text(stored, "last")?)?,
    })
}

pub(super) async fn first(db: &MongoDb) -> Result<Option<Day>, MongoError> {
    let usage = db.collection::<Document>(USAGE);
    let found = db.run(async move {
        let first = usage
            .find_one(doc! {"_id": {"$gte": ""}})
            .sort(doc! {"_id": 1})
            .projection(doc! {"day": 1})
            .max_time(SERVER_WITHIN);
        Ok(first.await?)
    });
    let found = found.await?;
    found.map(|first| day(&text(&first, "day")?)).transpose()
}

pub(super) async fn forget(db: &MongoDb, before: Day) -> Result<(), MongoError> {
    let usage = db.collection::<Document>(USAGE);
    db.run(async move {
        let old = doc! {"_id": {"$lt": before.to_string()}};
        usage.delete_many(old).await?;
        Ok(())
    })
    .await
}

fn key(row: &Usage) -> String {
    let Usage {
        day,
        document,
        client,
        version,
        ..
    } = row;
    format!("{day}:{document}:{client}:{version}")
}

fn day(text: &str) -> Result<Day, MongoError> {
    Day::parse(text).ok_or_else(|| MongoError::corrupt("day", &text))
}

/// Servers give a sum in the width that they like.
fn count(stored: &Document) -> Result<i64, MongoError> {
    match stored.get("requests") {
        Some(Bson::Int64(count)) => Ok(*count),
        Some(Bson::Int32(count)) => Ok(i64::from(*count)),
        Some(_) | None => Err(MongoError::corrupt("requests", &"not a whole number")),
    }
}
