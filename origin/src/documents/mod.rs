//! Published documents: found by their hash, parsed once.

pub mod publish;
pub mod routes;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use async_graphql::parser::{parse_query, types::ExecutableDocument};
use pq_core::{DocumentHash, Operation};
use rusqlite::OptionalExtension;

use crate::embedded::{EmbeddedDb, StoreError};

/// A document that is ready to be executed.
#[derive(Debug)]
pub struct Document {
    pub operation: Operation,
    pub parsed: ExecutableDocument,
}

/// The published documents; a document never changes, its policy only by a publish.
#[derive(Debug)]
pub struct Documents {
    db: EmbeddedDb,
    ready: RwLock<HashMap<DocumentHash, Arc<Document>>>,
}

impl Document {
    /// Parses a compiled operation.
    pub fn parse(operation: Operation) -> Result<Self, async_graphql::parser::Error> {
        let parsed = parse_query(&operation.body)?;
        Ok(Self { operation, parsed })
    }
}

impl Documents {
    pub fn new(db: EmbeddedDb) -> Self {
        Self {
            db,
            ready: RwLock::default(),
        }
    }

    /// The published document of a hash. That there is none is never remembered: it may be
    /// published in the next moment.
    pub async fn get(&self, hash: DocumentHash) -> Result<Option<Arc<Document>>, StoreError> {
        let ready = self
            .ready
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&hash)
            .cloned();
        if ready.is_some() {
            return Ok(ready);
        }
        let record: Option<String> = self
            .db
            .read(move |connection| {
                Ok(connection
                    .prepare_cached("SELECT record FROM documents WHERE hash = ?1")?
                    .query_row([hash.to_string()], |row| row.get(0))
                    .optional()?)
            })
            .await?;
        let Some(record) = record else {
            return Ok(None);
        };
        let operation =
            serde_json::from_str(&record).map_err(|e| StoreError::corrupt("document", &e))?;
        let document =
            Document::parse(operation).map_err(|e| StoreError::corrupt("document", &e))?;
        let document = Arc::new(document);
        self.ready
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(hash, Arc::clone(&document));
        Ok(Some(document))
    }

    /// Forgets documents whose record changed; they are read again.
    fn forget(&self, hashes: &[DocumentHash]) {
        let mut ready = self.ready.write().unwrap_or_else(PoisonError::into_inner);
        for hash in hashes {
            ready.remove(hash);
        }
    }
}
