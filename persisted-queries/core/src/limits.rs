//! All limits on the size of requests and documents.
//!
//! The limits on documents apply when a document is published and when a client sends an unpublished
//! one. The clients' own documents are far below them; `pq build` prints their cost and depth.

use std::time::Duration;

/// The longest body, and the longest query string, that is read, in bytes.
pub const REQUEST_BYTES: usize = 128 * 1024;

/// The longest file that a client sends to the origin through the edge, in bytes.
pub const UPLOAD_BYTES: usize = 10 * 1024 * 1024;

/// The encodings of a body that are decoded. Brotli is not among them: its dictionary of 120 KiB is
/// too large for the edge, and clients that pack requests use gzip.
pub const REQUEST_ENCODINGS: &str = "gzip, deflate";

/// How long a request may take at the origin, from the first byte of its body to its answer. The
/// edge waits one second longer.
pub const EXECUTION: Duration = Duration::from_secs(10);

/// The most that a document may have of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentLimits {
    /// Tokens, including white space and comments. The parser stops there.
    pub tokens: u64,
    /// Levels of nested fields, because types that refer to each other allow any depth.
    pub depth: u64,
    /// Fields. Those of a fragment count at each spread, because fragments that spread fragments
    /// grow exponentially.
    pub fields: u64,
    /// Aliases, counted in the same way; they allow to select the same field many times.
    pub aliases: u64,
    /// Directives, counted in the same way.
    pub directives: u64,
    /// Fields of the answer; those in a list count once per item, as many as its `first` asks for.
    pub cost: u64,
}

/// The limits on documents.
pub const DOCUMENT: DocumentLimits = DocumentLimits {
    tokens: 5_000,
    depth: 16,
    fields: 1_000,
    aliases: 30,
    directives: 50,
    cost: 10_000,
};

/// A document exceeds a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the document has more than {limit} {what}")]
pub struct TooMuch {
    /// What the document has too many of, in the plural.
    pub what: &'static str,
    /// The limit.
    pub limit: u64,
}

impl TooMuch {
    /// Checks that `found` is not greater than `limit`.
    ///
    /// # Errors
    /// [`TooMuch`] if it is.
    pub fn check(what: &'static str, found: u64, limit: u64) -> Result<(), Self> {
        if found > limit {
            Err(Self { what, limit })
        } else {
            Ok(())
        }
    }
}
