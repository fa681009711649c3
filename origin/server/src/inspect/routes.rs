//! The HTTP routes of cache inspection; only operators with the scope `inspect` reach them.

use axum::{body::Body, extract::State, response::Response};

use super::{
    explain::{self, ExplainRequest},
    stats,
};
use crate::{
    admin::{self, AdminError},
    state::AppState,
};

/// `POST /admin/cache/explain`: explains one request.
pub async fn explain(State(state): State<AppState>, body: Body) -> Result<Response, AdminError> {
    let request: ExplainRequest = admin::read_json(body).await?;
    let explanation = explain::explain(&state, request).await?;
    Ok(admin::json(&explanation))
}

/// `GET /admin/cache/stats`: the statistics of this server.
pub async fn stats(State(state): State<AppState>) -> Result<Response, AdminError> {
    Ok(admin::json(&stats::stats(&state).await?))
}
