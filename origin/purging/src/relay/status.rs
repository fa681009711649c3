//! How a relay does.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use reqwest::Url;

use super::shown;

/// How a relay does, for whoever asks.
#[derive(Debug)]
pub struct RelayStatus {
    edge: String,
    connected: AtomicBool,
    confirmed_at_ms: AtomicU64,
}

impl RelayStatus {
    /// A relay to this edge that has not begun.
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

    /// Whether the last append was taken.
    pub fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }

    /// As of when the edge last took the log to be complete, milliseconds since the epoch; 0 is
    /// never.
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
