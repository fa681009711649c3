//! Step 19: checks of identity documents, and the lane in which their provider is asked. `open` is there while
//! a check is open: of these a user has one.

use mongodb::bson::doc;

use super::{change::Change, queue};

const VERIFICATIONS: &str = "verifications";

pub(super) fn changes() -> Vec<Change> {
    let schema = doc! {
        "bsonType": "object",
        "required": ["userId", "consentVersion", "attempt", "state", "polls", "due", "createdAt",
            "changedAt"],
        "properties": {
            "_id": {"bsonType": "objectId"},
            "userId": {"bsonType": "objectId"},
            "consentVersion": {"bsonType": "string"},
            "attempt": {"bsonType": ["int", "long"], "minimum": 1},
            "sessionId": {"bsonType": "string"},
            "sessionUrl": {"bsonType": "string"},
            "state": {"enum": ["created", "open", "approved", "declined", "resubmission", "expired",
                "abandoned", "lapsed"]},
            "open": {"bsonType": "string"},
            "reason": {"bsonType": "string"},
            "birthYear": {"bsonType": ["int", "long"]},
            "decidedAt": {"bsonType": "date"},
            "decidedBy": {"enum": ["provider", "operator"]},
            "ruledBy": {"bsonType": "objectId"},
            "ruledAt": {"bsonType": "date"},
            "rulingNote": {"bsonType": "string"},
            "expiresAt": {"bsonType": "date"},
            "polls": {"bsonType": ["int", "long"]},
            "due": {"bsonType": "date"},
            "createdAt": {"bsonType": "date"},
            "changedAt": {"bsonType": "date"},
        },
    };
    let once = || doc! {"unique": true, "sparse": true};
    vec![
        Change::collection(VERIFICATIONS, schema),
        Change::index_with(VERIFICATIONS, "openVerification", doc! {"open": 1}, once()),
        Change::index_with(
            VERIFICATIONS,
            "verificationOfSession",
            doc! {"sessionId": 1},
            once(),
        ),
        Change::index(
            VERIFICATIONS,
            "verificationsOfUser",
            doc! {"userId": 1, "createdAt": -1, "_id": -1},
        ),
        Change::index(
            VERIFICATIONS,
            "verificationsNewest",
            doc! {"createdAt": -1, "_id": -1},
        ),
        Change::index(
            VERIFICATIONS,
            "verificationsByState",
            doc! {"state": 1, "createdAt": -1, "_id": -1},
        ),
        Change::index(VERIFICATIONS, "verificationsDue", doc! {"due": 1}),
        Change::index_with(
            VERIFICATIONS,
            "verificationsRuledBy",
            doc! {"ruledBy": 1},
            doc! {"sparse": true},
        ),
        Change::Validator {
            collection: "queue",
            schema: queue::schema(&["codes", "notices", "campaigns", "events", "identity"]),
        },
    ]
}
