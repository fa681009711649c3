//! Step 14: product events have a lane of the queue.

use super::{change::Change, queue};

pub(super) fn changes() -> Vec<Change> {
    vec![Change::Validator {
        collection: "queue",
        schema: queue::schema(&["codes", "notices", "campaigns", "events"]),
    }]
}
