//! Step 10: up to where it was told that offers began or ended.

use mongodb::bson::doc;

use super::change::Change;

pub(super) fn changes() -> Vec<Change> {
    vec![Change::collection(
        "turns_told",
        doc! {"bsonType": "object", "required": ["at", "offerId"]},
    )]
}
