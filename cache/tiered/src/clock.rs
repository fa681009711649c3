//! Two clocks: a steady one that never jumps, to decide whether a copy of the log is trusted, and
//! the wall clock, for the ages of entries that servers share.

use std::{fmt, sync::Arc};

use tokio::time::Instant;

/// A moment by both clocks, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Since the clock was created. Never goes back.
    pub steady_ms: u64,
    /// Since the Unix epoch.
    pub wall_ms: u64,
}

/// The source of the current time; clones show the same time.
#[derive(Clone)]
pub struct Clock {
    wall_ms: Arc<dyn Fn() -> u64 + Send + Sync>,
    started: Instant,
}

impl Clock {
    /// A clock whose wall time is `wall_ms` (milliseconds since the Unix epoch). The steady time is
    /// tokio's, so that tests can pause it.
    pub fn new(wall_ms: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self {
            wall_ms: Arc::new(wall_ms),
            started: Instant::now(),
        }
    }

    /// The current time by both clocks.
    pub fn now(&self) -> Moment {
        Moment {
            steady_ms: self.steady_ms(),
            wall_ms: (self.wall_ms)(),
        }
    }

    /// Milliseconds since the clock was created.
    pub fn steady_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
