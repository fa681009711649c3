//! Step 11: work that is done after a request. `_id` is the task's key; while a worker has a task,
//! `dueAt` is when its lease ends.

use mongodb::bson::{Document, doc};

use super::change::Change;

pub(super) fn changes() -> Vec<Change> {
    let schema = schema(&["codes", "notices", "campaigns"]);
    vec![
        Change::collection("queue", schema),
        Change::index("queue", "due", doc! {"state": 1, "lane": 1, "dueAt": 1}),
        Change::index("queue", "tasksOfPerson", doc! {"personId": 1}),
        Change::index("queue", "ended", doc! {"endedAt": 1}),
    ]
}

pub(super) fn schema(lanes: &[&str]) -> Document {
    doc! {
        "bsonType": "object",
        "required": ["lane", "kind", "work", "state", "attempts", "createdAt", "dueAt", "expiresAt"],
        "properties": {
            "_id": {"bsonType": "string"},
            "lane": {"enum": lanes},
            "kind": {"bsonType": "string"},
            "work": {"bsonType": "string"},
            "personId": {"bsonType": "objectId"},
            "state": {"enum": ["waiting", "done", "dead"]},
            "attempts": {"bsonType": ["int", "long"]},
            "lease": {"bsonType": "string"},
            "error": {"bsonType": "string"},
            "providerId": {"bsonType": "string"},
            "createdAt": {"bsonType": "date"},
            "dueAt": {"bsonType": "date"},
            "expiresAt": {"bsonType": "date"},
            "endedAt": {"bsonType": "date"},
        },
    }
}
