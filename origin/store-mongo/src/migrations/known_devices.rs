//! Step 16: the devices from which somebody signed in to an account, as keyed hashes. `_id` is user and
//! hash.

use mongodb::bson::doc;

use super::change::Change;

pub(super) fn changes() -> Vec<Change> {
    let schema = doc! {
        "bsonType": "object",
        "required": ["userId", "hash", "seenAt"],
        "properties": {
            "_id": {"bsonType": "string"},
            "userId": {"bsonType": "objectId"},
            "hash": {"bsonType": "string"},
            "seenAt": {"bsonType": "date"},
        },
    };
    vec![
        Change::collection("known_devices", schema),
        Change::index(
            "known_devices",
            "knownDevicesOfUser",
            doc! {"userId": 1, "seenAt": -1},
        ),
        Change::index_with(
            "known_devices",
            "knownDevicesForgotten",
            doc! {"seenAt": 1},
            doc! {"expireAfterSeconds": 400 * 86_400},
        ),
    ]
}
