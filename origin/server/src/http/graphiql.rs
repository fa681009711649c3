//! `GET /graphiql`: a page on which developers try documents. Its files are in the program, so that it
//! works without a network.

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};

/// GraphiQL writes styles into its elements and has its fonts in its style sheet.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    font-src data:; img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

const PAGE: &str = include_str!("../../assets/graphiql/index.html");

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";

/// What `assets/graphiql` has: each file's name, type and bytes.
macro_rules! files {
    ($($name:literal: $kind:expr),* $(,)?) => {
        [$(($name, $kind, include_bytes!(concat!("../../assets/graphiql/", $name)).as_slice())),*]
    };
}

const FILES: [(&str, &str, &[u8]); 6] = files! {
    "page.js": JAVASCRIPT,
    "page.css": CSS,
    "graphiql.min.js": JAVASCRIPT,
    "graphiql.min.css": CSS,
    "react.production.min.js": JAVASCRIPT,
    "react-dom.production.min.js": JAVASCRIPT,
};

/// The page, which sends its requests to `/graphql`, and its files.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let page = async || ([(CONTENT_SECURITY_POLICY, POLICY)], Html(PAGE));
    let routes = Router::new().route("/graphiql", get(page));
    FILES
        .into_iter()
        .fold(routes, |routes, (name, kind, bytes)| {
            let file = async move || ([(CONTENT_TYPE, kind)], bytes);
            routes.route(&format!("/graphiql/{name}"), get(file))
        })
}
