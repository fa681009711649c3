//! Step 21: what a venue does with bookings. The reason that a guest is told and the scanner's id of a scan
//! need no index. `codeOfNight` is partner, night and short code: of bookings from before it is absent.

use mongodb::bson::doc;

use super::change::Change;

pub(super) fn changes() -> Vec<Change> {
    vec![
        Change::index(
            "bookings",
            "bookingsOfNight",
            doc! {"partnerId": 1, "day": 1, "from": 1, "_id": 1},
        ),
        Change::index_with(
            "bookings",
            "bookingOfShortCode",
            doc! {"codeOfNight": 1},
            doc! {"unique": true, "sparse": true},
        ),
    ]
}
