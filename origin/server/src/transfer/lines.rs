//! One line of JSON a row.

use cache_core::{PurgeKind, Revision, Tag};
use domain::{StoreError, documents::Record, purges::AuditRow, rows::Collection};
use pq_core::DocumentHash;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::batch::Batch;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DocumentLine {
    hash: String,
    name: String,
    /// As it was published, to the byte.
    record: String,
}

/// Without its id: a target gives ids of its own, in the same order.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AuditLine {
    at_ms: i64,
    actor: String,
    reason: String,
    kind: String,
    tags: Vec<String>,
    log: Option<String>,
    revision: Option<u64>,
}

/// Hands each row of a batch over as its line, with the line's end.
pub(super) fn each<E: From<StoreError>>(
    batch: &Batch,
    take: &mut dyn FnMut(Collection, &str) -> Result<(), E>,
) -> Result<(), E> {
    match batch {
        Batch::Families(families) => {
            for family in families {
                take(Collection::Partners, &line(&family.partner)?)?;
                for place in &family.establishments {
                    take(Collection::Establishments, &line(place)?)?;
                }
                for offer in &family.offers {
                    take(Collection::Offers, &line(offer)?)?;
                }
            }
        }
        Batch::Documents(records) => {
            for record in records {
                let written = DocumentLine {
                    hash: record.hash.to_string(),
                    name: record.name.clone(),
                    record: record.json.clone(),
                };
                take(Collection::Documents, &line(&written)?)?;
            }
        }
        Batch::Audit(rows) => {
            for row in rows {
                take(Collection::Audit, &line(&audit_line(row))?)?;
            }
        }
        Batch::Rows(kind, rows) => {
            for row in rows {
                take(kind.collection, &line(&kind.line(row))?)?;
            }
        }
    }
    Ok(())
}

fn line<T: Serialize>(row: &T) -> Result<String, StoreError> {
    let mut line = serde_json::to_string(row).map_err(|e| StoreError::corrupt("row", &e))?;
    line.push('\n');
    Ok(line)
}

fn audit_line(row: &AuditRow) -> AuditLine {
    AuditLine {
        at_ms: row.at_ms,
        actor: row.actor.clone(),
        reason: row.reason.clone(),
        kind: row.kind.as_str().to_owned(),
        tags: row.tags.iter().map(|tag| tag.as_str().to_owned()).collect(),
        log: row.log.map(|log| log.to_string()),
        revision: row.revision.map(|revision| revision.0),
    }
}

/// A row of the catalogue.
pub(super) fn parse<T: DeserializeOwned>(line: &str) -> Result<T, String> {
    serde_json::from_str(line).map_err(|error| error.to_string())
}

pub(super) fn document(line: &str) -> Result<Record, String> {
    let DocumentLine { hash, name, record } = parse(line)?;
    let hash: DocumentHash = hash.parse().map_err(|_| "not a document's hash")?;
    Ok(Record {
        hash,
        name,
        json: record,
    })
}

pub(super) fn audit(line: &str) -> Result<AuditRow, String> {
    let line: AuditLine = parse(line)?;
    let tags = line.tags.iter().map(|tag| tag.parse::<Tag>());
    let log = line.log.map(|log| log.parse()).transpose();
    Ok(AuditRow {
        id: None,
        at_ms: line.at_ms,
        actor: line.actor,
        reason: line.reason,
        kind: match line.kind.as_str() {
            "hard" => PurgeKind::Hard,
            "soft" => PurgeKind::Soft,
            _ => return Err("not a kind of purge".to_owned()),
        },
        tags: tags.collect::<Result<_, _>>().map_err(|_| "not a tag")?,
        log: log.map_err(|_| "not a log's identity")?,
        revision: line.revision.map(Revision),
    })
}
