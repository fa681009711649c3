//! How large anything may be: the one place with the numbers.
//!
//! Those of documents hold for every document, when it is published and when it is sent; the clients'
//! own are far below them, see `pq build`.

use std::time::Duration;

/// The most bytes of a body, or of a query string, that are read.
pub const REQUEST_BYTES: usize = 128 * 1024;

/// From the first byte of the body to the answer. The edge waits a second longer.
pub const EXECUTION: Duration = Duration::from_secs(10);

/// What a document may have. A request has one document: batches are not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentLimits {
    /// Tokens, spaces and comments among them. No more are read.
    pub tokens: u64,
    /// Fields within fields: a chain of partner → offers → partner has no end.
    pub depth: u64,
    /// Fields, with those of a fragment counted wherever it is spread: spreads of spreads grow
    /// exponentially.
    pub fields: u64,
    /// Fields under another name, counted likewise: the same field a hundred times.
    pub aliases: u64,
    /// Directives, counted likewise.
    pub directives: u64,
    /// Fields of the answer: those in a list once per item, as many as its `first` asks for.
    pub cost: u64,
}

/// What documents may have here.
pub const DOCUMENT: DocumentLimits = DocumentLimits {
    tokens: 5_000,
    depth: 16,
    fields: 1_000,
    aliases: 30,
    directives: 50,
    cost: 10_000,
};

/// Something of which a document has too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the document has more than {limit} {what}")]
pub struct TooMuch {
    /// In the plural.
    pub what: &'static str,
    /// How much there may be.
    pub limit: u64,
}

impl TooMuch {
    /// Whether there is too much of something.
    ///
    /// # Errors
    /// Says of what, if there is.
    pub fn check(what: &'static str, found: u64, limit: u64) -> Result<(), Self> {
        if found > limit {
            Err(Self { what, limit })
        } else {
            Ok(())
        }
    }
}
