//! Step 3: the counters begin. Those who take the first number at once must not also make the counter.

use mongodb::bson::doc;

use super::change::Change;
use crate::counters::{AUDIT, COUNTERS, OUTBOX};

pub(super) fn changes() -> Vec<Change> {
    let begins = |name| Change::Document {
        collection: COUNTERS,
        document: doc! {"_id": name, "value": 0_i64},
    };
    [OUTBOX, AUDIT].map(begins).to_vec()
}
