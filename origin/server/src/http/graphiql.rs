//! `GET /graphiql`: a page on which developers try documents. Its files are in the program, so that it
//! works without a network.

use axum::Router;

use super::page::{self, File};

/// GraphiQL writes styles into its elements and has its fonts in its style sheet.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    font-src data:; img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

const PAGE: &str = include_str!("../../assets/graphiql/index.html");

/// What `assets/graphiql` has.
macro_rules! file {
    ($kind:ident, $name:literal) => {
        File::$kind(
            $name,
            include_bytes!(concat!("../../assets/graphiql/", $name)),
        )
    };
}

const FILES: [File; 6] = [
    file!(javascript, "page.js"),
    file!(css, "page.css"),
    file!(javascript, "graphiql.min.js"),
    file!(css, "graphiql.min.css"),
    file!(javascript, "react.production.min.js"),
    file!(javascript, "react-dom.production.min.js"),
];

/// The page, which sends its requests to `/graphql`, and its files.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    page::routes("/graphiql", PAGE, POLICY, FILES)
}
