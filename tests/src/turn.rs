//! Who runs beside whom: a test that loads the machine for a minute runs alone, because the others
//! measure times.

use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

static TURN: RwLock<()> = RwLock::const_new(());

/// Kept for as long as a test runs.
#[derive(Debug)]
pub(crate) enum Turn {
    /// Beside others.
    Together {
        _guard: RwLockReadGuard<'static, ()>,
    },
    /// While nobody else does.
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
