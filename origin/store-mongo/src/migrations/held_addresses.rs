//! Step 31: the addresses that codes hold for their accounts.

use mongodb::bson::doc;

use super::change::Change;

pub(super) fn changes() -> Vec<Change> {
    vec![Change::index_with(
        "codes",
        "holdsEmail",
        doc! {"holdsEmail": 1},
        doc! {"sparse": true},
    )]
}
