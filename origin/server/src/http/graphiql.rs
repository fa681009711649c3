//! `GET /graphiql`: a page on which developers try documents.

use async_graphql::http::GraphiQLSource;
use axum::response::{Html, IntoResponse};
use http::header::CONTENT_SECURITY_POLICY;

/// The page, which sends its requests to `/graphql`.
pub(crate) async fn page() -> impl IntoResponse {
    let page = GraphiQLSource::build().endpoint("/graphql").finish();
    // Not stricter, because the page loads GraphiQL's scripts from another origin.
    (
        [(CONTENT_SECURITY_POLICY, "frame-ancestors 'none'")],
        Html(page),
    )
}
