//! Step 5: what partners do: who is of a team and invited to it, and how often an offer was seen on a
//! day. Tokens are stored as hashes only.
//!
//! What offers and establishments keep besides (limits, archived, version) is absent in older
//! documents, and needs no index: lists of offers lead there already.

use mongodb::bson::doc;

use super::change::Change;

pub(super) fn changes() -> Vec<Change> {
    let invitations = doc! {
        "bsonType": "object",
        "required": ["partnerId", "emailKey", "email", "post", "tokenHash", "createdAt", "expiresAt"],
        "properties": {
            "_id": {"bsonType": "objectId"},
            "partnerId": {"bsonType": "objectId"},
            "emailKey": {"bsonType": "string"},
            "post": {"enum": ["staff", "manager", "owner"]},
            "expiresAt": {"bsonType": "date"},
        },
    };
    let views = doc! {
        "bsonType": "object",
        "required": ["partnerId", "day", "offerId", "views"],
        "properties": {
            "partnerId": {"bsonType": "objectId"},
            "day": {"bsonType": "string"},
            "views": {"bsonType": ["int", "long"], "minimum": 1},
        },
    };
    vec![
        Change::index_with(
            "users",
            "ofPartner",
            doc! {"membership.partnerId": 1},
            doc! {"sparse": true},
        ),
        Change::collection("invitations", invitations),
        Change::index_with(
            "invitations",
            "ofTeam",
            doc! {"partnerId": 1, "emailKey": 1},
            doc! {"unique": true},
        ),
        Change::index("invitations", "ofEmail", doc! {"emailKey": 1}),
        Change::index_with(
            "invitations",
            "invitationsForgotten",
            doc! {"expiresAt": 1},
            doc! {"expireAfterSeconds": 0},
        ),
        Change::collection("offer_views", views),
        // `_id` is partner, day and offer.
        Change::index(
            "offer_views",
            "ofPartnerByDay",
            doc! {"partnerId": 1, "day": 1},
        ),
    ]
}
