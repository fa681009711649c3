//! Step 13: devices that get push notifications, whose `_id` is the provider's name of them; and the
//! inbox.

use mongodb::bson::doc;

use super::change::Change;

pub(super) fn changes() -> Vec<Change> {
    let device = doc! {
        "bsonType": "object",
        "required": ["userId", "platform", "createdAt", "seenAt"],
        "properties": {
            "_id": {"bsonType": "string"},
            "userId": {"bsonType": "objectId"},
            "platform": {"enum": ["ios", "android", "web"]},
            "createdAt": {"bsonType": "date"},
            "seenAt": {"bsonType": "date"},
        },
    };
    let entry = doc! {
        "bsonType": "object",
        "required": ["userId", "letter", "at"],
        "properties": {
            "_id": {"bsonType": "objectId"},
            "userId": {"bsonType": "objectId"},
            "letter": {"bsonType": "string"},
            "at": {"bsonType": "date"},
            "readAt": {"bsonType": "date"},
        },
    };
    vec![
        Change::collection("devices", device),
        Change::index("devices", "devicesOfUser", doc! {"userId": 1, "seenAt": -1}),
        Change::collection("inbox", entry),
        Change::index(
            "inbox",
            "inboxOfUser",
            doc! {"userId": 1, "at": -1, "_id": -1},
        ),
        Change::index("inbox", "inboxByTime", doc! {"at": 1}),
    ]
}
