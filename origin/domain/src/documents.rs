//! Where published documents are kept.

use std::{collections::HashMap, fmt};

use async_trait::async_trait;
use pq_core::{DocumentHash, Operation};
use serde::Serialize;

use crate::{
    StoreError,
    pending_purge::{PendingPurge, PurgeKind},
    tags,
};

/// What a publish did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Published {
    pub added: usize,
    pub unchanged: usize,
}

/// A document as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub hash: DocumentHash,
    pub name: String,
    /// The compiled operation.
    pub json: String,
}

/// What a publish does about one record.
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

    /// What becomes of this record where `known` is stored.
    pub fn publishing(&self, known: Option<&str>) -> Publishing {
        match known {
            None => Publishing::Add,
            Some(known) if known == self.json => Publishing::Keep,
            // The bytes are the same, by their hash; what the schema says of them is not.
            Some(_) => Publishing::Replace(PendingPurge {
                tags: vec![tags::document(&self.hash)],
                kind: PurgeKind::Hard,
                reason: "the document's policy changed".into(),
                actor: "publish".into(),
            }),
        }
    }
}

/// The documents of a backend.
#[async_trait]
pub trait DocumentStore: fmt::Debug + Send + Sync {
    /// What is stored of a hash: [`Record::json`].
    async fn record(&self, hash: DocumentHash) -> Result<Option<String>, StoreError>;

    /// The names of the operations of all published documents.
    async fn names(&self) -> Result<HashMap<DocumentHash, String>, StoreError>;

    /// Stores all records or none, each as [`Record::publishing`] says, with its purge in the same
    /// transaction; gives the hashes of those it replaced, which count as unchanged.
    async fn publish(
        &self,
        records: Vec<Record>,
        now_ms: i64,
    ) -> Result<(Published, Vec<DocumentHash>), StoreError>;
}
