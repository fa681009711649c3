//! Step 14: news that an administrator wrote; and who keeps an offer as a favourite.

use mongodb::bson::doc;

use super::change::Change;

pub(super) fn changes() -> Vec<Change> {
    let campaign = doc! {
        "bsonType": "object",
        "required": ["content", "createdAt"],
        "properties": {
            "_id": {"bsonType": "objectId"},
            "content": {"bsonType": "string"},
            "createdAt": {"bsonType": "date"},
        },
    };
    vec![
        Change::collection("campaigns", campaign),
        Change::index("favorites", "ofOffer", doc! {"offerId": 1, "userId": 1}),
    ]
}
