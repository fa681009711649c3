//! Errors of a store, the same for every backend.

use std::error::Error;

/// Why a store operation failed. None of it is safe to show to a client.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database, its driver or the network failed; the backend's own error is the source.
    #[error("the database failed")]
    Backend(#[source] Box<dyn Error + Send + Sync>),
    /// Another row has this value, which must be unique, such as an e-mail address.
    #[error("another row already has a value that must be unique")]
    Duplicate(#[source] Box<dyn Error + Send + Sync>),
    /// Something took longer than its caller may wait, or somebody else holds it; the text says
    /// what.
    #[error("{0}")]
    Busy(String),
    /// A concurrent write changed what this one had read; nothing was written.
    #[error("{0} was changed by another write")]
    Conflict(&'static str),
    /// Others wrote the same again and again, or the database had too much to do. Nothing was written.
    #[error("the database gave up")]
    Overloaded(#[source] Box<dyn Error + Send + Sync>),
    /// A time limit has passed. Nothing was written, or it is safe to write it again.
    #[error("the database took too long")]
    TimedOut(#[source] Box<dyn Error + Send + Sync>),
    /// The database did not say whether it committed. What is written again must be safe to write
    /// twice.
    #[error("it is unknown whether the database committed")]
    OutcomeUnknown(#[source] Box<dyn Error + Send + Sync>),
    #[error("the database task panicked or was cancelled")]
    Interrupted,
    #[error("stored {what} cannot be read: {detail}")]
    Corrupt { what: &'static str, detail: String },
    #[error("the cursor belongs to a list with another order")]
    ForeignCursor,
}

impl StoreError {
    /// Wraps a backend's own error.
    pub fn backend(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Backend(Box::new(error))
    }

    /// Stored data that does not parse; `what` is its name.
    pub fn corrupt(what: &'static str, detail: &impl ToString) -> Self {
        Self::Corrupt {
            what,
            detail: detail.to_string(),
        }
    }
}
