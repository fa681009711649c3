//! Step 4: accounts and what goes with them, sessions, codes, and the tokens of services.
//!
//! Tokens and codes are stored as hashes only.

use mongodb::bson::{Document, doc};

use super::change::Change;

pub(super) fn changes() -> Vec<Change> {
    [users(), belongings(), sessions(), codes(), service_tokens()].concat()
}

fn users() -> Vec<Change> {
    let schema = doc! {
        "bsonType": "object",
        "required": ["emailKey", "email", "firstName", "lastName", "preferences", "identityStatus",
            "role", "status", "passwordHash", "signedOutBefore", "createdAt", "updatedAt"],
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
            "signedOutBefore": {"bsonType": "date"},
            "createdAt": {"bsonType": "date"},
            "updatedAt": {"bsonType": "date"},
        },
    };
    vec![
        Change::collection("users", schema),
        // Without regard to case: the key is folded before it is stored.
        Change::index_with("users", "byEmail", doc! {"emailKey": 1}, unique()),
        Change::index_with(
            "users",
            "byPhone",
            doc! {"phone": 1},
            doc! {"unique": true, "sparse": true},
        ),
    ]
}

fn belongings() -> Vec<Change> {
    let consents = doc! {
        "bsonType": "object",
        "required": ["owner", "purpose", "version", "granted", "at"],
    };
    let favorites = doc! {
        "bsonType": "object",
        "required": ["userId", "offerId", "at"],
    };
    let erasures = doc! {"bsonType": "object", "required": ["createdAt", "erasedAt"]};
    vec![
        Change::collection("consents", consents),
        Change::index("consents", "byOwner", doc! {"owner": 1, "at": 1, "_id": 1}),
        Change::collection("favorites", favorites),
        Change::index(
            "favorites",
            "byUser",
            doc! {"userId": 1, "at": -1, "offerId": 1},
        ),
        Change::collection("erasures", erasures),
    ]
}

/// `_id` is the session's id; the server forgets what is over.
fn sessions() -> Vec<Change> {
    let schema = doc! {
        "bsonType": "object",
        "required": ["userId", "tokenHash", "createdAt", "usedAt", "expiresAt"],
    };
    vec![
        Change::collection("sessions", schema),
        Change::index("sessions", "ofUser", doc! {"userId": 1, "usedAt": -1}),
        expiring("sessions", "forgotten"),
    ]
}

/// `_id` is user and purpose: a new code replaces the one before.
fn codes() -> Vec<Change> {
    let schema = doc! {
        "bsonType": "object",
        "required": ["userId", "target", "hash", "triesLeft", "createdAt", "expiresAt"],
    };
    vec![
        Change::collection("codes", schema),
        Change::index("codes", "codesOfUser", doc! {"userId": 1}),
        expiring("codes", "codesForgotten"),
    ]
}

/// `_id` is the name.
fn service_tokens() -> Vec<Change> {
    let schema = doc! {
        "bsonType": "object",
        "required": ["scopes", "hash", "createdAt"],
    };
    vec![
        Change::collection("service_tokens", schema),
        Change::index_with("service_tokens", "byTokenHash", doc! {"hash": 1}, unique()),
        Change::index("service_tokens", "inOrder", doc! {"createdAt": 1, "_id": 1}),
    ]
}

fn unique() -> Document {
    doc! {"unique": true}
}

fn expiring(collection: &'static str, name: &'static str) -> Change {
    let at_once = doc! {"expireAfterSeconds": 0};
    Change::index_with(collection, name, doc! {"expiresAt": 1}, at_once)
}
