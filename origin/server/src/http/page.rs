//! A page whose files are in the program, so that it works without a network.

use axum::{Router, response::Html, routing::get};
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};

/// A file that a page loads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct File {
    name: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
}

impl File {
    pub(crate) const fn javascript(name: &'static str, bytes: &'static [u8]) -> Self {
        let kind = "text/javascript; charset=utf-8";
        Self { name, kind, bytes }
    }

    pub(crate) const fn css(name: &'static str, bytes: &'static [u8]) -> Self {
        let kind = "text/css; charset=utf-8";
        Self { name, kind, bytes }
    }
}

/// The page at `path` with its content security policy, and its files below it.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(
    path: &str,
    page: &'static str,
    policy: &'static str,
    files: impl IntoIterator<Item = File>,
) -> Router<S> {
    let page = async move || ([(CONTENT_SECURITY_POLICY, policy)], Html(page));
    let routes = Router::new().route(path, get(page));
    files.into_iter().fold(routes, |routes, file| {
        let File { name, kind, bytes } = file;
        let file = async move || ([(CONTENT_TYPE, kind)], bytes);
        routes.route(&format!("{path}/{name}"), get(file))
    })
}
