//! The observable state of a relay.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use edge_core::{
    tally::{Row, Tally},
    usage::{Usage, UsageRow},
};
use reqwest::Url;

use super::shown;

/// The state of a relay, as health checks and metrics read it.
#[derive(Debug)]
pub struct RelayStatus {
    edge: String,
    connected: AtomicBool,
    confirmed_at_ms: AtomicU64,
    /// What became of requests at the edge, as far as this process has taken it.
    tally: Mutex<Tally>,
    /// Who asked for which document there, as far as this process has taken it and not stored it.
    usage: Mutex<Usage>,
}

impl RelayStatus {
    /// The state of a relay to this edge that has not started.
    pub fn new(edge: &Url) -> Self {
        Self {
            edge: shown(edge),
            connected: AtomicBool::new(false),
            confirmed_at_ms: AtomicU64::new(0),
            tally: Mutex::default(),
            usage: Mutex::default(),
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

    /// What became of requests at the edge since this process began. Other processes that relay to it
    /// have the rest.
    pub fn tally(&self) -> Vec<Row> {
        self.locked().rows().collect()
    }

    pub fn count(&self, rows: &[Row]) {
        self.locked().add(rows);
    }

    /// Adds what the edge counted.
    pub fn add_usage(&self, rows: &[UsageRow]) {
        let mut usage = self.usage.lock().unwrap_or_else(PoisonError::into_inner);
        usage.add(rows);
    }

    /// What the edge counted since this was last asked.
    pub fn take_usage(&self, now_ms: u64) -> Vec<UsageRow> {
        let mut usage = self.usage.lock().unwrap_or_else(PoisonError::into_inner);
        usage.take(now_ms)
    }

    fn locked(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn tried(&self, taken: bool) {
        self.connected.store(taken, Ordering::Relaxed);
    }

    pub fn confirmed(&self, at_ms: u64) {
        self.confirmed_at_ms.store(at_ms, Ordering::Relaxed);
    }
}
