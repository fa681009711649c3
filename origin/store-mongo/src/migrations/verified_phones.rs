//! Step 7: phone numbers are unique among verified ones only; and what an actor did is found, for
//! the export and the erasure of an account.

use mongodb::bson::doc;

use super::change::Change;

pub(super) fn changes() -> Vec<Change> {
    let verified = doc! {"phoneVerifiedAt": {"$type": "date"}};
    vec![
        // First: some servers do not take two indexes of the same keys.
        Change::NoIndex {
            collection: "users",
            name: "byPhone",
        },
        Change::index_with(
            "users",
            "byVerifiedPhone",
            doc! {"phone": 1},
            doc! {"unique": true, "partialFilterExpression": verified},
        ),
        Change::index("purge_audit", "byActor", doc! {"actor": 1, "id": -1}),
    ]
}
