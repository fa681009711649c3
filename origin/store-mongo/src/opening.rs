//! How long an opening goes on, and how it fails.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// Why a database was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another try may succeed.
    #[error("MongoDB at {at} cannot be reached: {why}")]
    Unreachable { at: String, why: String },
    /// Another try fails alike: wrong credentials, wrong settings, a server that is too old.
    #[error("MongoDB at {at} refuses the connection: {why}")]
    Refused { at: String, why: String },
    #[error("stopped while waiting for MongoDB")]
    Stopped,
}

impl OpenError {
    pub const fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }
}

/// How long to go on trying.
#[derive(Clone, Debug, Default)]
pub struct Patience {
    /// None is for ever.
    pub limit: Option<Duration>,
    /// Ends it at once.
    pub stop: CancellationToken,
}
