//! The store trait of published documents.

use std::{collections::HashMap, fmt};

use async_trait::async_trait;
use pq_core::{DocumentHash, Operation};
use serde::Serialize;

use crate::{
    StoreError,
    paris::Day,
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

/// How often a client asked for a document on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    pub day: Day,
    pub document: DocumentHash,
    /// The client's name, if the document is published for it.
    pub client: String,
    /// The client's version.
    pub version: String,
    pub requests: i64,
}

/// How often a client asked for a document on all days since one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageSum {
    pub document: DocumentHash,
    pub client: String,
    pub version: String,
    pub requests: i64,
    /// The last day on which it asked.
    pub last: Day,
}

/// What a publish does with one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Publishing {
    Add,
    Keep,
    /// Replaces the record and stores the purge, if there is one, in one transaction.
    Replace {
        json: String,
        purge: Option<PendingPurge>,
    },
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

    /// What publishing this record does when `known` is stored. The same hash means the same text,
    /// so only two things can differ: the clients, of which all stay known, and what the text
    /// compiles to, which changes with the schema.
    pub fn publishing(&self, known: Option<&str>) -> Publishing {
        let Some(known) = known else {
            return Publishing::Add;
        };
        let (json, compiles_differently) = self.joined(known).unwrap_or((self.json.clone(), true));
        if json == known {
            return Publishing::Keep;
        }
        let purge = compiles_differently.then(|| PendingPurge {
            tags: vec![tags::document(&self.hash)],
            kind: PurgeKind::Hard,
            reason: "the document's policy changed".into(),
            actor: "publish".into(),
        });
        Publishing::Replace { json, purge }
    }

    /// This record with the clients of `known` beside its own, and whether anything but the clients
    /// differs; `None` if either is not a record of this version.
    fn joined(&self, known: &str) -> Option<(String, bool)> {
        let mut known: Operation = serde_json::from_str(known).ok()?;
        let mut given: Operation = serde_json::from_str(&self.json).ok()?;
        given.clients.extend(&known.clients);
        known.clients = given.clients.clone();
        let json = serde_json::to_string(&given).ok()?;
        Some((json, known != given))
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

    /// Deletes documents, and stores the purges of their records in the same transaction; returns those
    /// that were stored.
    async fn retire(
        &self,
        hashes: Vec<DocumentHash>,
        now_ms: i64,
    ) -> Result<Vec<DocumentHash>, StoreError>;

    /// Adds to the counts of days.
    async fn add_usage(&self, rows: Vec<Usage>) -> Result<(), StoreError>;

    /// The counts of all days since this one, by document, client and version, in this order.
    async fn usage(&self, since: Day) -> Result<Vec<UsageSum>, StoreError>;

    /// The first day that has a count; before it nothing was counted, or it was forgotten.
    async fn usage_since(&self) -> Result<Option<Day>, StoreError>;

    /// Deletes the counts of all days before this one.
    async fn forget_usage(&self, before: Day) -> Result<(), StoreError>;
}

/// The purge of a document that was retired.
pub fn retired(hash: &DocumentHash) -> PendingPurge {
    PendingPurge {
        tags: vec![tags::document(hash)],
        kind: PurgeKind::Hard,
        reason: "the document was retired".into(),
        actor: "retire".into(),
    }
}

#[cfg(test)]
mod tests {
    use pq_core::Clients;
    use serde_json::json;

    use super::*;

    fn record(client: &str, cost: u64) -> Record {
        let body = "query A { a }";
        let operation = json!({"id": DocumentHash::of(body), "name": "A", "type": "query",
            "body": body, "clientName": client, "cost": cost});
        Record::of(&serde_json::from_value(operation).unwrap()).unwrap()
    }

    /// D3.
    #[test]
    fn a_document_that_another_client_publishes_belongs_to_both_and_is_not_purged() {
        let (mobile, site) = (record("mobile", 1), record("site", 1));
        let Publishing::Replace { json, purge } = site.publishing(Some(&mobile.json)) else {
            panic!("the record does not change");
        };
        assert_eq!(purge, None);
        let stored: Operation = serde_json::from_str(&json).unwrap();
        let clients: Vec<&str> = stored.clients.iter().collect();
        assert_eq!(clients, ["mobile", "site"]);
        for again in [&mobile, &site] {
            assert_eq!(again.publishing(Some(&json)), Publishing::Keep);
        }
        let Publishing::Replace { json, purge } = record("site", 2).publishing(Some(&json)) else {
            panic!("the record does not change");
        };
        assert!(purge.is_some(), "it compiles to something else");
        let stored: Operation = serde_json::from_str(&json).unwrap();
        assert_eq!(
            (stored.cost, stored.clients != Clients::one("site")),
            (2, true)
        );
    }

    #[test]
    fn a_record_that_cannot_be_read_is_replaced_and_purged() {
        let replaced = record("site", 1).publishing(Some("{}"));
        let Publishing::Replace { json, purge } = replaced else {
            panic!("the record does not change");
        };
        assert_eq!((json, purge.is_some()), (record("site", 1).json, true));
        assert_eq!(record("site", 1).publishing(None), Publishing::Add);
    }
}
