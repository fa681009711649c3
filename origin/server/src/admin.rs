//! What the addresses under `/admin` have in common: JSON in, JSON out, and how they refuse.
//! Only operators get here, see [`crate::middleware::operators_only`].

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use domain::StoreError;
use pq_core::{ErrorCode, GraphqlRequest, MediaType, Refusal};
use serde::{Serialize, de::DeserializeOwned};

use crate::http::{
    answer::{internal, refusal},
    body,
};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl IntoResponse for AdminError {
    fn into_response(self) -> Response {
        match self {
            // Addresses of ours, not GraphQL: the status always tells.
            Self::Refused(why) => refusal(&why, MediaType::GraphqlResponse),
            Self::Store(error) => internal(&error, MediaType::GraphqlResponse),
        }
    }
}

/// Reads the whole body as a `T`.
pub async fn read_json<T: DeserializeOwned>(body: Body) -> Result<T, AdminError> {
    let Ok(bytes) = body::read(body).await else {
        return Ok(GraphqlRequest::too_large()?);
    };
    serde_json::from_slice(&bytes).map_err(|error| {
        // What is no JSON, and what is another JSON than is wanted here.
        let code = if error.is_data() {
            ErrorCode::INVALID_REQUEST
        } else {
            ErrorCode::INVALID_JSON
        };
        Refusal::new(code, format!("the body: {error}")).into()
    })
}

/// Answers with JSON. The layer around every route says that nobody keeps it.
pub fn json(answer: &impl Serialize) -> Response {
    axum::Json(answer).into_response()
}
