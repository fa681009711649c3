//! The data centre's cache, in which isolates share what they read from the Durable Object.

use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use worker::{Cache, Response};

use crate::error::EdgeError;

/// What was read from the object, and the URL under which the data centre's cache keeps it.
pub(crate) struct Read {
    pub(super) address: String,
    pub(super) text: String,
}

impl Read {
    /// Stores it for other isolates in this data centre. A failure only costs speed.
    pub(super) async fn keep(&self, max_age_s: u32) {
        if let Err(error) = self.try_keep(max_age_s).await {
            console_warn(&error);
        }
    }

    async fn try_keep(&self, max_age_s: u32) -> Result<(), EdgeError> {
        let mut response = Response::ok(self.text.as_str())?;
        let policy = format!("public, max-age={max_age_s}");
        response.headers_mut().set("cache-control", &policy)?;
        Ok(Cache::default()
            .put(self.address.as_str(), response)
            .await?)
    }
}

/// What the data centre's cache has under a URL; `None` also when it fails or cannot be decoded.
pub(super) async fn kept<T: DeserializeOwned>(address: &str) -> Option<T> {
    let mut response = Cache::default().get(address, false).await.ok()??;
    response.json().await.ok()
}

pub(super) fn console_warn(error: &EdgeError) {
    web_sys::console::warn_1(&JsValue::from_str(&format!(
        "cannot refresh the purge log: {error}"
    )));
}
