//! Step 24: bookings by time, and calendar feeds.

use mongodb::bson::doc;

use super::change::Change;

pub(super) fn changes() -> Vec<Change> {
    vec![
        Change::index(
            "bookings",
            "bookingsOfUserByTime",
            doc! {"userId": 1, "from": -1, "_id": -1},
        ),
        Change::index(
            "bookings",
            "openBookingsOfUser",
            doc! {"userId": 1, "due": 1},
        ),
        Change::index_with(
            "users",
            "userOfCalendar",
            doc! {"calendar.hash": 1},
            doc! {"unique": true, "sparse": true},
        ),
    ]
}
