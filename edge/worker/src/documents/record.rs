//! What an isolate knows of a document: its record, or that it is not published.

use std::rc::Rc;

use cache_core::AsOf;
use pq_core::Operation;

/// A published document in memory.
#[derive(Clone)]
pub(crate) struct Known {
    pub(super) operation: Rc<Operation>,
    pub(super) as_of: AsOf,
    /// When the origin was last asked about it, in milliseconds since the Unix epoch; 0 when this
    /// isolate has not asked yet.
    pub(super) checked_at_ms: u64,
}

/// The origin's answer to the question whether a document is published.
#[derive(Clone)]
pub(crate) enum OriginReply {
    Published(Known),
    NotPublished,
    /// The origin failed; the text says how.
    Failed(Rc<str>),
}
