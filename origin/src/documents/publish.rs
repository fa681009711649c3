//! `POST /admin/documents`: all documents of a manifest, or none.

use std::sync::Arc;

use pq_core::{
    DocumentHash, ErrorCode, Manifest, Operation, Refusal,
    compile::{COST_LIMIT, Compiler},
};
use rusqlite::OptionalExtension;
use serde::Serialize;

use super::{Document, Documents};
use crate::embedded::{
    StoreError,
    outbox::{PendingPurge, PurgeKind, outbox_push},
};

/// The most bytes of a manifest.
pub const MAX_MANIFEST_BYTES: usize = 8 * 1024 * 1024;

/// What a publish did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Published {
    pub added: usize,
    pub unchanged: usize,
}

/// Why nothing was published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("the compiling task panicked or was cancelled")]
    Interrupted,
}

/// Publishes a manifest. What it says of policies is not believed: every document is compiled
/// here, against the schema that will answer it.
pub async fn publish(
    documents: &Documents,
    compiler: &Arc<Compiler>,
    manifest: Vec<u8>,
    now_ms: i64,
) -> Result<Published, PublishError> {
    let compiler = Arc::clone(compiler);
    // Compiling is CPU work: it must not stand in the way of answers.
    let operations = tokio::task::spawn_blocking(move || compile_all(&compiler, &manifest))
        .await
        .map_err(|_| PublishError::Interrupted)??;
    let (published, changed) = documents
        .db
        .write(move |tx| store(tx, &operations, now_ms))
        .await?;
    documents.forget(&changed);
    Ok(published)
}

fn compile_all(compiler: &Compiler, manifest: &[u8]) -> Result<Vec<Operation>, Refusal> {
    let refuse = |message: String| Refusal::new(ErrorCode::BadUserInput, message);
    let text =
        std::str::from_utf8(manifest).map_err(|_| refuse("the manifest is not UTF-8".into()))?;
    let manifest = Manifest::from_json(text).map_err(|error| refuse(error.to_string()))?;
    let mut operations = Vec::with_capacity(manifest.operations().len());
    for given in manifest.operations() {
        let invalid = |why: String| {
            Refusal::new(
                ErrorCode::DocumentInvalid,
                format!("{} ({}): {why}", given.label(), given.id),
            )
        };
        let operation = compiler
            .compile(&given.body, given.client_name.as_deref())
            .map_err(|error| invalid(error.to_string()))?
            .operation;
        if operation.cost >= COST_LIMIT {
            return Err(invalid("it may cost more than is answered".into()));
        }
        // Executed by another parser than it was compiled by: both have to read it.
        let document = Document::parse(operation).map_err(|error| invalid(error.to_string()))?;
        operations.push(document.operation);
    }
    Ok(operations)
}

fn store(
    tx: &rusqlite::Transaction<'_>,
    operations: &[Operation],
    now_ms: i64,
) -> Result<(Published, Vec<DocumentHash>), StoreError> {
    let mut published = Published::default();
    let mut changed = Vec::new();
    for operation in operations {
        let hash = operation.id.to_string();
        let record =
            serde_json::to_string(operation).map_err(|e| StoreError::corrupt("document", &e))?;
        let known: Option<String> = tx
            .prepare_cached("SELECT record FROM documents WHERE hash = ?1")?
            .query_row([&hash], |row| row.get(0))
            .optional()?;
        match known {
            None => {
                tx.prepare_cached(
                    "INSERT INTO documents(hash, record, published_at_ms) VALUES (?1, ?2, ?3)",
                )?
                .execute((&hash, &record, now_ms))?;
                published.added += 1;
                continue;
            }
            // The bytes are the same, by their hash; what the schema says of them is not.
            Some(known) if known != record => {
                tx.prepare_cached("UPDATE documents SET record = ?2 WHERE hash = ?1")?
                    .execute((&hash, &record))?;
                outbox_push(tx, &policy_changed(&hash), now_ms)?;
                changed.push(operation.id);
            }
            Some(_) => {}
        }
        published.unchanged += 1;
    }
    Ok((published, changed))
}

fn policy_changed(hash: &str) -> PendingPurge {
    PendingPurge {
        tags: vec![format!("document:{hash}")],
        kind: PurgeKind::Hard,
        reason: "the document's policy changed".into(),
        actor: "publish".into(),
    }
}
