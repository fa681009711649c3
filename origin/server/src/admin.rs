//! What the routes under `/admin` share: reading JSON, answering JSON, and refusing. Only operators
//! reach them, see [`crate::middleware::operators_only`].

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use domain::StoreError;
use pq_core::{ErrorCode, MediaType, Refusal};
use serde::{Serialize, de::DeserializeOwned};

use crate::http::{
    answer::{internal, refusal},
    body,
};

/// Why an `/admin` request failed.
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
            // Not GraphQL endpoints: this media type makes the HTTP status tell the error.
            Self::Refused(why) => refusal(&why, MediaType::GraphqlResponse),
            Self::Store(error) => internal(&error, MediaType::GraphqlResponse),
        }
    }
}

/// Reads the whole body as a `T`.
pub async fn read_json<T: DeserializeOwned>(body: Body) -> Result<T, AdminError> {
    let Ok(bytes) = body::read(body).await else {
        return Err(Refusal::too_large().into());
    };
    serde_json::from_slice(&bytes).map_err(|error| {
        // Valid JSON of the wrong shape is an invalid request; anything else is invalid JSON.
        let code = if error.is_data() {
            ErrorCode::INVALID_REQUEST
        } else {
            ErrorCode::INVALID_JSON
        };
        Refusal::new(code, format!("the body is not valid: {error}")).into()
    })
}

/// Answers with JSON. The layers around all routes add `Cache-Control: no-store`.
pub fn json(answer: &impl Serialize) -> Response {
    axum::Json(answer).into_response()
}
