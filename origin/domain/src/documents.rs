//! The store trait of published documents.

use std::{collections::HashMap, fmt};

use async_trait::async_trait;
use pq_core::{DocumentHash, Operation};
use serde::Serialize;

use crate::{
    StoreError,
    pending_purge::{PendingPurge, PurgeKind},
    tags,
};

/// The outcome of a publish.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Published {
    pub added: usize,
    pub unchanged: usize,
}

/// A stored document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub hash: DocumentHash,
    pub name: String,
    /// The compiled operation, as JSON.
    pub json: String,
}

/// What a publish does with one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Publishing {
    Add,
    Keep,
    /// Replaces the record and stores the purge, in one transaction.
    Replace(PendingPurge),
}

impl Record {
    pub fn of(operation: &Operation) -> Result<Self, StoreError> {
        Ok(Self {
            hash: operation.id,
            name: operation.name.clone(),
            json: serde_json::to_string(operation)
                .map_err(|e| StoreError::corrupt("document", &e))?,
        })
    }

    /// What publishing this record does when `known` is stored.
    pub fn publishing(&self, known: Option<&str>) -> Publishing {
        match known {
            None => Publishing::Add,
            Some(known) if known == self.json => Publishing::Keep,
            // The same hash means the same document text; what it compiles to changed with the
            // schema.
            Some(_) => Publishing::Replace(PendingPurge {
                tags: vec![tags::document(&self.hash)],
                kind: PurgeKind::Hard,
                reason: "the document's policy changed".into(),
                actor: "publish".into(),
            }),
        }
    }
}

/// The published documents in a database.
#[async_trait]
pub trait DocumentStore: fmt::Debug + Send + Sync {
    /// The stored [`Record::json`] of a document hash.
    async fn record(&self, hash: DocumentHash) -> Result<Option<String>, StoreError>;

    /// The operation names of all published documents.
    async fn names(&self) -> Result<HashMap<DocumentHash, String>, StoreError>;

    /// Stores all records or none, each as [`Record::publishing`] decides, with the purges in the
    /// same transaction; returns the hashes of replaced records, which count as unchanged.
    async fn publish(
        &self,
        records: Vec<Record>,
        now_ms: i64,
    ) -> Result<(Published, Vec<DocumentHash>), StoreError>;
}
