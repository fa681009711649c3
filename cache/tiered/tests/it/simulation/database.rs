//! The simulated database: values with versions, the outbox, and the register of logs.

use std::collections::{BTreeMap, HashSet};

use cache_core::{LogId, PurgeKind, Revision};

/// The number of values in the database.
pub(super) const KEYS: usize = 4;
/// How many rows of the outbox are read at once; few, so that often some are left.
pub(super) const PAGE_ROWS: usize = 3;

/// A row of the outbox.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) key: usize,
    pub(super) version: usize,
    pub(super) kind: PurgeKind,
}

/// All that is committed.
#[derive(Debug, Default)]
pub(super) struct Database {
    /// The version of each value.
    pub(super) values: [usize; KEYS],
    outbox: BTreeMap<i64, Row>,
    rows: i64,
    in_force: Option<LogId>,
    retired: HashSet<LogId>,
}

impl Database {
    /// One transaction: writes new versions of values and the outbox rows with their purges.
    pub(super) fn write(&mut self, keys: &[usize], kind: PurgeKind) -> Vec<Row> {
        let mut rows = Vec::with_capacity(keys.len());
        for key in keys {
            self.values[*key] += 1;
            self.rows += 1;
            let row = Row {
                id: id_of(self.rows),
                key: *key,
                version: self.values[*key],
                kind,
            };
            self.outbox.insert(row.id, row);
            rows.push(row);
        }
        rows
    }

    /// The next rows of the outbox, by their ids.
    pub(super) fn pending(&self, after: i64) -> Vec<Row> {
        let rows = self.outbox.range(after + 1..).map(|(_, row)| *row);
        rows.take(PAGE_ROWS).collect()
    }

    /// The greatest id in the outbox; zero without any.
    pub(super) fn last(&self) -> i64 {
        self.outbox.keys().next_back().copied().unwrap_or(0)
    }

    pub(super) fn outbox_is_empty(&self) -> bool {
        self.outbox.is_empty()
    }

    /// Removes rows whose records are in `log`, if that is in force.
    pub(super) fn take_out(&mut self, log: LogId, rows: &[Row]) -> bool {
        if self.in_force != Some(log) {
            return false;
        }
        for row in rows {
            self.outbox.remove(&row.id);
        }
        true
    }

    pub(super) const fn in_force(&self) -> Option<LogId> {
        self.in_force
    }

    pub(super) fn next_begins_after(&self) -> Revision {
        let logs = self.retired.len() + usize::from(self.in_force.is_some());
        Revision::of_generation(u32::try_from(logs).unwrap_or(u32::MAX))
    }

    /// As the origin's register: a log that was left behind never comes back.
    pub(super) fn put_in_force(&mut self, log: LogId, head: Revision) -> bool {
        if self.in_force == Some(log) {
            return true;
        }
        if self.retired.contains(&log) || head < self.next_begins_after() {
            return false;
        }
        self.retired.extend(self.in_force.replace(log));
        true
    }
}

/// A positive number for each row, in no order: ids say nothing of commits.
const fn id_of(number: i64) -> i64 {
    // An odd factor gives each number below 2^31 another one.
    (number * 0x4F1B_BCDD) % (1 << 31)
}
