//! Step 6: bookings, and who of several servers ends them.

use domain::bookings::booking::BookingStatus;
use mongodb::bson::doc;

use super::change::Change;

const BOOKINGS: &str = "bookings";

pub(super) fn changes() -> Vec<Change> {
    let statuses: Vec<&str> = BookingStatus::ALL
        .iter()
        .map(|status| status.as_str())
        .collect();
    // `userId` is absent once the account was erased, `due` once the booking is over.
    let schema = doc! {
        "bsonType": "object",
        "required": ["offerId", "partnerId", "status", "counted", "from", "until", "createdAt",
            "changedAt", "day", "madeOn"],
        "properties": {
            "_id": {"bsonType": "objectId"},
            "userId": {"bsonType": "objectId"},
            "offerId": {"bsonType": "objectId"},
            "partnerId": {"bsonType": "objectId"},
            "status": {"enum": statuses},
            "counted": {"bsonType": "bool"},
            "from": {"bsonType": "date"},
            "until": {"bsonType": "date"},
            "due": {"bsonType": "date"},
            "open": {"bsonType": "string"},
            "key": {"bsonType": "string"},
            "createdAt": {"bsonType": "date"},
            "changedAt": {"bsonType": "date"},
            "checkedInAt": {"bsonType": "date"},
            "day": {"bsonType": "string"},
            "madeOn": {"bsonType": "string"},
            "checkedInOn": {"bsonType": "string"},
        },
    };
    let once = || doc! {"unique": true, "sparse": true};
    vec![
        Change::collection(BOOKINGS, schema),
        // Whatever the programs believe: one open booking of a user and offer, one of a key.
        Change::index_with(BOOKINGS, "openBooking", doc! {"open": 1}, once()),
        Change::index_with(BOOKINGS, "bookingOfKey", doc! {"key": 1}, once()),
        Change::index(
            BOOKINGS,
            "bookingsOfUser",
            doc! {"userId": 1, "createdAt": -1, "_id": -1},
        ),
        Change::index(BOOKINGS, "bookingsOfDay", doc! {"offerId": 1, "day": 1}),
        Change::index_with(
            BOOKINGS,
            "bookingsDue",
            doc! {"due": 1},
            doc! {"sparse": true},
        ),
        Change::index(BOOKINGS, "bookingsMade", doc! {"partnerId": 1, "madeOn": 1}),
        Change::index(
            BOOKINGS,
            "bookingsCheckedIn",
            doc! {"partnerId": 1, "checkedInOn": 1},
        ),
        Change::collection(
            "leases",
            doc! {"bsonType": "object", "required": ["holder", "until"]},
        ),
    ]
}
