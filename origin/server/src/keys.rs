//! Publishes the public keys with which anybody can verify an access token.

use axum::{
    extract::State,
    http::header::CACHE_CONTROL,
    response::{IntoResponse as _, Response},
};

use crate::state::AppState;

/// `GET /.well-known/jwks.json`.
pub async fn jwks(State(state): State<AppState>) -> Response {
    let keys = state.services.auth.tokens.keys().jwks();
    // Caching is safe: a key is published long before it signs.
    ([(CACHE_CONTROL, "public, max-age=300")], axum::Json(keys)).into_response()
}
