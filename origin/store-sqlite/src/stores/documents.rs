//! Documents in SQLite.

use std::collections::HashMap;

use async_trait::async_trait;
use domain::{
    StoreError,
    documents::{DocumentStore, Published, Publishing, Record},
};
use pq_core::DocumentHash;
use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::{database::EmbeddedDb, error::SqliteError, outbox::outbox_push};

/// The documents of the embedded store.
#[derive(Debug, Clone)]
pub struct EmbeddedDocuments {
    db: EmbeddedDb,
}

impl EmbeddedDocuments {
    pub const fn new(db: EmbeddedDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl DocumentStore for EmbeddedDocuments {
    async fn record(&self, hash: DocumentHash) -> Result<Option<String>, StoreError> {
        self.db.read(move |c| record(c, hash)).await
    }

    async fn names(&self) -> Result<HashMap<DocumentHash, String>, StoreError> {
        let read = self.db.read(|connection| {
            let mut statement = connection
                .prepare_cached("SELECT hash, json_extract(record, '$.name') FROM documents")?;
            let mut rows = statement.query([])?;
            let mut names = HashMap::new();
            while let Some(row) = rows.next()? {
                let (hash, name): (String, String) = (row.get(0)?, row.get(1)?);
                let hash = hash
                    .parse()
                    .map_err(|error| SqliteError::corrupt("document hash", &error))?;
                names.insert(hash, name);
            }
            Ok(names)
        });
        read.await
    }

    async fn publish(
        &self,
        records: Vec<Record>,
        now_ms: i64,
    ) -> Result<(Published, Vec<DocumentHash>), StoreError> {
        self.db.write(move |tx| publish(tx, &records, now_ms)).await
    }
}

fn record(connection: &Connection, hash: DocumentHash) -> Result<Option<String>, SqliteError> {
    Ok(connection
        .prepare_cached("SELECT record FROM documents WHERE hash = ?1")?
        .query_row([hash.to_string()], |row| row.get(0))
        .optional()?)
}

fn publish(
    tx: &Transaction<'_>,
    records: &[Record],
    now_ms: i64,
) -> Result<(Published, Vec<DocumentHash>), SqliteError> {
    let mut published = Published::default();
    let mut changed = Vec::new();
    for given in records {
        let hash = given.hash.to_string();
        match given.publishing(record(tx, given.hash)?.as_deref()) {
            Publishing::Add => {
                tx.prepare_cached(
                    "INSERT INTO documents(hash, record, published_at_ms) VALUES (?1, ?2, ?3)",
                )?
                .execute((&hash, &given.json, now_ms))?;
                published.added += 1;
            }
            Publishing::Keep => published.unchanged += 1,
            Publishing::Replace { json, purge } => {
                tx.prepare_cached("UPDATE documents SET record = ?2 WHERE hash = ?1")?
                    .execute((&hash, &json))?;
                if let Some(purge) = purge {
                    outbox_push(tx, &purge, now_ms)?;
                }
                changed.push(given.hash);
                published.unchanged += 1;
            }
        }
    }
    Ok((published, changed))
}
