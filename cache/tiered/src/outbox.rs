//! What waits in the outbox, and what may be said of the log meanwhile.
//!
//! A copy that has every record of the log is not complete while a committed write is not in the
//! log yet. So each question to the log looks into the outbox first.

use std::collections::HashSet;

use crate::clock::Moment;

/// What one question to the log saw in the outbox.
#[derive(Debug, Default)]
pub struct Look {
    pending: HashSet<i64>,
    began: Moment,
}

/// What two looks in a row say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outbox {
    /// Writers move their rows: every write that was committed before this moment is in the log.
    Moving(Moment),
    /// There are rows that nobody moves: their writer crashed, or could not reach the log.
    Stuck,
}

impl Look {
    /// A look that began at `began`, and then saw the rows `pending`.
    pub fn new(began: Moment, pending: impl IntoIterator<Item = i64>) -> Self {
        Self {
            pending: pending.into_iter().collect(),
            began,
        }
    }

    /// What this look says after the one before it; without one, that is the default.
    pub fn after(&self, before: &Self) -> Outbox {
        if self.pending.is_empty() {
            return Outbox::Moving(self.began);
        }
        let is_first = before.began == Moment::default();
        if is_first || !self.pending.is_disjoint(&before.pending) {
            return Outbox::Stuck;
        }
        // All that was pending then has left, and what leaves was appended before.
        Outbox::Moving(before.began)
    }
}
