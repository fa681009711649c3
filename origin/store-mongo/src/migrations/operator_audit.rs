//! Step 25: what operators did. `_id` is the entry's number as text; nothing changes or removes one.

use mongodb::bson::doc;

use super::change::Change;

pub(super) fn changes() -> Vec<Change> {
    let schema = doc! {
        "bsonType": "object",
        "required": ["at", "actor", "deed", "reason", "request", "digest"],
        "properties": {
            "_id": {"bsonType": "string"},
            "at": {"bsonType": "date"},
            "actor": {"bsonType": "string"},
            "deed": {"bsonType": "string"},
            "target": {"bsonType": ["string", "null"]},
            "reason": {"bsonType": "string"},
            "request": {"bsonType": "string"},
            "digest": {"bsonType": "string"},
        },
    };
    vec![
        Change::collection("operator_audit", schema),
        Change::index(
            "operator_audit",
            "operatorAuditOfTarget",
            doc! {"target": 1, "_id": -1},
        ),
        Change::index(
            "operator_audit",
            "operatorAuditOfActor",
            doc! {"actor": 1, "_id": -1},
        ),
        // Of a few among all: who administers.
        Change::index("users", "administrators", doc! {"role": 1, "status": 1}),
    ]
}
