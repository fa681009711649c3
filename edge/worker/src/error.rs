//! The errors of a request, and which of them clients may see.

use pq_core::error::{ErrorCode, Refusal};
use wasm_bindgen::JsValue;

use crate::console;

/// An error while a request is answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EdgeError {
    /// The request is refused; the client sees why.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The origin did not answer, or its answer cannot be used.
    #[error("the origin failed: {0}")]
    Origin(String),
    /// The platform failed (KV, Durable Object, runtime); the client does not see why.
    #[error("the platform failed: {0}")]
    Platform(String),
}

impl EdgeError {
    /// What failed, as text for [`EdgeError::Origin`], which adds that the origin failed.
    pub(crate) fn into_reason(self) -> String {
        match self {
            Self::Origin(reason) => reason,
            Self::Refused(_) | Self::Platform(_) => self.to_string(),
        }
    }

    /// The refusal that the client receives. Logs the error, unless it is the client's own.
    pub(crate) fn into_refusal(self) -> Refusal {
        match self {
            Self::Refused(refusal) => refusal,
            Self::Origin(_) => {
                console::warn(&self.to_string());
                Refusal::new(
                    ErrorCode::ORIGIN_UNREACHABLE,
                    "the service cannot be reached; try again in a few seconds",
                )
            }
            Self::Platform(_) => {
                console::error(&self.to_string());
                Refusal::new(ErrorCode::INTERNAL, "an internal error occurred")
            }
        }
    }
}

impl From<JsValue> for EdgeError {
    fn from(error: JsValue) -> Self {
        Self::Platform(format!("{error:?}"))
    }
}

impl From<worker::Error> for EdgeError {
    fn from(error: worker::Error) -> Self {
        Self::Platform(error.to_string())
    }
}

impl From<serde_json::Error> for EdgeError {
    fn from(error: serde_json::Error) -> Self {
        Self::Platform(error.to_string())
    }
}
