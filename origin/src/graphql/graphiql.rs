//! `GET /graphiql`: a page to try documents on, for developers.

use async_graphql::http::GraphiQLSource;
use axum::response::Html;

/// The page; it asks `/graphql` beside it.
pub(crate) async fn page() -> Html<String> {
    Html(GraphiQLSource::build().endpoint("/graphql").finish())
}
