//! Tells work on another thread to end early.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crate::Refused;

/// Clones share it. Looked at between the steps of `process`, and by the encoder within its own;
/// decoding and scaling cannot be interrupted.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn check(&self) -> Result<(), Refused> {
        if self.0.load(Ordering::Relaxed) {
            Err(Refused::Stopped)
        } else {
            Ok(())
        }
    }
}

impl webpx::Stop for Stop {
    fn check(&self) -> Result<(), webpx::StopReason> {
        Self::check(self).map_err(|_| webpx::StopReason::Cancelled)
    }
}
