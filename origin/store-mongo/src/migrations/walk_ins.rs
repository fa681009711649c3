//! People who came without a booking: of whom nothing is kept.

use mongodb::bson::doc;

use super::change::Change;

const WALK_INS: &str = "walk_ins";

pub(super) fn changes() -> Vec<Change> {
    let schema = doc! {
        "bsonType": "object",
        "required": ["offerId", "partnerId", "night", "partySize", "counted", "at"],
        "properties": {
            "_id": {"bsonType": "objectId"},
            "offerId": {"bsonType": "objectId"},
            "partnerId": {"bsonType": "objectId"},
            "night": {"bsonType": "string"},
            "partySize": {"bsonType": ["int", "long"], "minimum": 1},
            "counted": {"bsonType": "bool"},
            "at": {"bsonType": "date"},
        },
    };
    vec![
        Change::collection(WALK_INS, schema),
        Change::index(
            WALK_INS,
            "walkInsOfNight",
            doc! {"partnerId": 1, "night": 1},
        ),
        Change::index(WALK_INS, "walkInsOfOffer", doc! {"offerId": 1}),
    ]
}
