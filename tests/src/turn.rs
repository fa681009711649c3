//! Decides which tests may run at the same time. A test that loads the machine for a minute runs
//! alone, because other tests measure times.

use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

static TURN: RwLock<()> = RwLock::const_new(());

/// A test holds it while it runs.
#[derive(Debug)]
pub(crate) enum Turn {
    /// The test runs at the same time as others.
    Together {
        _guard: RwLockReadGuard<'static, ()>,
    },
    /// The test runs alone.
    Alone {
        _guard: RwLockWriteGuard<'static, ()>,
    },
}

impl Turn {
    pub(crate) async fn together() -> Self {
        Self::Together {
            _guard: TURN.read().await,
        }
    }

    pub(crate) async fn alone() -> Self {
        Self::Alone {
            _guard: TURN.write().await,
        }
    }
}
