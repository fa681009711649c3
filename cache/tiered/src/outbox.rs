//! Reads the outbox to find out up to which moment the purge log is complete.
//!
//! While the purge of a committed write is still in the outbox, even a copy with every record of the
//! log is not complete. So each check of the log reads the outbox first.

use std::collections::HashSet;

use crate::clock::Moment;

/// The rows that one check of the log saw in the outbox.
#[derive(Debug, Default)]
pub struct Look {
    pending: HashSet<i64>,
    /// There may have been more rows than were read.
    is_cut: bool,
    began: Moment,
}

/// The state of the outbox, found by comparing two consecutive looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outbox {
    /// Writers move their rows into the log: every write that was committed before this moment is in
    /// the log.
    Moving(Moment),
    /// Some rows are not moved: their writer crashed, or could not reach the log.
    Stuck,
}

impl Look {
    /// A look that began at `began`, asked for at most `at_most` rows, and found `pending`.
    pub fn new(began: Moment, pending: impl IntoIterator<Item = i64>, at_most: usize) -> Self {
        let pending: HashSet<i64> = pending.into_iter().collect();
        Self {
            is_cut: pending.len() >= at_most,
            pending,
            began,
        }
    }

    /// Compares this look with the one `before` it; pass the default if there was none.
    pub fn after(&self, before: &Self) -> Outbox {
        if self.pending.is_empty() {
            return Outbox::Moving(self.began);
        }
        let is_first = before.began == Moment::default();
        // Ids are in no order. A row that is pending now may already have been there, beyond the rows
        // that were read; and one that was there may be beyond those that were read now.
        let may_hide_one = before.is_cut || (self.is_cut && !before.pending.is_empty());
        if is_first || may_hide_one || !self.pending.is_disjoint(&before.pending) {
            return Outbox::Stuck;
        }
        // Every row of the look before has left, and rows leave only after they were appended.
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
        let table: [(&[i64], &[i64], Outbox); 8] = [
            (&[], &[], moving(2)),
            (&[1, 2, 3], &[], moving(2)),
            (&[], &[1], moving(1)),
            (&[1], &[2], moving(1)),
            (&[1, 2], &[2, 3], Outbox::Stuck),
            // The fourth row was there at the first look, which did not see it.
            (&[1, 2, 3], &[4], Outbox::Stuck),
            // The first row may still be there: only three are read.
            (&[9], &[2, 3, 4], Outbox::Stuck),
            (&[], &[2, 3, 4], moving(1)),
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
    fn a_row_seen_at_the_first_look_may_have_been_there_for_long() {
        assert_eq!(look(1, &[1]).after(&Look::default()), Outbox::Stuck);
        assert_eq!(
            look(1, &[]).after(&Look::default()),
            Outbox::Moving(moment(1))
        );
    }
}
