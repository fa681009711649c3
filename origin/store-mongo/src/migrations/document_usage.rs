//! How often clients asked for documents, by day. `_id` is day, document, client and version.

use mongodb::bson::doc;

use super::change::Change;

pub(super) fn changes() -> Vec<Change> {
    let schema = doc! {
        "bsonType": "object",
        "required": ["day", "document", "client", "version", "requests"],
        "properties": {
            "_id": {"bsonType": "string"},
            "day": {"bsonType": "string"},
            "document": {"bsonType": "string"},
            "client": {"bsonType": "string"},
            "version": {"bsonType": "string"},
            "requests": {"bsonType": ["int", "long"], "minimum": 1},
        },
    };
    vec![Change::collection("document_usage", schema)]
}
