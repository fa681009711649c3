//! CORS: lets the pages of the configured sites send requests and read answers, without cookies.

use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use edge_core::cors;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::{config::CorsConfig, state::AppState};

const EXPOSED: HeaderValue = HeaderValue::from_static(cors::EXPOSE.1);
const VARY: HeaderValue = HeaderValue::from_static("origin");

/// Answers every `OPTIONS` of a route: a browser asks before it sends a page's request.
pub async fn preflight(State(state): State<AppState>, headers: HeaderMap) -> Response {
    let config = &state.config.cors;
    let mut response = StatusCode::NO_CONTENT.into_response();
    for (name, value) in config.headers.preflight() {
        // The configuration holds names of headers alone, so this does not fail.
        if let Ok(value) = HeaderValue::from_str(value) {
            let name = HeaderName::from_static(name);
            response.headers_mut().insert(name, value);
        }
    }
    allow(response.headers_mut(), config, headers.get(header::ORIGIN));
    response
}

/// The layer around routes beside GraphQL that pages may read.
pub async fn readable(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let mut response = next.run(request).await;
    allow(response.headers_mut(), &state.config.cors, origin.as_ref());
    response
}

/// Adds the headers that let a page of `origin` read the answer, if the configuration allows it.
pub(crate) fn allow(headers: &mut HeaderMap, config: &CorsConfig, origin: Option<&HeaderValue>) {
    headers.append(header::VARY, VARY);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    let origin = origin.and_then(|origin| origin.to_str().ok());
    if let Some(allowed) = config.sites.allow(origin)
        && let Ok(allowed) = HeaderValue::from_str(allowed)
    {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
    }
}
