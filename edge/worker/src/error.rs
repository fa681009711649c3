//! What can go wrong, and what of it may be shown.

use pq_core::error::{ErrorCode, Refusal};
use wasm_bindgen::JsValue;

/// An error on the way of a request.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EdgeError {
    /// The client's doing: shown as it is.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The origin did not answer, or not usefully.
    #[error("the origin: {0}")]
    Origin(String),
    /// The platform's doing: logged, not shown.
    #[error("the platform: {0}")]
    Platform(String),
}

impl EdgeError {
    /// The refusal to answer with; what is not the client's doing is logged here, once.
    pub(crate) fn into_refusal(self) -> Refusal {
        match self {
            Self::Refused(refusal) => refusal,
            Self::Origin(_) => {
                web_sys::console::warn_1(&JsValue::from_str(&self.to_string()));
                Refusal::new(
                    ErrorCode::OriginUnreachable,
                    "the service cannot be reached; try again in a few seconds",
                )
            }
            Self::Platform(_) => {
                web_sys::console::error_1(&JsValue::from_str(&self.to_string()));
                Refusal::new(ErrorCode::Internal, "an internal error")
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
