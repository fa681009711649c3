//! Two clocks: one that never jumps, for trust, and the wall clock, for ages that servers share.

use std::{fmt, sync::Arc};

use tokio::time::Instant;

/// A moment by both clocks, milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Since this clock was made. Never goes back.
    pub steady_ms: u64,
    /// Since the epoch.
    pub wall_ms: u64,
}

/// Where `now` comes from; clones agree.
#[derive(Clone)]
pub struct Clock {
    wall_ms: Arc<dyn Fn() -> u64 + Send + Sync>,
    started: Instant,
}

impl Clock {
    /// A clock whose wall clock is `wall_ms` (milliseconds since the epoch). The steady one is
    /// tokio's, so that tests can stop it.
    pub fn new(wall_ms: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self {
            wall_ms: Arc::new(wall_ms),
            // Not zero: the age of what was never confirmed is the age of the clock at least.
            started: Instant::now(),
        }
    }

    /// Now, by both.
    pub fn now(&self) -> Moment {
        Moment {
            steady_ms: self.steady_ms(),
            wall_ms: (self.wall_ms)(),
        }
    }

    /// Milliseconds since this clock was made.
    pub fn steady_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
