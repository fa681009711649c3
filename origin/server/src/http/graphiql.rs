//! `GET /graphiql`: a page to try documents on, for developers.

use async_graphql::http::GraphiQLSource;
use axum::response::{Html, IntoResponse};
use http::header::CONTENT_SECURITY_POLICY;

/// The page; it asks `/graphql` beside it.
pub(crate) async fn page() -> impl IntoResponse {
    let page = GraphiQLSource::build().endpoint("/graphql").finish();
    // It loads its scripts from where GraphiQL is published.
    (
        [(CONTENT_SECURITY_POLICY, "frame-ancestors 'none'")],
        Html(page),
    )
}
