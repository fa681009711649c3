//! The observable state of a relay.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use reqwest::Url;

use super::shown;

/// The state of a relay, as health checks and metrics read it.
#[derive(Debug)]
pub struct RelayStatus {
    edge: String,
    connected: AtomicBool,
    confirmed_at_ms: AtomicU64,
}

impl RelayStatus {
    /// The state of a relay to this edge that has not started.
    pub fn new(edge: &Url) -> Self {
        Self {
            edge: shown(edge),
            connected: AtomicBool::new(false),
            confirmed_at_ms: AtomicU64::new(0),
        }
    }

    /// The edge's name.
    pub fn edge(&self) -> &str {
        &self.edge
    }

    /// Whether the edge accepted the last append.
    pub fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }

    /// The time as of which the edge last confirmed that its log was complete, in milliseconds
    /// since the Unix epoch; 0 means never.
    pub fn confirmed_at_ms(&self) -> u64 {
        self.confirmed_at_ms.load(Ordering::Relaxed)
    }

    pub fn tried(&self, taken: bool) {
        self.connected.store(taken, Ordering::Relaxed);
    }

    pub fn confirmed(&self, at_ms: u64) {
        self.confirmed_at_ms.store(at_ms, Ordering::Relaxed);
    }
}
