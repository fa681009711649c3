//! From a request to the document that it names, and to its variables.

use std::sync::Arc;

use api::documents::{Document, DocumentMode, sent};
use cache_core::variables::CanonicalVariables;
use domain::StoreError;
use pq_core::{DocumentRef, ErrorCode, GraphqlRequest, Refusal};

use crate::state::AppState;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("the store failed")]
    Store(#[from] StoreError),
}

/// The published document; or, where that is allowed, the one that was sent.
pub(crate) async fn document(
    state: &AppState,
    request: &GraphqlRequest,
) -> Result<Arc<Document>, Failure> {
    let hash = request.document.hash();
    if let Some(document) = state.services.documents.get(hash).await? {
        return Ok(document);
    }
    // Apollo's clients know this sentence.
    let unknown = || Refusal::new(ErrorCode::DOCUMENT_NOT_FOUND, "PersistedQueryNotFound");
    let (body, unpublished) = match &request.document {
        DocumentRef::Hash(_) => return Err(unknown().into()),
        DocumentRef::HashAndBody { body, .. } => (body, unknown()),
        DocumentRef::Body { body, .. } => (
            body,
            Refusal::new(
                ErrorCode::DOCUMENT_NOT_PUBLISHED,
                "only published documents are executed here",
            ),
        ),
    };
    match state.services.document_mode {
        DocumentMode::Enforce => return Err(unpublished.into()),
        DocumentMode::Audit => tracing::warn!(document = %hash, "a document that is not published"),
        DocumentMode::Off => {}
    }
    let environment = state.services.environment;
    let document = sent::compile(
        &state.services.compiler,
        body,
        &request.variables,
        environment,
    )?;
    Ok(Arc::new(document))
}

pub(crate) fn name_matches(document: &Document, name: Option<&str>) -> Result<(), Refusal> {
    match name {
        Some(name) if name != document.operation.name => Err(Refusal::new(
            ErrorCode::OPERATION_UNKNOWN,
            "the document has no operation with this name",
        )),
        Some(_) | None => Ok(()),
    }
}

pub(crate) fn coerce(
    document: &Document,
    request: &GraphqlRequest,
) -> Result<CanonicalVariables, Refusal> {
    let Document { operation, .. } = document;
    let variables = CanonicalVariables::coerce(
        &operation.variables,
        &operation.input_types,
        &request.variables,
    )?;
    Ok(variables)
}
