//! A rate limit rule: what is limited, and by how much.

use std::{num::NonZeroU32, time::Duration};

use cache_core::{CacheKey, KeyBuilder};

use super::gcra::Pace;

/// Allows at most `limit` requests in a burst, and `limit` per `window` on average, for each `key`.
///
/// The code that protects an operation makes the rule: requests per address, logins per account.
#[derive(Clone, Copy, Debug)]
pub struct Rule<'a> {
    /// The policy's name in headers and metrics: lowercase letters and `-`.
    pub name: &'static str,
    pub limit: NonZeroU32,
    pub window: Duration,
    /// Whom the request is counted for. Stored only as a hash.
    pub key: &'a str,
}

impl Rule<'_> {
    pub fn pace(&self) -> Pace {
        let window_us = u64::try_from(self.window.as_micros()).unwrap_or(u64::MAX);
        Pace::new(self.limit, window_us)
    }

    /// The key that state is stored under: of fixed length, even if a client chose a long key.
    pub fn slot(&self) -> CacheKey {
        KeyBuilder::new()
            .part(self.name.as_bytes())
            .part(self.key.as_bytes())
            .finish()
    }
}
