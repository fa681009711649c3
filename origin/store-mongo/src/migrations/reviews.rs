//! Step 22: reviews, reports of them, and what a partner's reviews add up to.

use mongodb::bson::{Document, doc};

use super::change::Change;

const REVIEWS: &str = "reviews";
const REPORTS: &str = "review_reports";

pub(super) fn changes() -> Vec<Change> {
    [reviews(), reports(), ratings()].concat()
}

/// Step 29. What is said against a removal needs no index: it waits as reports do.
pub(super) fn of_offers() -> Vec<Change> {
    let keys = doc! {"offerId": 1, "state": 1, "createdAt": -1, "_id": -1};
    vec![Change::index(REVIEWS, "reviewsOfOffer", keys)]
}

fn reviews() -> Vec<Change> {
    let schema = doc! {
        "bsonType": "object",
        "required": ["bookingId", "partnerId", "offerId", "stars", "visitedAt", "state", "createdAt",
            "changedAt"],
        "properties": {
            "_id": {"bsonType": "objectId"},
            "bookingId": {"bsonType": "objectId"},
            "userId": {"bsonType": "objectId"},
            "partnerId": {"bsonType": "objectId"},
            "offerId": {"bsonType": "objectId"},
            "stars": {"bsonType": ["int", "long"], "minimum": 1, "maximum": 5},
            "text": {"bsonType": "string"},
            "author": {"bsonType": "string"},
            "visitedAt": {"bsonType": "date"},
            "state": {"enum": ["shown", "removed"]},
            "key": {"bsonType": "string"},
            "reply": {"bsonType": "string"},
            "repliedAt": {"bsonType": "date"},
            "removedAt": {"bsonType": "date"},
            "removalReason": {"bsonType": "string"},
            "removedBy": {"bsonType": "objectId"},
            "reportedAt": {"bsonType": "date"},
            "createdAt": {"bsonType": "date"},
            "changedAt": {"bsonType": "date"},
        },
    };
    let index = |name, keys| Change::index(REVIEWS, name, keys);
    let sparse = |name, keys| Change::index_with(REVIEWS, name, keys, doc! {"sparse": true});
    vec![
        Change::collection(REVIEWS, schema),
        Change::index_with(
            REVIEWS,
            "reviewOfBooking",
            doc! {"bookingId": 1},
            doc! {"unique": true},
        ),
        index(
            "reviewsNewest",
            doc! {"partnerId": 1, "state": 1, "createdAt": -1, "_id": -1},
        ),
        index(
            "reviewsHighest",
            doc! {"partnerId": 1, "state": 1, "stars": -1, "createdAt": -1, "_id": -1},
        ),
        index(
            "reviewsLowest",
            doc! {"partnerId": 1, "state": 1, "stars": 1, "createdAt": -1, "_id": -1},
        ),
        index(
            "reviewsOfUser",
            doc! {"userId": 1, "createdAt": -1, "_id": -1},
        ),
        sparse("reviewsReported", doc! {"reportedAt": 1, "_id": 1}),
        sparse("reviewsRemovedBy", doc! {"removedBy": 1}),
    ]
}

fn reports() -> Vec<Change> {
    let schema = doc! {
        "bsonType": "object",
        "required": ["reviewId", "reporter", "reason", "at"],
        "properties": {
            "_id": {"bsonType": "objectId"},
            "reviewId": {"bsonType": "objectId"},
            "reporter": {"enum": ["person", "partner"]},
            "userId": {"bsonType": "objectId"},
            "reason": {"enum": ["illegal", "offensive", "private", "advertising", "fake", "off_topic",
                "other"]},
            "text": {"bsonType": "string"},
            "at": {"bsonType": "date"},
            "decidedAt": {"bsonType": "date"},
        },
    };
    vec![
        Change::collection(REPORTS, schema),
        Change::index(
            REPORTS,
            "reportsOfReview",
            doc! {"reviewId": 1, "at": 1, "_id": 1},
        ),
        Change::index(
            REPORTS,
            "reportsByUser",
            doc! {"userId": 1, "at": 1, "_id": 1},
        ),
    ]
}

fn ratings() -> Vec<Change> {
    let count = || doc! {"bsonType": ["int", "long"], "minimum": 0};
    let fields = ["stars1", "stars2", "stars3", "stars4", "stars5"];
    let mut properties = doc! {"_id": {"bsonType": "objectId"}};
    for field in fields {
        properties.insert(field, count());
    }
    let schema: Document = doc! {
        "bsonType": "object",
        "required": fields.as_slice(),
        "properties": properties,
    };
    vec![Change::collection("partner_ratings", schema)]
}
