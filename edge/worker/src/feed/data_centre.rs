//! The data centre's cache, in which isolates share what they read from the Durable Object. Without it
//! each isolate asks the object itself.

use std::cell::Cell;

use serde::de::DeserializeOwned;
use worker::{Cache, Response};

use crate::clock::{now_ms, within};
use crate::console;
use crate::error::EdgeError;

/// How long a read may take, in milliseconds.
const READ_MS: u64 = 100;
/// How long a write may take, in milliseconds. No answer waits for it.
const WRITE_MS: u64 = 1_000;
/// For how long it is not read after a read failed, in milliseconds.
const REST_MS: u64 = 1_000;

/// What the isolate remembers of the data centre's cache.
#[derive(Default)]
pub(crate) struct DataCentre {
    /// Until when it is not read because a read failed, in milliseconds since the Unix epoch.
    rests_until_ms: Cell<u64>,
}

/// What was read from the object, and the URL under which the data centre's cache keeps it.
pub(crate) struct Read {
    pub(super) address: String,
    pub(super) text: String,
}

impl Read {
    /// Stores it for other isolates in this data centre. A failure only costs speed.
    pub(super) async fn keep(&self, max_age_s: u32) {
        match within(WRITE_MS, self.try_keep(max_age_s)).await {
            Some(Ok(())) | None => {}
            Some(Err(error)) => console_warn(&error),
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

impl DataCentre {
    /// What it has under a URL; `None` also when it fails, takes too long, or holds something else.
    pub(super) async fn kept<T: DeserializeOwned>(&self, address: &str) -> Option<T> {
        if now_ms() < self.rests_until_ms.get() {
            return None;
        }
        let Some(Ok(found)) = within(READ_MS, text_at(address)).await else {
            self.rests_until_ms.set(now_ms() + REST_MS);
            return None;
        };
        serde_json::from_str(&found?).ok()
    }
}

/// Not decoded here: what is not JSON is no failure of the cache.
async fn text_at(address: &str) -> Result<Option<String>, EdgeError> {
    let Some(mut response) = Cache::default().get(address, false).await? else {
        return Ok(None);
    };
    Ok(Some(response.text().await?))
}

pub(super) fn console_warn(error: &EdgeError) {
    console::warn(&format!("cannot refresh the purge log: {error}"));
}
