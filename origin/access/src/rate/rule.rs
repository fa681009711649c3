//! What is limited, and by how much.

use std::{num::NonZeroU32, time::Duration};

use cache_core::{CacheKey, KeyBuilder};

use super::gcra::Pace;

/// At most `limit` at once and in any `window` on average, for each `key`.
///
/// Whoever has a door to guard makes one: the requests of an address, the log-ins to an account.
#[derive(Clone, Copy, Debug)]
pub struct Rule<'a> {
    /// The policy's name, for clients and metrics: lowercase letters and `-`.
    pub name: &'static str,
    pub limit: NonZeroU32,
    pub window: Duration,
    /// Whom it is counted for. Nobody gets to see it: it is kept as a hash.
    pub key: &'a str,
}

impl Rule<'_> {
    pub fn pace(&self) -> Pace {
        let window_us = u64::try_from(self.window.as_micros()).unwrap_or(u64::MAX);
        Pace::new(self.limit, window_us)
    }

    /// What it is counted under: of one length, however long the key is that a client made up.
    pub fn slot(&self) -> CacheKey {
        KeyBuilder::new()
            .part(self.name.as_bytes())
            .part(self.key.as_bytes())
            .finish()
    }
}
