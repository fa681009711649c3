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
    /// There may have been more rows than were looked at.
    is_cut: bool,
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
    /// A look that began at `began`, and then saw the rows `pending`, of `at_most` it asked for.
    pub fn new(began: Moment, pending: impl IntoIterator<Item = i64>, at_most: usize) -> Self {
        let pending: HashSet<i64> = pending.into_iter().collect();
        Self {
            is_cut: pending.len() >= at_most,
            pending,
            began,
        }
    }

    /// What this look says after the one before it; without one, that is the default.
    pub fn after(&self, before: &Self) -> Outbox {
        if self.pending.is_empty() {
            return Outbox::Moving(self.began);
        }
        let is_first = before.began == Moment::default();
        // What was not looked at then may be what is pending now.
        if is_first || before.is_cut || !self.pending.is_disjoint(&before.pending) {
            return Outbox::Stuck;
        }
        // All that was pending then has left, and what leaves was appended before.
        Outbox::Moving(before.began)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(at_ms: u64, pending: &[i64]) -> Look {
        Look::new(moment(at_ms), pending.iter().copied(), 3)
    }

    const fn moment(at_ms: u64) -> Moment {
        Moment {
            steady_ms: at_ms,
            wall_ms: at_ms,
        }
    }

    #[test]
    fn rows_that_left_are_in_the_log_and_rows_that_stay_are_stuck() {
        let moving = |at_ms| Outbox::Moving(moment(at_ms));
        let table: [(&[i64], &[i64], Outbox); 6] = [
            (&[], &[], moving(2)),
            (&[1, 2, 3], &[], moving(2)),
            (&[], &[1], moving(1)),
            (&[1], &[2], moving(1)),
            (&[1, 2], &[2, 3], Outbox::Stuck),
            // The fourth row was there at the first look, which did not see it.
            (&[1, 2, 3], &[4], Outbox::Stuck),
        ];
        for (before, now, expected) in table {
            assert_eq!(
                look(2, now).after(&look(1, before)),
                expected,
                "{before:?} {now:?}"
            );
        }
    }

    #[test]
    fn what_lies_there_at_the_first_look_may_lie_there_for_long() {
        assert_eq!(look(1, &[1]).after(&Look::default()), Outbox::Stuck);
        assert_eq!(
            look(1, &[]).after(&Look::default()),
            Outbox::Moving(moment(1))
        );
    }
}
