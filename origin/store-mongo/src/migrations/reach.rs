//! Step 12: addresses and numbers that nothing is sent to. `_id` is channel and hash. Without a barrier
//! one can be reached again; the document stays, so that an older report that comes late changes nothing.

use mongodb::bson::doc;

use super::change::Change;

pub(super) fn changes() -> Vec<Change> {
    let schema = doc! {
        "bsonType": "object",
        "required": ["channel", "address", "at"],
        "properties": {
            "_id": {"bsonType": "string"},
            "channel": {"enum": ["email", "sms", "push"]},
            "address": {"bsonType": "string"},
            "barrier": {"enum": ["bounced", "complained", "stopped"]},
            "at": {"bsonType": "date"},
        },
    };
    vec![Change::collection("reach", schema)]
}
