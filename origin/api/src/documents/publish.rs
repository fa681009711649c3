//! `POST /admin/documents`: publishes all documents of a manifest, or none.

use std::sync::Arc;

use domain::{
    StoreError,
    documents::{Published, Record},
};
use pq_core::{ErrorCode, Manifest, Operation, Refusal, compile::Compiler};

use super::{Document, Documents, sent};
use crate::environment::Environment;

/// Maximum size of a manifest, in bytes.
pub const MAX_MANIFEST_BYTES: usize = 8 * 1024 * 1024;

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

/// Publishes a manifest. The policies it states are not trusted: the server compiles every document
/// against its own schema.
pub async fn publish(
    documents: &Documents,
    compiler: &Arc<Compiler>,
    manifest: Vec<u8>,
    environment: Environment,
    now_ms: i64,
) -> Result<Published, PublishError> {
    let compiler = Arc::clone(compiler);
    // Compiling is CPU work: it must not stand in the way of answers.
    let records = tokio::task::spawn_blocking(move || -> Result<Vec<Record>, PublishError> {
        let operations = compile_all(&compiler, &manifest, environment)?;
        Ok(operations
            .iter()
            .map(Record::of)
            .collect::<Result<_, _>>()?)
    })
    .await
    .map_err(|_| PublishError::Interrupted)??;
    let (published, changed) = documents.store.publish(records, now_ms).await?;
    documents.forget(&changed);
    Ok(published)
}

fn compile_all(
    compiler: &Compiler,
    manifest: &[u8],
    environment: Environment,
) -> Result<Vec<Operation>, Refusal> {
    let refuse = |message: String| Refusal::new(ErrorCode::BAD_USER_INPUT, message);
    let text =
        std::str::from_utf8(manifest).map_err(|_| refuse("the manifest is not UTF-8".into()))?;
    let manifest = Manifest::from_json(text).map_err(|error| refuse(error.to_string()))?;
    let mut operations = Vec::with_capacity(manifest.operations().len());
    let mut parts = Vec::new();
    for given in manifest.operations() {
        let named = |Refusal { code, message }| {
            let (label, id) = (given.label(), given.id);
            Refusal::new(code, format!("{label} ({id}): {message}"))
        };
        let mut done = compiler
            .compile(&given.body, None)
            .map_err(|error| named(sent::refused(&error)))?;
        done.operation.clients = given.clients.clone();
        parts.extend(done.parts.drain(..).map(|part| Operation {
            clients: given.clients.clone(),
            ..part.operation
        }));
        sent::may_introspect(&done, environment).map_err(named)?;
        // Executed by another parser than it was compiled by: both have to read it.
        let document = Document::parse(done.operation)
            .map_err(|error| named(Refusal::new(ErrorCode::DOCUMENT_INVALID, error.to_string())))?;
        operations.push(document.operation);
    }
    // `pq build` writes the parts into the manifest. Other tools do not: they are added here.
    for part in parts {
        if !operations
            .iter()
            .any(|known: &Operation| known.id == part.id)
        {
            operations.push(part);
        }
    }
    Ok(operations)
}
