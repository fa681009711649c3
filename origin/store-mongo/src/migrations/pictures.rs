//! Step 14: pictures, whose `_id` is a hash, and how they are uploaded.

use mongodb::bson::doc;

use super::change::Change;

pub(super) fn changes() -> Vec<Change> {
    let purposes = || doc! {"enum": ["avatar", "logo", "establishment", "offer"]};
    let upload = doc! {
        "bsonType": "object",
        "required": ["purpose", "contentType", "bytes", "state", "createdAt", "expiresAt"],
        "properties": {
            "_id": {"bsonType": "objectId"},
            "userId": {"bsonType": "objectId"},
            "purpose": purposes(),
            "partnerId": {"bsonType": "objectId"},
            "contentType": {"bsonType": "string"},
            "bytes": {"bsonType": ["int", "long"], "minimum": 1},
            "state": {"enum": ["waiting", "processing", "ready", "refused"]},
            "refusal": {"bsonType": "string"},
            "pictureId": {"bsonType": "string"},
            "holder": {"bsonType": "string"},
            "heldUntil": {"bsonType": "date"},
            "createdAt": {"bsonType": "date"},
            "expiresAt": {"bsonType": "date"},
        },
    };
    let picture = doc! {
        "bsonType": "object",
        "required": ["purpose", "width", "height", "widths", "bytes", "blurhash", "state",
            "createdAt", "due"],
        "properties": {
            "_id": {"bsonType": "string"},
            "purpose": purposes(),
            "userId": {"bsonType": "objectId"},
            "partnerId": {"bsonType": "objectId"},
            "width": {"bsonType": ["int", "long"], "minimum": 1},
            "height": {"bsonType": ["int", "long"], "minimum": 1},
            "widths": {"bsonType": "array", "items": {"bsonType": "string"}},
            "bytes": {"bsonType": ["int", "long"], "minimum": 1},
            "blurhash": {"bsonType": "string"},
            "state": {"enum": ["making", "kept", "removed", "erasing"]},
            "createdAt": {"bsonType": "date"},
            "unusedSince": {"bsonType": "date"},
            "due": {"bsonType": "date"},
        },
    };
    vec![
        Change::collection("uploads", upload),
        Change::index(
            "uploads",
            "uploadsOfUser",
            doc! {"userId": 1, "createdAt": 1},
        ),
        Change::index("uploads", "uploadsExpiring", doc! {"expiresAt": 1}),
        Change::collection("pictures", picture),
        Change::index(
            "pictures",
            "picturesOfUser",
            doc! {"userId": 1, "createdAt": 1},
        ),
        Change::index("pictures", "picturesOfPartner", doc! {"partnerId": 1}),
        Change::index("pictures", "picturesDue", doc! {"due": 1}),
    ]
}
