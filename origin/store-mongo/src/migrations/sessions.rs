//! Step 8: epochs of credentials take the place of `signedOutBefore`, which stays in older accounts.
//!
//! A session or a code without an epoch is from before there were any: it is of the first one.

use mongodb::bson::doc;

use super::change::Change;

pub(super) fn changes() -> Vec<Change> {
    let schema = doc! {
        "bsonType": "object",
        "required": ["emailKey", "email", "firstName", "lastName", "preferences", "identityStatus",
            "role", "status", "passwordHash", "epoch", "createdAt", "updatedAt"],
        "properties": {
            "_id": {"bsonType": "objectId"},
            "emailKey": {"bsonType": "string"},
            "email": {"bsonType": "string"},
            "emailVerifiedAt": {"bsonType": ["date", "null"]},
            "phone": {"bsonType": "string"},
            "phoneVerifiedAt": {"bsonType": ["date", "null"]},
            "firstName": {"bsonType": "string"},
            "lastName": {"bsonType": "string"},
            "avatar": {"bsonType": ["string", "null"]},
            "preferences": {"bsonType": "object"},
            "identityStatus": {"bsonType": "string"},
            "role": {"enum": ["user", "partner", "admin"]},
            "membership": {"bsonType": ["object", "null"]},
            "status": {"enum": ["active", "disabled"]},
            "passwordHash": {"bsonType": "string"},
            "epoch": {"bsonType": ["int", "long"]},
            "createdAt": {"bsonType": "date"},
            "updatedAt": {"bsonType": "date"},
        },
    };
    vec![
        // Before the validator asks for it.
        Change::Default {
            collection: "users",
            field: "epoch",
            value: 0_i64.into(),
        },
        Change::Validator {
            collection: "users",
            schema,
        },
    ]
}
