//! A request's parts, read when they are needed: each one crosses from JavaScript.

use cache_core::Revision;
use edge_core::header;
use js_sys::Uint8Array;
use pq_core::error::Refusal;
use pq_core::request::{GraphqlRequest, MAX_REQUEST_BYTES};
use wasm_bindgen_futures::JsFuture;

use crate::error::EdgeError;

/// A body that is too long is read all the same up to here, so that a client that only reads after
/// it has written gets to see why it was refused.
pub(crate) const FORGOTTEN_BYTES: usize = 8 * 1024 * 1024;

/// A request as it came in.
pub(crate) struct Incoming {
    pub(crate) raw: web_sys::Request,
    pub(crate) method: String,
    url: String,
    path: std::ops::Range<usize>,
    query: Option<std::ops::Range<usize>>,
}

impl Incoming {
    pub(crate) fn new(raw: web_sys::Request) -> Self {
        let url = raw.url();
        // The runtime gives an absolute, normalised URL: scheme://authority/path?query
        let after_scheme = url.find("://").map_or(0, |at| at + 3);
        let start = url[after_scheme..]
            .find('/')
            .map_or(url.len(), |at| after_scheme + at);
        let end = url.find('#').unwrap_or(url.len());
        let mark = url[start..end].find('?').map(|at| start + at);
        let path = start..mark.unwrap_or(end);
        let query = mark.map(|mark| mark + 1..end);
        Self {
            method: raw.method(),
            url,
            path,
            query,
            raw,
        }
    }

    pub(crate) fn path(&self) -> &str {
        &self.url[self.path.clone()]
    }

    pub(crate) fn query(&self) -> Option<&str> {
        self.query.clone().map(|query| &self.url[query])
    }

    /// The path and query, as the origin is to see them.
    pub(crate) fn path_and_query(&self) -> &str {
        &self.url[self.path.start..self.query.as_ref().map_or(self.path.end, |query| query.end)]
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.raw.headers().get(name).ok().flatten()
    }

    /// The revision that the client wants to see; what is no number is not one.
    pub(crate) fn min_revision(&self) -> Option<Revision> {
        self.header(header::MIN_REVISION)?
            .parse()
            .ok()
            .map(Revision)
    }

    /// What `Content-Length` says.
    pub(crate) fn announced_bytes(&self) -> Option<usize> {
        self.header("content-length")?.parse().ok()
    }

    /// The body; refused when it is longer than may be.
    pub(crate) async fn body(&self) -> Result<Vec<u8>, EdgeError> {
        if self
            .announced_bytes()
            .is_some_and(|length| length > FORGOTTEN_BYTES)
        {
            return too_large();
        }
        let buffer = JsFuture::from(self.raw.array_buffer()?).await?;
        let bytes = Uint8Array::new(&buffer);
        if bytes.length() as usize > MAX_REQUEST_BYTES {
            return too_large();
        }
        Ok(bytes.to_vec())
    }
}

fn too_large<T>() -> Result<T, EdgeError> {
    GraphqlRequest::too_large::<T>().map_err(|refusal: Refusal| refusal.into())
}
