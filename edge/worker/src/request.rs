//! An HTTP request. Its parts are read only when they are needed, because each read crosses from
//! JavaScript into wasm.

use std::net::IpAddr;
use std::num::{IntErrorKind, ParseIntError};
use std::thread::LocalKey;

use cache_core::Revision;
use edge_core::header;
use edge_core::usage::{NAME_HEADERS, VERSION_HEADERS};
use futures_util::StreamExt;
use js_sys::{JsString, Uint8Array};
use pq_core::error::{ErrorCode, Refusal};
use pq_core::limits::REQUEST_BYTES;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;

use crate::error::EdgeError;
use crate::waits::Waits;

thread_local! {
    // Kept as JavaScript strings: converting one from wasm costs more than reading the header.
    static ACCEPT: JsString = JsString::from("accept");
    static UPGRADE: JsString = JsString::from("upgrade");
    static IF_NONE_MATCH: JsString = JsString::from("if-none-match");
    static MIN_REVISION: JsString = JsString::from(header::MIN_REVISION);
    static CLIENT_NAMES: [JsString; 2] = NAME_HEADERS.map(JsString::from);
    static CLIENT_VERSIONS: [JsString; 2] = VERSION_HEADERS.map(JsString::from);
}

#[wasm_bindgen]
extern "C" {
    /// `Headers`, read by names that are JavaScript strings already.
    #[wasm_bindgen(js_name = Headers)]
    type Fields;

    #[wasm_bindgen(method, js_class = "Headers")]
    fn get(this: &Fields, name: &JsString) -> Option<String>;
}

/// A body that is too long is still read (and dropped) up to this many bytes: a client that reads
/// only after it has sent everything then sees why it was refused.
pub(crate) const FORGOTTEN_BYTES: usize = 8 * 1024 * 1024;

/// A client's HTTP request.
pub(crate) struct Incoming {
    pub(crate) raw: web_sys::Request,
    pub(crate) method: String,
    pub(crate) accept: Option<String>,
    /// How long it may still wait for the platform.
    pub(crate) waits: Waits,
    fields: Fields,
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
        let fields: Fields = raw.headers().unchecked_into();
        Self {
            method: raw.method(),
            accept: known(&fields, &ACCEPT),
            waits: Waits::default(),
            fields,
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

    /// The path and query, as they are sent to the origin.
    pub(crate) fn path_and_query(&self) -> &str {
        &self.url[self.path.start..self.query.as_ref().map_or(self.path.end, |query| query.end)]
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.raw.headers().get(name).ok().flatten()
    }

    /// The client's IP address. Cloudflare sets this header and overwrites what the client sent.
    pub(crate) fn client_ip(&self) -> Option<IpAddr> {
        self.header("cf-connecting-ip")?.trim().parse().ok()
    }

    /// Whether the client asks to upgrade the connection to WebSocket.
    pub(crate) fn asks_for_websocket(&self) -> bool {
        known(&self.fields, &UPGRADE)
            .is_some_and(|protocol| protocol.eq_ignore_ascii_case("websocket"))
    }

    pub(crate) fn if_none_match(&self) -> Option<String> {
        known(&self.fields, &IF_NONE_MATCH)
    }

    /// The name that the client gives itself.
    pub(crate) fn client_name(&self) -> Option<String> {
        first(&self.fields, &CLIENT_NAMES)
    }

    /// The version that the client says it has.
    pub(crate) fn client_version(&self) -> Option<String> {
        first(&self.fields, &CLIENT_VERSIONS)
    }

    /// The minimum revision that the client demands; `None` also when it is not a number.
    pub(crate) fn min_revision(&self) -> Option<Revision> {
        known(&self.fields, &MIN_REVISION)?
            .parse()
            .ok()
            .map(Revision)
    }

    /// The value of `Content-Length`; `usize::MAX` when it is greater than that.
    pub(crate) fn announced_bytes(&self) -> Option<usize> {
        match self.header("content-length")?.parse() {
            Ok(length) => Some(length),
            Err(error) => {
                let error: ParseIntError = error;
                (*error.kind() == IntErrorKind::PosOverflow).then_some(usize::MAX)
            }
        }
    }

    /// Reads the body; refuses it when it is longer than [`REQUEST_BYTES`].
    pub(crate) async fn body(&self) -> Result<Vec<u8>, EdgeError> {
        self.body_up_to(REQUEST_BYTES).await
    }

    /// Reads the body; refuses it when it is longer than `most_bytes`.
    pub(crate) async fn body_up_to(&self, most_bytes: usize) -> Result<Vec<u8>, EdgeError> {
        match self.announced_bytes() {
            Some(length) if length <= most_bytes => {
                let buffer = JsFuture::from(self.raw.array_buffer()?).await;
                let buffer = buffer.map_err(|_| unreadable())?;
                Ok(Uint8Array::new(&buffer).to_vec())
            }
            Some(length) if length > FORGOTTEN_BYTES => too_large(),
            Some(_) | None => self.body_in_parts(most_bytes).await,
        }
    }

    /// Reads the body in chunks, and keeps at most `most_bytes` of it in memory.
    async fn body_in_parts(&self, most_bytes: usize) -> Result<Vec<u8>, EdgeError> {
        let mut request = worker::Request::from(Clone::clone(&self.raw));
        let mut parts = request.stream()?;
        let mut kept = Vec::new();
        let mut seen_bytes: usize = 0;
        while let Some(part) = parts.next().await {
            let part = part.map_err(|_| unreadable())?;
            seen_bytes = seen_bytes.saturating_add(part.len());
            if seen_bytes <= most_bytes {
                kept.extend_from_slice(&part);
            } else if seen_bytes > FORGOTTEN_BYTES {
                break;
            }
        }
        if seen_bytes > most_bytes {
            return too_large();
        }
        Ok(kept)
    }
}

fn known(fields: &Fields, name: &'static LocalKey<JsString>) -> Option<String> {
    name.with(|name| fields.get(name))
}

fn first(fields: &Fields, names: &'static LocalKey<[JsString; 2]>) -> Option<String> {
    names.with(|names| names.iter().find_map(|name| fields.get(name)))
}

/// The body broke off or is malformed. That is the client's fault, so it is not logged as an error.
fn unreadable() -> Refusal {
    Refusal::new(ErrorCode::INVALID_REQUEST, "the body cannot be read")
}

fn too_large<T>() -> Result<T, EdgeError> {
    Err(Refusal::too_large().into())
}
