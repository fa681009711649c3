//! Documents in SQLite.

use std::collections::HashMap;

use async_trait::async_trait;
use domain::{
    StoreError,
    documents::{DocumentStore, Published, Publishing, Record, Usage, UsageSum, retired},
    paris::Day,
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
                names.insert(self::hash(hash)?, name);
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

    async fn retire(
        &self,
        hashes: Vec<DocumentHash>,
        now_ms: i64,
    ) -> Result<Vec<DocumentHash>, StoreError> {
        let retire = self.db.write(move |tx| {
            let mut gone = Vec::new();
            for hash in hashes {
                let deleted = tx
                    .prepare_cached("DELETE FROM documents WHERE hash = ?1")?
                    .execute([hash.to_string()])?;
                if deleted > 0 {
                    outbox_push(tx, &retired(&hash), now_ms)?;
                    gone.push(hash);
                }
            }
            Ok(gone)
        });
        retire.await
    }

    async fn add_usage(&self, rows: Vec<Usage>) -> Result<(), StoreError> {
        let add = self.db.write(move |tx| {
            let mut add = tx.prepare_cached(
                "INSERT INTO document_usage(day, hash, client, version, requests)
                 VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (day, hash, client, version) DO UPDATE SET requests = requests + ?5",
            )?;
            for row in &rows {
                let (day, hash) = (row.day.to_string(), row.document.to_string());
                add.execute((day, hash, &row.client, &row.version, row.requests))?;
            }
            Ok(())
        });
        add.await
    }

    async fn usage(&self, since: Day) -> Result<Vec<UsageSum>, StoreError> {
        self.db
            .read(move |connection| usage(connection, since))
            .await
    }

    async fn usage_since(&self) -> Result<Option<Day>, StoreError> {
        let first = self.db.read(|connection| {
            let first: Option<String> = connection
                .prepare_cached("SELECT MIN(day) FROM document_usage")?
                .query_row([], |row| row.get(0))?;
            first.map(day).transpose()
        });
        first.await
    }

    async fn forget_usage(&self, before: Day) -> Result<(), StoreError> {
        let forget = self.db.write(move |tx| {
            tx.prepare_cached("DELETE FROM document_usage WHERE day < ?1")?
                .execute([before.to_string()])?;
            Ok(())
        });
        forget.await
    }
}

fn usage(connection: &Connection, since: Day) -> Result<Vec<UsageSum>, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT hash, client, version, SUM(requests), MAX(day) FROM document_usage
         WHERE day >= ?1 GROUP BY hash, client, version ORDER BY hash, client, version",
    )?;
    let mut rows = statement.query([since.to_string()])?;
    let mut sums = Vec::new();
    while let Some(row) = rows.next()? {
        sums.push(UsageSum {
            document: hash(row.get(0)?)?,
            client: row.get(1)?,
            version: row.get(2)?,
            requests: row.get(3)?,
            last: day(row.get(4)?)?,
        });
    }
    Ok(sums)
}

#[expect(clippy::needless_pass_by_value, reason = "a column")]
fn hash(text: String) -> Result<DocumentHash, SqliteError> {
    text.parse()
        .map_err(|error| SqliteError::corrupt("document hash", &error))
}

#[expect(clippy::needless_pass_by_value, reason = "a column")]
fn day(text: String) -> Result<Day, SqliteError> {
    Day::parse(&text).ok_or_else(|| SqliteError::corrupt("day", &text))
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
