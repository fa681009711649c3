//! What an isolate remembers of how the log could be read.

use std::cell::Cell;

use super::data_centre::DataCentre;
use crate::clock::now_ms;

/// What the isolate remembers of how the log could be read.
#[derive(Default)]
pub(crate) struct Sources {
    /// When the object last failed, in milliseconds since the Unix epoch; `None` when it answered since.
    pub(super) failed_at_ms: Cell<Option<u64>>,
    pub(super) data_centre: DataCentre,
}

impl Sources {
    /// Notes that the object failed now.
    pub(super) fn failed(&self) {
        self.failed_at_ms.set(Some(now_ms()));
    }
}
