//! Documents over HTTP: operators publish them, the edge reads them.

use api::documents::{
    publish::{self, MAX_MANIFEST_BYTES, PublishError},
    usage::{self, Retire, UsageError},
};
use axum::{
    body::Body,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use edge_core::{header, signature};
use pq_core::{DocumentHash, ErrorCode, MediaType, Refusal};

use serde::Deserialize;

use crate::{
    admin::{self, AdminError},
    http::answer::{internal, refusal},
    state::AppState,
};

/// The purpose that is signed into the edge's requests for documents.
const DOCUMENT_CONTEXT: &str = "document";

/// `POST /admin/documents`: publishes a manifest. The `/admin` layer admits only operators.
pub async fn post(State(state): State<AppState>, body: Body) -> Response {
    let Ok(manifest) = axum::body::to_bytes(body, MAX_MANIFEST_BYTES).await else {
        let message = format!("a manifest has at most {MAX_MANIFEST_BYTES} bytes");
        return refused(ErrorCode::REQUEST_TOO_LARGE, &message);
    };
    let now_ms = state.services.clock.now_ms();
    let published = publish::publish(
        &state.services.documents,
        &state.services.compiler,
        manifest.to_vec(),
        state.config.environment,
        now_ms,
    )
    .await;
    match published {
        Ok(published) => {
            tracing::info!(
                added = published.added,
                unchanged = published.unchanged,
                "documents published"
            );
            // A changed policy causes a purge: append it to the log now, not at the next sweep.
            if let Err(error) = state.services.purge_log.drain_outbox(now_ms).await {
                return internal(&error, MediaType::Json);
            }
            axum::Json(published).into_response()
        }
        // Not a GraphQL endpoint: this media type makes the HTTP status tell the error.
        Err(PublishError::Refused(why)) => refusal(&why, MediaType::GraphqlResponse),
        Err(error @ (PublishError::Store(_) | PublishError::Interrupted)) => {
            internal(&error, MediaType::Json)
        }
    }
}

/// The query of [`usage`].
#[derive(Debug, Deserialize)]
pub struct Days {
    days: u32,
}

/// `GET /admin/documents/usage?days=N`: how often clients asked for documents.
pub async fn usage(
    State(state): State<AppState>,
    days: Result<Query<Days>, QueryRejection>,
) -> Result<Response, AdminError> {
    let Ok(Query(Days { days })) = days else {
        let message = "the query is `days`, a number";
        return Err(Refusal::new(ErrorCode::INVALID_REQUEST, message).into());
    };
    // What this server has counted itself is not stored yet.
    crate::usage::flush(&state).await;
    let now_ms = state.services.clock.now_ms();
    let report = usage::report(&state.services.documents, days, now_ms).await?;
    Ok(admin::json(&report))
}

/// `POST /admin/documents/retire`: retires documents that nobody asks for.
pub async fn retire(State(state): State<AppState>, body: Body) -> Result<Response, AdminError> {
    let asked: Retire = admin::read_json(body).await?;
    crate::usage::flush(&state).await;
    let now_ms = state.services.clock.now_ms();
    let retired = usage::retire(&state.services.documents, asked, now_ms).await?;
    // Appends the purges to the log now, not at the next sweep.
    if let Err(error) = state.services.purge_log.drain_outbox(now_ms).await {
        return Ok(internal(&error, MediaType::GraphqlResponse));
    }
    Ok(admin::json(&retired))
}

impl From<UsageError> for AdminError {
    fn from(error: UsageError) -> Self {
        match error {
            UsageError::Refused(why) => Self::Refused(why),
            UsageError::Store(error) => Self::Store(error),
        }
    }
}

/// `GET /internal/documents/{hash}`: returns a document to the edge, which signs the request.
pub async fn get(
    State(state): State<AppState>,
    Path(hash): Path<String>,
    headers: HeaderMap,
) -> Response {
    let now_ms = state.services.clock.now_ms().unsigned_abs();
    let signed = headers
        .get(header::SIGNATURE)
        .and_then(|value| value.to_str().ok());
    let verified = state
        .config
        .edge
        .secret
        .as_ref()
        .zip(signed)
        .is_some_and(|(secret, signed)| {
            signature::verify(
                secret.expose(),
                signed,
                DOCUMENT_CONTEXT,
                now_ms,
                hash.as_bytes(),
            )
            .is_ok()
        });
    if !verified {
        return unauthenticated();
    }
    let Ok(hash) = DocumentHash::parse(&hash) else {
        return refused(
            ErrorCode::DOCUMENT_ID_MALFORMED,
            "the path does not end with a document hash: 64 hexadecimal digits",
        );
    };
    // Taken before the record is read, as for answers: the edge compares it with later purges of
    // `document:<hash>`.
    let Some(as_of) = state.services.purge_log.as_of() else {
        return refused(ErrorCode::INTERNAL, "no purge log is known yet");
    };
    let feed = state.services.purge_log.feed();
    let as_of = feed.as_of_for_others(as_of).to_string();
    match state.services.documents.get(hash).await {
        Ok(Some(document)) => match serde_json::to_vec(&document.operation) {
            Ok(json) => {
                let headers = [
                    (CONTENT_TYPE.as_str(), "application/json"),
                    (header::AS_OF, as_of.as_str()),
                ];
                (StatusCode::OK, headers, json).into_response()
            }
            Err(error) => internal(&error, MediaType::Json),
        },
        Ok(None) => refused(ErrorCode::DOCUMENT_NOT_FOUND, "PersistedQueryNotFound"),
        Err(error) => internal(&error, MediaType::Json),
    }
}

fn unauthenticated() -> Response {
    refused(
        ErrorCode::UNAUTHENTICATED,
        "not signed in, or the signature is wrong",
    )
}

fn refused(code: ErrorCode, message: &str) -> Response {
    refusal(&Refusal::new(code, message), MediaType::GraphqlResponse)
}
