//! Step 15: texts of messages that administrators changed. `_id` is kind, language and part. Without a
//! source the program's is used again; the document stays, and its version goes on growing.

use mongodb::bson::doc;

use super::change::Change;

pub(super) fn changes() -> Vec<Change> {
    let schema = doc! {
        "bsonType": "object",
        "required": ["kind", "language", "part", "source", "version", "changedAt"],
        "properties": {
            "_id": {"bsonType": "string"},
            "kind": {"bsonType": "string"},
            "language": {"bsonType": "string"},
            "part": {"bsonType": "string"},
            "source": {"bsonType": ["string", "null"]},
            "version": {"bsonType": ["int", "long"], "minimum": 1},
            "changedAt": {"bsonType": "date"},
        },
    };
    vec![Change::collection("templates", schema)]
}
