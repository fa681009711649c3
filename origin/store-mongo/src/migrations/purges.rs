//! Step 2: the outbox, which logs there were, the audit, published documents, and counters.

use mongodb::bson::{Document, doc};

use super::change::Change;

pub(super) fn changes() -> Vec<Change> {
    [outbox(), logs(), audit(), documents(), counters()].concat()
}

/// `_id` is a positive random number.
fn outbox() -> Vec<Change> {
    let schema = doc! {
        "bsonType": "object",
        "required": ["tags", "kind", "reason", "actor", "at"],
        "properties": {
            "_id": {"bsonType": "long"},
            "tags": tags(),
            "kind": {"enum": ["hard", "soft"]},
            "reason": {"bsonType": "string"},
            "actor": {"bsonType": "string"},
            "at": {"bsonType": "date"},
        },
    };
    vec![Change::collection("outbox", schema)]
}

/// At most one log is in force, whatever the programs believe.
fn logs() -> Vec<Change> {
    let schema = doc! {
        "bsonType": "object",
        "required": ["beganAt", "retired"],
        "properties": {
            "_id": {"bsonType": "string"},
            "beganAt": {"bsonType": "date"},
            "retired": {"bsonType": "bool"},
        },
    };
    let only_one = doc! {"unique": true, "partialFilterExpression": {"retired": false}};
    vec![
        Change::collection("purge_logs", schema),
        Change::index_with("purge_logs", "inForce", doc! {"retired": 1}, only_one),
    ]
}

fn audit() -> Vec<Change> {
    let schema = doc! {
        "bsonType": "object",
        "required": ["id", "at", "actor", "reason", "kind", "tags"],
        "properties": {
            "id": {"bsonType": "long"},
            "at": {"bsonType": "date"},
            "actor": {"bsonType": "string"},
            "reason": {"bsonType": "string"},
            "kind": {"enum": ["hard", "soft"]},
            "tags": tags(),
            "log": {"bsonType": ["string", "null"]},
            "revision": {"bsonType": ["long", "null"]},
        },
    };
    vec![
        Change::collection("purge_audit", schema),
        Change::index_with(
            "purge_audit",
            "byId",
            doc! {"id": -1},
            doc! {"unique": true},
        ),
        Change::index("purge_audit", "byTime", doc! {"at": 1}),
        Change::index("purge_audit", "byTag", doc! {"tags": 1, "id": -1}),
    ]
}

/// `_id` is the document's hash; `record` is what is read, as it was published.
fn documents() -> Vec<Change> {
    let schema = doc! {
        "bsonType": "object",
        "required": ["record", "name", "publishedAt"],
        "properties": {
            "_id": {"bsonType": "string"},
            "record": {"bsonType": "string"},
            "name": {"bsonType": "string"},
            "publishedAt": {"bsonType": "date"},
        },
    };
    vec![Change::collection("documents", schema)]
}

/// `_id` says of what; `value` is the last number that was given.
fn counters() -> Vec<Change> {
    let schema = doc! {
        "bsonType": "object",
        "required": ["value"],
        "properties": {"_id": {"bsonType": "string"}, "value": {"bsonType": "long"}},
    };
    vec![Change::collection("counters", schema)]
}

fn tags() -> Document {
    doc! {"bsonType": "array", "items": {"bsonType": "string"}}
}
