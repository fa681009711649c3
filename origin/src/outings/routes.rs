//! The public keys of codes, for scanners that verify them without a network.

use axum::{
    extract::State,
    http::header::CACHE_CONTROL,
    response::{IntoResponse as _, Response},
};

use crate::state::AppState;

/// `GET /.well-known/qr-keys.json`, a JWK set.
pub async fn keys(State(state): State<AppState>) -> Response {
    let keys = state.config.qr.keys.jwks();
    // A key is put into the set long before it signs.
    ([(CACHE_CONTROL, "public, max-age=300")], axum::Json(keys)).into_response()
}
